'use strict';
// The secret of an invitation stands behind the # of its address, which is sent
// nowhere. It is taken off the address before anything else, and handed over.
{
  const form = document.getElementById('invite');
  const secret = location.hash.slice(1);
  if (form && secret) {
    history.replaceState(null, '', location.pathname);
    form.elements.token.value = secret;
    form.submit();
  }
  const zone = document.getElementById('zone');
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
  const print = document.getElementById('print');
  if (print) {
    print.hidden = false;
    print.addEventListener('click', () => window.print());
  }
}
