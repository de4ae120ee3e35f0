// The chat once scripts run: it sends in the background, shows what comes and
// records voice. Without it the page works by itself.
const $ = (id) => document.getElementById(id)
const chat = $('chat').dataset
const [form, talk, log, mine, ask, box] = ['form', 'talk', 'log', 'mine', 'ask', 'w'].map($)
const { first, photo, voice } = form.elements
const show = (id, on) => { $(id).hidden = !on }
const el = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text })
const say = (text) => $('say').replaceChildren(...(text ? [el('p', 'notice', text)] : []))

// Hide: at once, and with no way back.
$('hide').onclick = (e) => {
	e.preventDefault()
	document.cookie = 'away=1;path=/;max-age=31536000;samesite=lax' + (location.protocol == 'https:' ? ';secure' : '')
	for (const it of queue) if (!it.file && !it.sent) navigator.sendBeacon('/w', body(it))
	store.clear?.()
	document.title = ''
	document.body.replaceChildren()
	location.replace('about:blank')
}
addEventListener('pageshow', (e) => e.persisted && location.reload())

// Sending: in order, one at a time, until the server has it. What is not sent
// yet outlives a reload, but not the tab.
let store = {}
try { store = sessionStorage } catch {}
const queue = []
let busy, timer, wait = 1000
function body(it) {
	const d = new FormData()
	for (const k of ['id', 'text', 'choice', 'seconds']) if (it[k]) d.append(k, it[k])
	if (first) d.append('first', 1)
	if (it.file) d.append(it.kind, it.file, it.file.name || 'voice')
	return d
}
function keep() {
	try { store.queue = JSON.stringify(queue.filter((it) => !it.file && !it.sent).map(({ id, text, choice, label }) => ({ id, text, choice, label }))) } catch {}
}
function add(it) {
	it.id ||= btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20))))
	it.li = el('li', 'line mine')
	it.li.append(el('div', 'b', it.text || it.label || (it.kind == 'voice' ? '🎤 ' + clock(it.seconds) : '📷 ' + it.file.name)), it.note = el('p', 'state'))
	mine.append(it.li)
	queue.push(it)
	keep()
	if (it.choice) ask.hidden = true
	talk.scrollTop = 0
	pump()
}
function pump() {
	const it = queue.find((q) => !q.sent)
	if (busy || !it) return
	clearTimeout(timer)
	busy = true
	it.note.className = 'state'
	it.note.textContent = chat.sending
	const x = new XMLHttpRequest()
	x.open('POST', '/w')
	x.setRequestHeader('Accept', 'application/json')
	x.upload.onprogress = (e) => { if (it.file) it.note.textContent = chat.sending + ' ' + Math.round(100 * e.loaded / e.total) + ' %' }
	x.onloadend = () => {
		busy = false
		const s = x.status
		s >= 200 && s < 300 ? sent(it) : s >= 400 && s < 500 && s != 429 ? refused(it, x.responseText) : later(it)
	}
	x.send(body(it))
}
function sent(it) {
	it.sent = true
	wait = 1000
	it.note.textContent = '✓'
	keep()
	if (first) return location.reload()
	typing(true)
	setTimeout(() => mine.contains(it.li) && connect(), 5000) // nothing came of it: the line may be dead
	pump()
}
function refused(it, why) {
	queue.splice(queue.indexOf(it), 1)
	it.li.remove()
	keep()
	if (it.text) { box.value = it.text + box.value; fit() }
	ask.hidden = false
	say(why)
	pump()
}
function later(it) {
	const again = el('button', 'btn', chat.retry)
	again.type = 'button'
	again.onclick = pump
	it.note.className = 'state bad'
	it.note.replaceChildren(chat.offline, again)
	timer = setTimeout(pump, wait)
	wait = Math.min(wait * 2, 30000)
}
addEventListener('online', pump)

// What the worker does.
form.onsubmit = (e) => {
	const b = e.submitter
	if (first) return // the answer may be in another language: a new page
	e.preventDefault()
	say()
	if (b?.name == 'choice') {
		add({ choice: b.value, label: b.dataset.label || b.textContent })
	} else if (box.value.trim()) {
		add({ text: box.value })
		box.value = ''
		fit()
	}
}
box.onkeydown = (e) => {
	if (e.key == 'Enter' && !e.shiftKey && !e.isComposing && matchMedia('(pointer: fine)').matches) { e.preventDefault(); form.requestSubmit($('send')) }
}
box.oninput = fit
function fit() {
	if (!CSS.supports('field-sizing', 'content')) { box.style.height = 0; box.style.height = box.scrollHeight + 2 + 'px' }
	show('mic', !box.value)
	show('send', box.value)
}
for (const input of [photo, voice]) input.onchange = () => {
	say()
	for (const file of input.files) file.size > chat.max ? say(chat.big) : add({ kind: input.name, file })
	input.value = ''
}
$('clip').onclick = () => photo.click()

// Voice: tap to begin and to end, or hold while speaking.
let rec, down
const clock = (s) => s == null ? '' : Math.floor(s / 60) + ':' + String(s % 60).padStart(2, 0)
async function record() {
	say()
	let stream
	try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }) } catch { say(chat.nomic); return voice.click() }
	const chunks = [], r = rec = new MediaRecorder(stream, { audioBitsPerSecond: 24000 }), since = Date.now()
	const seconds = () => Math.floor((Date.now() - since) / 1000)
	const tick = () => { $('clock').textContent = clock(seconds()); if (seconds() > 1200) stop(true) }
	const ticking = setInterval(tick, 500)
	r.ondataavailable = (e) => chunks.push(e.data)
	r.onstop = () => {
		stream.getTracks().forEach((t) => t.stop())
		clearInterval(ticking)
		show('rec', false)
		show('bar', true)
		rec = null
		const file = new Blob(chunks, { type: r.mimeType })
		if (r.keep && file.size) add({ kind: 'voice', seconds: seconds() || 1, file })
	}
	r.start(1000)
	tick()
	show('bar', false)
	show('rec', true)
	$('done').focus()
}
function stop(keep) { if (rec) { rec.keep = keep; rec.stop() } }
$('mic').onpointerdown = () => { down = Date.now(); record() }
$('mic').onclick = (e) => e.detail || record() // by the keyboard
addEventListener('pointerup', () => { if (down && Date.now() - down > 700) stop(true); down = 0 })
$('drop').onclick = () => stop(false)
$('done').onclick = () => stop(true)

// What comes. Nothing moves under a finger: while one presses, it waits.
let live, dots, pressing, asked
const held = []
function typing(on) {
	clearTimeout(dots)
	show('typing', on)
	if (on) dots = setTimeout(typing, 10000)
	else ask.hidden = queue.some((it) => it.choice && !it.sent)
}
function connect() {
	live?.close()
	live = new EventSource('/w/live?v=' + chat.v)
	live.onmessage = (e) => {
		chat.v = e.lastEventId
		held.push(JSON.parse(e.data))
		pressing || flush()
	}
	live.onerror = () => { if (live.readyState == 2) setTimeout(connect, 15000) }
}
addEventListener('pointerdown', () => { pressing = true })
for (const t of ['pointerup', 'pointercancel']) addEventListener(t, () => { pressing = false; setTimeout(flush, 60) })
function flush() { for (const u of held.splice(0)) update(u) }
function update(u) {
	if (u.lang != document.documentElement.lang && !box.value && !rec && queue.every((it) => it.sent)) return location.reload()
	const end = talk.scrollTop > -60, old = [...log.children], t = el('template')
	t.innerHTML = u.lines
	const fresh = [...t.content.children]
	let n = u.keep
	while (fresh[0] && old[n]?.id == fresh[0].id) { n++; fresh.shift() }
	for (const li of old.slice(n)) li.remove()
	log.append(...fresh)
	stamp()
	for (const it of queue.filter((it) => it.sent)) { it.li.remove(); queue.splice(queue.indexOf(it), 1) }
	if (asked != u.ask) {
		asked = ask.innerHTML = u.ask
		ask.className = 'new' // for a moment they cannot be pressed: that would be meant for those before
		setTimeout(() => { ask.className = '' }, 400)
	}
	const news = fresh.find((li) => !li.matches('.mine'))
	if (news || !fresh.length) typing(false)
	if (!end) return
	talk.scrollTop = 0
	if (news?.getBoundingClientRect().top < talk.getBoundingClientRect().top) news.scrollIntoView()
}
function stamp() {
	for (const t of log.querySelectorAll('time:empty')) {
		const d = new Date(t.dateTime), now = new Date().toDateString() == d.toDateString()
		t.textContent = d.toLocaleString(document.documentElement.lang + '-u-nu-latn', { ...(!now && { weekday: 'short', day: 'numeric', month: 'short' }), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
	}
}

show('more', false)
show('clip', true)
fit()
stamp()
try { JSON.parse(store.queue).forEach(add) } catch {}
if (!first) connect()
