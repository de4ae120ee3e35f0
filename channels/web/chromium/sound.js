// What keeps people from using the page that is shown, one line for each fault.
(() => {
  const out = [];
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden' && !e.closest('[hidden], .vh, [aria-hidden=true]');
  const says = (e) => e.tagName + (e.id ? '#' + e.id : '') + '.' + (e.getAttribute('class') || '') + ' ' + (e.textContent || '').trim().slice(0, 24);
  if (document.documentElement.scrollWidth > innerWidth + 1) out.push('scrolls sideways: ' + document.documentElement.scrollWidth + ' of ' + innerWidth);
  if (document.querySelectorAll('h1').length !== 1) out.push(document.querySelectorAll('h1').length + ' first headings');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const i of new Set(ids)) if (ids.filter((x) => x === i).length > 1) out.push('the id ' + i + ' stands twice');
  for (const e of document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, summary')) {
    if (!seen(e) || e.tabIndex < 0) continue;
    const label = e.labels && e.labels.length ? e.labels[0].textContent : '';
    const name = (e.getAttribute('aria-label') || label || e.textContent || e.title || '').trim();
    if (!name) out.push('has no name: ' + says(e));
    const box = e.getBoundingClientRect();
    const own = e.matches('button, .btn, .nav, select, input:not([type=checkbox]):not([type=radio])');
    const need = innerWidth < 760 ? 44 : 24;
    if (own && !e.closest('.rail') && box.height < need - .5) out.push('too small to press (' + Math.round(box.width) + ' by ' + Math.round(box.height) + '): ' + says(e));
  }
  const rgb = (c) => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith('color(srgb') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
  const lum = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const t = n.textContent.trim(), e = n.parentElement;
    if (!t || !seen(e) || e.closest('svg, script, option, .photo, .qrbox')) continue;
    const st = getComputedStyle(e), size = parseFloat(st.fontSize), lh = parseFloat(st.lineHeight) / size, lang = (e.closest('[lang]') || {}).lang;
    if (size < 12) out.push('smaller than 12: ' + says(e));
    if (/[\u1000-\u109f\u1780-\u17ff]/.test(t)) {
      if (lh < 1.79 && !e.closest('.chip, .n, .sev')) out.push('lines of ' + lh.toFixed(2) + ' for ' + lang + ': ' + says(e));
      if (!/^(my|km)$/.test(lang)) out.push('marked ' + lang + ': ' + says(e));
    }
    if (/[\u0900-\u097f]/.test(t) && lang !== 'ne' || /[\u0e00-\u0e7f]/.test(t) && lang !== 'th') out.push('marked ' + lang + ': ' + says(e));
    let ground = null, p = e;
    for (; p; p = p.parentElement) {
      const c = getComputedStyle(p);
      if (c.backgroundImage !== 'none') { ground = null; break; }
      const b = rgb(c.backgroundColor);
      if (b[3] > .99) { ground = b; break; }
      if (b[3] > 0) { ground = null; break; }
    }
    if (!ground && p) continue;
    const a = lum(rgb(st.color)), b = lum(ground || [255, 255, 255]);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) out.push('contrast ' + ratio.toFixed(2) + ': ' + says(e));
  }
  return [...new Set(out)];
})()
