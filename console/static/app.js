'use strict';
// What all pages of the console do: hear of changes and fetch again what has
// changed, say when there is no connection, cover the screen when nobody is
// there, and act on single keys.
(() => {
  const body = document.body;
  const banner = document.getElementById('banner');
  const wv = window.wv = { offline: false, keys: {}, heard: [], away: 0 };

  // ask fetches something for the page. A session that is over or locked leads
  // to where it can be opened again.
  wv.ask = async (url, options = {}) => {
    const headers = { 'X-Fetch': '1', ...(options.headers || {}) };
    const r = await fetch(url, { credentials: 'same-origin', ...options, headers });
    if (r.status === 401 && r.headers.get('X-Go')) {
      const here = location.pathname + location.search + location.hash;
      location.href = r.headers.get('X-Go') + '?to=' + encodeURIComponent(here);
      return new Promise(() => {});
    }
    return r;
  };

  // connection says whether the server can be reached.
  let since = null;
  wv.connection = (ok) => {
    if (ok === !wv.offline) return;
    wv.offline = !ok;
    since = ok ? null : new Date();
    banner.hidden = ok;
    banner.textContent = ok ? '' : body.dataset.offline.replace('00:00', since.toTimeString().slice(0, 5));
    document.dispatchEvent(new CustomEvent(ok ? 'wv:back' : 'wv:gone'));
    if (ok) refreshAll();
  };

  // refresh fetches the inside of an element again. What somebody is about to
  // press, or writes in, stays as it is until they are done.
  const busy = (el) => el.matches(':active') || (el.contains(document.activeElement) && document.activeElement.matches('input, textarea, select, [open] summary'));
  const turns = new WeakMap();
  wv.refresh = async (el) => {
    if (turns.get(el)) { turns.set(el, 'again'); return; }
    turns.set(el, 'now');
    try {
      const r = await wv.ask(el.dataset.src, { headers: { 'X-Auto': '1' } });
      if (r.ok) {
        const html = await r.text();
        while (busy(el)) await new Promise((f) => setTimeout(f, 300));
        if (el.dataset.html !== html.length + ':' + hash(html)) put(el, html);
      } else if (r.status === 404 && el.dataset.gone) location.href = el.dataset.gone;
      wv.connection(true);
    } catch {
      wv.connection(false);
    }
    const again = turns.get(el) === 'again';
    turns.delete(el);
    if (again) wv.refresh(el);
  };
  const hash = (s) => { let h = 5381; for (let i = 0; i < s.length; i++) h = (h * 33) ^ s.charCodeAt(i); return h >>> 0; };
  // morph leaves in place what has not changed: a voice note that plays, a photo
  // that is shown.
  const made = new WeakMap();
  const remember = (el) => { for (const n of el.children) made.set(n, n.outerHTML); };
  document.querySelectorAll('[data-live]').forEach(remember);
  const morph = (el, html) => {
    const t = document.createElement('template');
    t.innerHTML = html;
    if ([...t.content.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) { el.innerHTML = html; remember(el); return; }
    const old = [...el.children];
    let i = 0;
    for (const n of [...t.content.children]) {
      const h = n.outerHTML;
      let j = i;
      while (j < old.length && made.get(old[j]) !== h) j++;
      if (j < old.length) {
        for (; i < j; i++) old[i].remove();
        i = j + 1;
      } else {
        made.set(n, h);
        el.insertBefore(n, old[i] || null);
      }
    }
    for (; i < old.length; i++) old[i].remove();
  };
  const put = (el, html) => {
    const focus = el.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute('href') : '';
    el.dataset.html = html.length + ':' + hash(html);
    morph(el, html);
    if (focus) {
      const again = [...el.querySelectorAll('[id], [href]')].find((x) => x.id === focus || x.getAttribute('href') === focus);
      if (again) again.focus({ preventScroll: true });
    }
    el.dispatchEvent(new CustomEvent('wv:changed', { bubbles: true }));
  };
  const refreshAll = () => document.querySelectorAll('[data-live]').forEach(wv.refresh);

  // soon fetches again what a hint is about: at once, but in a busy hour no more
  // often than somebody can read. Lists hear of every conversation and case, the
  // counters of an update of every worker that it reaches.
  const fetched = new WeakMap(), waiting = new WeakSet();
  const soon = (el) => {
    if (waiting.has(el)) return;
    waiting.add(el);
    const gap = /(^| )(chats|cases)( |$)/.test(el.dataset.live) ? 3000 : /(^| )update:/.test(el.dataset.live) ? 1000 : 500;
    setTimeout(() => {
      waiting.delete(el);
      fetched.set(el, Date.now());
      wv.refresh(el);
    }, Math.max(gap > 500 ? Math.random() * 300 : 0, (fetched.get(el) || 0) + gap - Date.now()));   // not all pages at the same moment
  };

  // hear passes topics on to what shows them.
  const hear = (topics) => {
    if (topics.includes('go')) { wv.ask('/c/rail', { headers: { 'X-Auto': '1' } }).catch(() => {}); return; }
    if (topics.includes('all')) { refreshAll(); return; }
    for (const el of document.querySelectorAll('[data-live]')) {
      if (el.dataset.live.split(' ').some((t) => topics.includes(t))) soon(el);
    }
    wv.heard.forEach((f) => f(topics));
  };
  let source, last = 0;
  const shown = () => [...new Set([...document.querySelectorAll('[data-live]')].flatMap((el) => el.dataset.live.split(' ')))].join(' ');
  const listen = () => {
    if (source) source.close();
    source = new EventSource('/c/live?of=' + encodeURIComponent(shown()));
    source.onopen = () => { last = Date.now(); wv.connection(true); refreshAll(); };
    source.onmessage = (e) => { last = Date.now(); wv.connection(true); hear(JSON.parse(e.data)); };
    source.onerror = () => { wv.connection(false); if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000); };
  };
  listen();
  addEventListener('offline', () => wv.connection(false));
  addEventListener('online', listen);
  setInterval(() => { if (last && Date.now() - last > 50000) { last = Date.now(); wv.connection(false); listen(); } }, 5000);
  setInterval(refreshAll, 30000);   // what another process has changed, and what time changes

  // Somebody is here: said to the server now and then. Nobody: the screen is
  // covered after two minutes; the server locks after ten.
  let acted = Date.now(), told = Date.now(), cover = null;
  const act = () => {
    acted = Date.now();
    if (acted - told > 120000) { told = acted; wv.ask('/c/active', { method: 'POST' }).catch(() => {}); }
  };
  for (const e of ['keydown', 'pointerdown', 'touchstart']) addEventListener(e, act, { passive: true, capture: true });
  wv.cover = () => {
    if (cover) return;
    body.classList.add('covered');
    cover = document.createElement('div');
    cover.className = 'cover-note';
    cover.setAttribute('role', 'dialog');
    cover.setAttribute('aria-label', body.dataset.covered);
    const words = document.createElement('p');
    words.textContent = body.dataset.covered;
    const show = document.createElement('button');
    show.className = 'btn primary big';
    show.textContent = body.dataset.show;
    show.onclick = () => { cover.remove(); cover = null; body.classList.remove('covered'); };
    cover.append(words, show);
    body.append(cover);
    show.focus();
  };
  setInterval(() => { if (Date.now() - acted > 120000) wv.cover(); }, 5000);

  // Keys act outside boxes only, and can be switched off.
  addEventListener('keydown', (e) => {
    if (!('keys' in body.dataset) || cover || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    const t = e.target;
    if (e.key !== 'Escape' && (t.matches('input, textarea, select') || t.isContentEditable)) return;
    const f = wv.keys[e.key];
    if (f) { e.preventDefault(); f(e); }
  });

  // Where tabs scroll, the one that is open is in sight, and so is the one that
  // has the focus: browsers leave alone what is cut off at the edge.
  const whole = (tab) => tab && tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  whole(document.querySelector('.tabs [aria-current]'));
  document.addEventListener('focusin', (e) => whole(e.target.closest('.tabs a')));
  document.addEventListener('focusin', (e) => { if (e.target.matches('[data-select]')) e.target.select(); });
  // A form is sent once, however often its button is pressed.
  document.addEventListener('submit', (e) => {
    if (e.target.dataset.sent) { e.preventDefault(); return; }
    if (!e.defaultPrevented) { e.target.dataset.sent = '1'; setTimeout(() => { delete e.target.dataset.sent; }, 5000); }
  });
})();
