'use strict';
// A conversation: its composer, what is not sent yet, drafts, who else is here.
(() => {
  const main = document.getElementById('main'), id = main.dataset.chat;
  const form = document.getElementById('composer');
  if (!id || !form) return;
  const $ = (x) => document.getElementById(x);
  const d = form.dataset, text = $('t'), noteText = $('nt'), said = $('said'), base = '/c/chat/' + id;
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');
  const refresh = () => { for (const x of ['thread', 'strip']) wv.refresh($(x)); };
  const tell = (words) => { said.hidden = !words; said.textContent = words || ''; };
  const scroller = () => document.querySelector('.chat > .scroll');
  const post = (url, fields, headers) => {
    const f = fields instanceof FormData ? fields : new URLSearchParams(fields);
    return wv.ask(url, { method: 'POST', body: f, headers });
  };

  // How long a text is, as the worker's channel counts.
  const limit = Number(d.limit), units = {
    0: (s) => s.length,
    1: (s) => (Intl.Segmenter ? [...new Intl.Segmenter().segment(s)].length : [...s].length),
    2: (s) => new TextEncoder().encode(s).length,
  };
  const grow = (t) => { t.style.height = '48px'; t.style.height = Math.min(t.scrollHeight + 2, 220) + 'px'; };
  const count = () => {
    const n = (units[d.unit] || units[0])(text.value);
    $('count').textContent = n ? n + ' ' + d.of + ' ' + limit + (n > limit ? ' · ' + d.parts + ' ' + Math.ceil(n / limit) : '') : '';
    grow(text);
  };

  // The draft is kept on the server a second after the last key. Another tab
  // that writes the same draft is noticed, and neither is lost.
  let version = Number(d.version), timer = null, keeping = null, dirty = false;
  const keepDraft = async () => {
    if (keeping) { dirty = true; return; }
    keeping = post(base + '/draft', { text: text.value, version });
    try {
      const r = await keeping, a = await r.json();
      if (r.status === 409 && a.draft) {
        const unknown = version < 0;
        version = a.draft.version;
        if (unknown) dirty = true;   // just after sending: no other tab, only a version not heard of yet
        else if (a.draft.text !== text.value) {
          tell(a.words + ' ');
          const use = document.createElement('button');
          use.type = 'button'; use.className = 'btn mini'; use.textContent = d.use;
          use.onclick = () => { text.value = a.draft.text; count(); tell(''); };
          said.append(use);
        }
      } else if (a.draft) {
        version = a.draft.version;
        $('draft').textContent = text.value ? '✓ ' + d.kept + ' ' + a.draft.at : '';
      }
    } catch { wv.connection(false); dirty = true; }
    keeping = null;
    if (dirty && !wv.offline) { dirty = false; keepDraft(); }
  };
  text.addEventListener('input', () => {
    count(); tell('');
    clearTimeout(timer);
    timer = setTimeout(keepDraft, 1000);
    writing('reply');
  });
  document.addEventListener('wv:back', () => { if (dirty) { dirty = false; keepDraft(); } sendAll(); });

  // What is not sent yet is kept in this tab, and goes once: the server knows
  // every message by its key.
  const store = 'unsent:' + id;
  let queue = [];
  try { queue = JSON.parse(sessionStorage.getItem(store) || '[]'); } catch { queue = []; }
  const files = new Map();
  const save = () => { try { sessionStorage.setItem(store, JSON.stringify(queue.filter((m) => !files.has(m.key)))); } catch { /* full: it stays in the page */ } };
  const draw = () => {
    const box = $('unsent');
    box.replaceChildren(...queue.map((m) => {
      const msg = document.createElement('div'), b = document.createElement('div'), p = document.createElement('p'), st = document.createElement('p');
      msg.className = 'msg us ' + (m.failed ? 'failed' : 'held');
      b.className = 'b'; p.className = 'pre'; p.lang = text.lang; p.textContent = m.text || '📎';
      st.className = 'st ' + (m.failed ? 'failed' : 'held');
      st.textContent = m.failed || (wv.offline ? d.tries : d.sending);
      b.append(p); msg.append(b, st);
      if (m.failed) {
        const again = document.createElement('button'), drop = document.createElement('button');
        again.type = drop.type = 'button'; again.className = drop.className = 'btn mini quiet';
        again.textContent = d.again; drop.textContent = d.drop;
        again.onclick = () => { m.failed = ''; draw(); sendAll(); };
        drop.onclick = () => { queue = queue.filter((x) => x !== m); files.delete(m.key); text.value = text.value || m.text; count(); save(); draw(); };
        st.append(again, drop);
      }
      return msg;
    }));
    if (queue.length) scroller().scrollTop = 0;
  };
  let sending = false;
  const sendAll = async () => {
    if (sending) return;
    sending = true;
    for (const m of [...queue]) {
      if (m.failed) continue;
      const f = new FormData();
      f.set('key', m.key); f.set('text', m.text);
      if (m.urgent) f.set('urgent', '1');
      const file = files.get(m.key);
      if (file) { f.set('file', file.blob, file.name); f.set('seconds', file.seconds || 0); }
      try {
        const r = await post(base + '/write', f);
        const a = await r.json().catch(() => ({}));
        wv.connection(true);
        if (r.ok) {
          queue = queue.filter((x) => x !== m); files.delete(m.key);
          $('outlook').textContent = a.words || '';
        } else m.failed = d.unsent + ': ' + (a.words || r.status);
      } catch { wv.connection(false); }
      save(); draw();
      if (wv.offline) break;
    }
    sending = false;
    refresh();
    if (queue.some((m) => !m.failed) && !wv.offline) sendAll();
  };
  setInterval(() => { if (queue.some((m) => !m.failed)) sendAll(); }, 5000);

  let attachment = null;
  const submit = () => {
    const t = text.value.trim();
    if (!t && !attachment) { text.focus(); return; }
    if (/\{\{[^{}]*\}\}/.test(t)) { tell(d.blank); text.focus(); return; }
    if (form.dataset.other) { tell(form.dataset.other); return; }
    const m = { key: newKey(), text: t, urgent: !!($('urgent') && $('urgent').checked) };
    if (attachment) files.set(m.key, attachment);
    queue.push(m);
    text.value = ''; attach(null); clearTimeout(timer); $('draft').textContent = '';
    version = -2; readVersion();
    save(); draw(); count(); sendAll(); writing('');
  };
  // The server drops the draft of what was sent, which moves its version on.
  const readVersion = () => setTimeout(async () => {
    try { const r = await post(base + '/draft', { text: text.value, version: -1 }); const a = await r.json(); if (a.draft) version = a.draft.version; } catch { /* the next key tries again */ }
  }, 1500);
  form.addEventListener('submit', (e) => { e.preventDefault(); if ($('pane-note').hidden) submit(); else keepNote(); });

  // A note goes to an address of its own, from a box of its own.
  const keepNote = async () => {
    const t = noteText.value.trim();
    if (!t) { noteText.focus(); return; }
    noteText.disabled = true;
    noteText.dataset.key = noteText.dataset.key || newKey();
    try {
      const r = await post(d.note, { note: t, key: noteText.dataset.key });
      if (r.ok) { noteText.value = ''; delete noteText.dataset.key; tell(''); wv.refresh($('thread')); } else tell((await r.json().catch(() => ({}))).words || d.unsent);
    } catch { wv.connection(false); tell(d.unsent); }
    noteText.disabled = false;
    noteText.focus(); writing('');
  };
  $('keep').addEventListener('click', keepNote);
  noteText.addEventListener('input', () => { grow(noteText); writing('note'); });
  for (const t of [text, noteText]) {
    t.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); if (t === text) submit(); else keepNote(); }
      if (e.key === '/' && t === text && !t.value) { e.preventDefault(); openPicker(); }
    });
  }
  const mode = (note) => {
    $('tab-note').setAttribute('aria-selected', note); $('tab-reply').setAttribute('aria-selected', !note);
    $('tab-note').tabIndex = note ? 0 : -1; $('tab-reply').tabIndex = note ? -1 : 0;
    $('pane-note').hidden = !note; $('pane-reply').hidden = note;
    form.classList.toggle('noting', note);
    (note ? noteText : text).focus();
  };
  $('tab-note').onclick = () => mode(true);
  $('tab-reply').onclick = () => mode(false);
  for (const t of [$('tab-note'), $('tab-reply')]) t.addEventListener('keydown', (e) => { if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') { mode(t === $('tab-reply')); (t === $('tab-reply') ? $('tab-note') : $('tab-reply')).focus(); } });

  // What is attached, and voice notes.
  const attach = (a) => {
    attachment = a;
    const box = $('attached');
    box.hidden = !a;
    box.replaceChildren();
    $('file').value = '';
    if (!a) return;
    const name = document.createElement('span'), x = document.createElement('button');
    name.className = 'chip acc'; name.textContent = a.label;
    x.type = 'button'; x.className = 'btn mini quiet'; x.textContent = d.drop; x.onclick = () => attach(null);
    box.append(name);
    if (a.seconds) { const s = document.createElement('audio'); s.controls = true; s.src = URL.createObjectURL(a.blob); box.append(s); }
    box.append(x);
  };
  $('file').addEventListener('change', (e) => { const f = e.target.files[0]; if (f) attach({ blob: f, name: f.name, label: '📎 ' + f.name }); });
  const mic = $('mic');
  const form1 = window.MediaRecorder && ['audio/mp4;codecs=mp4a.40.2', 'audio/ogg;codecs=opus', 'audio/mp4', 'audio/webm;codecs=opus'].find((m) => MediaRecorder.isTypeSupported(m));
  if (form1 && navigator.mediaDevices) {
    mic.hidden = false;
    let rec = null, began = 0, clock = null;
    mic.addEventListener('click', async () => {
      if (rec) { rec.stop(); return; }
      let stream;
      try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { return; }
      const parts = [];
      rec = new MediaRecorder(stream, { mimeType: form1 });
      rec.ondataavailable = (e) => parts.push(e.data);
      rec.onstop = () => {
        stream.getTracks().forEach((t) => t.stop());
        clearInterval(clock);
        const seconds = Math.max(1, Math.round((Date.now() - began) / 1000));
        rec = null; mic.classList.remove('recording'); mic.querySelector('use').setAttribute('href', '#i-mic'); $('count').textContent = '';
        attach({ blob: new Blob(parts, { type: form1.split(';')[0] }), name: 'voice', seconds, label: '🎤 ' + Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0') });
      };
      began = Date.now();
      rec.start();
      mic.classList.add('recording');
      mic.querySelector('use').setAttribute('href', '#i-stop');
      clock = setInterval(() => { const s = Math.floor((Date.now() - began) / 1000); $('count').textContent = '🎤 ' + Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0'); if (s >= 300) rec.stop(); }, 500);
    });
  }

  // Prepared replies.
  const picker = $('picker');
  let at = -1;
  const shown = () => [...picker.querySelectorAll('.pick')].filter((x) => !x.hidden && x.dataset.text);
  const mark = (n) => {
    const all = shown();
    at = all.length ? (n + all.length) % all.length : -1;
    picker.querySelectorAll('.pick').forEach((x) => x.setAttribute('aria-selected', 'false'));
    if (at >= 0) { all[at].setAttribute('aria-selected', 'true'); all[at].scrollIntoView({ block: 'nearest' }); $('find').setAttribute('aria-activedescendant', all[at].id); }
  };
  const choose = (x) => {
    text.setRangeText(x.dataset.text, text.selectionStart, text.selectionEnd, 'end');
    closePicker();
    const blank = /\{\{[^{}]*\}\}/.exec(text.value);
    if (blank) text.setSelectionRange(blank.index, blank.index + blank[0].length);
    text.dispatchEvent(new Event('input'));
  };
  const closePicker = () => { picker.hidden = true; $('pick').setAttribute('aria-expanded', 'false'); text.focus(); };
  const openPicker = async () => {
    mode(false);
    const r = await wv.ask(base + '/replies').catch(() => null);
    if (!r || !r.ok) { wv.connection(!!r); return; }
    picker.innerHTML = await r.text();
    picker.hidden = false;
    $('pick').setAttribute('aria-expanded', 'true');
    const find = $('find');
    find.focus();
    mark(0);
    find.addEventListener('input', () => {
      const q = find.value.toLowerCase();
      picker.querySelectorAll('.pick').forEach((x) => { x.hidden = !x.dataset.find.toLowerCase().includes(q); });
      mark(0);
    });
    find.addEventListener('keydown', (e) => {
      if (e.key === 'ArrowDown') { e.preventDefault(); mark(at + 1); }
      if (e.key === 'ArrowUp') { e.preventDefault(); mark(at - 1); }
      if (e.key === 'Enter') { e.preventDefault(); if (at >= 0) choose(shown()[at]); }
      if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); closePicker(); }
    });
  };
  $('pick').addEventListener('click', () => (picker.hidden ? openPicker() : closePicker()));
  picker.addEventListener('click', (e) => { const x = e.target.closest('.pick'); if (x && x.dataset.text) choose(x); });

  // Who is here, and writes what.
  let wrote = '', last = 0;
  const present = (w) => { last = Date.now(); post(base + '/here', { writing: w }, { 'X-Auto': '1' }).catch(() => {}); };
  let quiet = null;
  const writing = (w) => {
    clearTimeout(quiet);
    if (w) quiet = setTimeout(() => writing(''), 8000);
    if (w !== wrote) { wrote = w; present(w); }
  };
  const look = () => { if (!document.hidden && !document.body.classList.contains('covered')) { present(wrote); markSeen(); } };
  const markSeen = () => { if (!document.hidden) post(base + '/seen', {}, { 'X-Auto': '1' }).catch(() => {}); };
  look();
  setInterval(look, 20000);
  document.addEventListener('visibilitychange', look);
  addEventListener('pagehide', () => navigator.sendBeacon(base + '/here', new URLSearchParams({ left: '1' })));
  wv.heard.push((topics) => { if (topics.includes('chat:' + id)) markSeen(); });

  // The strip: take over and hand back without leaving the page.
  document.addEventListener('submit', async (e) => {
    const f = e.target;
    if (f.matches('[data-act]')) {
      e.preventDefault();
      const b = f.querySelector('button');
      b.disabled = true;
      try {
        const r = await post(f.action, new FormData(f));
        const a = await r.json().catch(() => ({}));
        tell(r.ok ? '' : a.words || '');
        wv.connection(true);
      } catch { wv.connection(false); }
      b.disabled = false;
      const open = f.closest('details');
      if (open) open.open = false;
      document.activeElement.blur();
      refresh();
    }
    if (f.matches('[data-unmask]')) {
      e.preventDefault();
      const r = await post(f.action, new FormData(f)).catch(() => null), a = r ? await r.json().catch(() => ({})) : {};
      const err = f.querySelector('.err');
      if (r && r.ok) { f.hidden = true; $('masked').textContent = a.name; setTimeout(() => { $('masked').textContent = '••••••'; }, 60000); } else { err.hidden = false; err.textContent = a.words || ''; }
    }
  });
  document.addEventListener('wv:changed', (e) => {
    if (e.target.id !== 'strip') return;
    const s = e.target.querySelector('.strip');
    form.dataset.other = s && s.dataset.strip === 'other' ? s.querySelector('.holder').textContent : '';
  });

  // What is rarely needed is fetched when it is asked for.
  document.addEventListener('toggle', async (e) => {
    const box = e.target.matches && e.target.matches('[data-lazy]') && e.target.open && e.target.querySelector('.lazy');
    if (!box) return;
    const r = await wv.ask(e.target.dataset.lazy).catch(() => null);
    if (r && r.ok) box.innerHTML = await r.text(); else wv.connection(!!r);
  }, true);

  // Photos stay veiled until they are asked for; the server notes who asked.
  document.addEventListener('click', async (e) => {
    const open = e.target.closest('[data-open]'), close = e.target.closest('[data-close]'), veil = e.target.closest('[data-veil] a.btn'), earlier = e.target.closest('[data-earlier]');
    if (open) { $(open.dataset.open).hidden = false; $(open.dataset.open).querySelector('input:not([type=hidden])').focus(); }
    if (close) $(close.dataset.close).hidden = true;
    if (veil) {
      e.preventDefault();
      const box = veil.closest('[data-veil]'), m = document.createElement(('video' in box.dataset) ? 'video' : 'img');
      m.src = box.dataset.veil; m.className = 'bare';
      if (m.tagName === 'VIDEO') m.controls = true; else m.alt = '';
      box.replaceChildren(m);
    }
    if (earlier) {
      e.preventDefault();
      const r = await wv.ask(earlier.dataset.earlier).catch(() => null);
      if (r && r.ok) { const box = document.createElement('div'); box.className = 'thread older'; box.innerHTML = await r.text(); earlier.closest('.thread').before(box); earlier.closest('p').remove(); }
    }
  });
  const now = document.querySelector('[data-now]');
  if (now) wv.refresh(now);

  // Keys.
  const row = (n) => {
    const all = [...document.querySelectorAll('.conv')], i = all.findIndex((x) => x.hasAttribute('aria-current'));
    const to = all[i + n];
    if (to) location.href = to.href;
  };
  Object.assign(wv.keys, {
    j: () => row(1), k: () => row(-1), r: () => mode(false), n: () => mode(true), '/': openPicker, c: () => { location.hash = 'case'; },
    t: () => { const b = $('take') || $('hand'); if (b) b.click(); },
    '?': () => $('keys').showModal(),
    Escape: () => { if (!picker.hidden) closePicker(); else if (document.activeElement.matches('textarea, input')) document.activeElement.blur(); else if (!$('keys').open) location.href = '/c/'; },
  });
  count(); draw(); sendAll();
})();
