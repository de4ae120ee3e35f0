'use strict';
// Forms of cases and updates: what is typed is kept in this tab until it was
// sent, a form opened by an address is brought into view, an address is copied,
// and a select that narrows a list acts at once.
(() => {
  const box = window.sessionStorage;
  if (document.querySelector('.did') && box.getItem('sent')) box.removeItem(box.getItem('sent'));   // it arrived
  box.removeItem('sent');
  for (const form of document.querySelectorAll('form[data-keep]')) {
    const name = 'form:' + form.dataset.keep;
    const fields = () => [...form.querySelectorAll('textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio])')].filter((x) => x.name);
    const was = box.getItem(name);
    if (was && !form.querySelector('.err')) {
      try { const m = JSON.parse(was); for (const f of fields()) if (m[f.name] && f.value === f.defaultValue) f.value = m[f.name]; } catch { box.removeItem(name); }
    }
    form.addEventListener('input', () => {
      const m = {};
      for (const f of fields()) if (f.value !== f.defaultValue) m[f.name] = f.value;
      box.setItem(name, JSON.stringify(m));
      document.dispatchEvent(new CustomEvent('wv:typed', { detail: form }));
    });
    form.addEventListener('submit', () => box.setItem('sent', name));
  }
  // Characters are counted while one types, as a phone counts them.
  for (const t of document.querySelectorAll('textarea[data-max]')) {
    const hint = document.getElementById('n-' + t.lang);
    const n = document.createElement('span');
    hint.append(' ', n);
    const count = () => { n.textContent = '(' + [...t.value].length + ')'; };
    t.addEventListener('input', count);
    count();
  }
  const open = document.querySelector('[role=alert][tabindex]');
  const tried = document.querySelector('details.act[open]');
  if (tried) tried.scrollIntoView({ block: 'center' });
  if (open && !tried) open.focus();
  for (const s of document.querySelectorAll('select[data-go]')) s.addEventListener('change', () => s.form.submit());
  if (navigator.clipboard) for (const b of document.querySelectorAll('[data-copy]')) {   // browsers have it behind https only
    b.hidden = false;
    b.addEventListener('click', () => navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent).then(() => { b.textContent = b.dataset.done; }, () => { b.hidden = true; }));
  }
  for (const b of document.querySelectorAll('[data-print]')) b.addEventListener('click', () => window.print());
})();
