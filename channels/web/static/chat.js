// What the chat does once scripts run. Without them it works by itself.
const $ = (id) => document.getElementById(id)
const chat = $('chat').dataset, { lang } = document.documentElement
const [form, talk, log, mine, ask, box] = ['form', 'talk', 'log', 'mine', 'ask', 'w'].map($)
const { first, photo, voice } = form.elements
const show = (id, on) => { $(id).hidden = !on }
const el = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text })
const say = (...what) => $('say').replaceChildren(...what.map((w) => el('p', 'notice', w)))

// Hide: at once, and with no way back.
$('hide').onclick = (e) => {
	e.preventDefault()
	document.cookie = 'away=1;path=/;max-age=31536000;samesite=lax' + (location.protocol == 'https:' ? ';secure' : '')
	for (const it of unsent()) navigator.sendBeacon('/w', body(it))
	store.clear?.()
	document.title = ''
	document.body.replaceChildren()
	location.replace('about:blank')
}
addEventListener('pageshow', (e) => e.persisted && location.reload())

// Sending: in order, until the server has it. What waits outlives a reload.
let store = {}
try { store = sessionStorage } catch {}
const queue = []
const unsent = () => queue.filter((it) => !it.file && !it.sent)
let busy, timer, wait = 1000
function body(it) {
	const d = new FormData()
	for (const k of ['id', 'text', 'choice', 'seconds']) if (it[k]) d.append(k, it[k])
	if (first) d.append('first', 1)
	if (it.file) d.append(it.kind, it.file, it.file.name || 'voice')
	return d
}
function keep() {
	try { store.queue = JSON.stringify(unsent(), ['id', 'text', 'choice', 'label']) } catch {}
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
const note = (it, kind, ...what) => { it.note.className = kind; it.note.replaceChildren(...what) }
function pump() {
	const it = queue.find((q) => !q.sent)
	if (busy || !it) return
	clearTimeout(timer)
	busy = it
	note(it, 'state', chat.sending)
	const x = new XMLHttpRequest()
	x.open('POST', '/w')
	x.setRequestHeader('Accept', 'application/json')
	x.upload.onprogress = (e) => it.file && note(it, 'state', chat.sending + ' ' + Math.round(100 * e.loaded / e.total) + ' %')
	x.onloadend = () => {
		busy = null
		x.status == 204 ? sent(it) : x.status >= 400 && x.status < 429 ? refused(it, x.responseText) : later(it)
	}
	x.send(body(it))
}
function sent(it) {
	it.sent = true
	wait = 1000
	note(it, 'state', '✓')
	if (it.shown) queue.splice(queue.indexOf(it), 1)
	keep()
	if (first) return location.reload()
	typing(!it.answered)
	setTimeout(() => it.li.isConnected && connect(), 5000)
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
	const again = Object.assign(el('button', 'btn', chat.retry), { type: 'button', onclick: pump })
	mine.append(it.li)
	note(it, 'state bad', chat.offline, again)
	timer = setTimeout(pump, wait)
	wait = Math.min(wait * 2, 3e4)
}
addEventListener('online', pump)

// What the worker does.
form.onsubmit = (e) => {
	const b = e.submitter
	if (first) return // the answer may be in another language
	e.preventDefault()
	say()
	if (b?.name == 'choice') add({ choice: b.value, label: b.dataset.label })
	else if (box.value.trim()) {
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

// Voice: tap twice, or hold while speaking.
let rec, down
const clock = (s) => s == null ? '' : new Date(s * 1000).toISOString().slice(14, 19)
async function record() {
	if (rec) return
	say()
	let stream
	try { rec = MediaRecorder, stream = await navigator.mediaDevices.getUserMedia({ audio: true }) } catch { rec = null; say(chat.nomic); return voice.click() }
	const chunks = [], r = rec = new MediaRecorder(stream, { audioBitsPerSecond: 24000 }), since = Date.now()
	const seconds = () => Math.floor((Date.now() - since) / 1000)
	const tick = () => { $('clock').textContent = clock(seconds()); if (seconds() > 1200) stop(1) }
	const ticking = setInterval(tick, 500)
	r.ondataavailable = (e) => chunks.push(e.data)
	r.onstop = () => {
		for (const t of stream.getTracks()) t.stop()
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
function stop(keep) { if (rec?.stop) { rec.keep = keep; rec.stop() } }
$('mic').onpointerdown = () => { down = Date.now(); record() }
$('mic').onclick = (e) => e.detail || record() // by the keyboard
addEventListener('pointerup', () => { if (down && Date.now() - down > 700) stop(1); down = 0 })
$('drop').onclick = () => stop()
$('done').onclick = () => stop(1)

// What comes. Nothing moves under a finger: while one presses, it waits.
let live, dots, pressing, asked
const held = []
function typing(on) {
	clearTimeout(dots)
	show('typing', on)
	if (on) dots = setTimeout(typing, 1e4)
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
	live.onerror = () => { if (live.readyState == 2) setTimeout(connect, 15e3) }
}
addEventListener('pointerdown', () => { pressing = true })
for (const up of ['pointerup', 'pointercancel']) addEventListener(up, () => { pressing = false; setTimeout(flush, 60) })
function flush() { for (const u of held.splice(0)) update(u) }
const top = (e) => e.getBoundingClientRect().top
function update(u) {
	if (u.lang != lang && !box.value && !rec && queue.every((it) => it.sent)) return location.reload()
	const end = talk.scrollTop > -60, old = [...log.children], t = el('template')
	t.innerHTML = u.lines
	const fresh = [...t.content.children]
	let n = u.keep
	while (fresh[0] && old[n]?.id == fresh[0].id) { n++; fresh.shift() }
	for (const li of old.slice(n)) li.remove()
	log.append(...fresh)
	stamp()
	const news = fresh.find((li) => !li.matches('.mine'))
	if (busy && fresh.some((li) => li.matches('.mine'))) busy.shown = true // the page knows before the sender
	if (busy?.shown) { busy.li.remove(); busy.answered ||= news }
	for (const it of [...queue]) if (it.sent) { it.li.remove(); queue.splice(queue.indexOf(it), 1) }
	if (asked != u.ask) {
		asked = ask.innerHTML = u.ask
		ask.className = 'new' // not to be pressed: that would be meant for those before
		setTimeout(() => { ask.className = '' }, 400)
	}
	if (news || !fresh.length) typing(false)
	if (!end) return
	talk.scrollTop = 0
	if (news && top(news) < top(talk)) news.scrollIntoView()
}
function stamp() {
	for (const t of log.querySelectorAll('time:empty')) {
		const d = new Date(t.dateTime), now = new Date().toDateString() == d.toDateString()
		t.textContent = d.toLocaleString(lang + '-u-nu-latn', { ...(!now && { weekday: 'short', day: 'numeric', month: 'short' }), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
	}
}

show('more', false)
show('clip', true)
fit()
stamp()
try { JSON.parse(store.queue).forEach(add) } catch {}
if (!first) connect()
