package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

func init() {
	serve("POST /c/chat/{id}/take", staff, take)
	serve("POST /c/chat/{id}/hand", staff, hand)
	serve("POST /c/chat/{id}/assign", staff, assign)
	serve("POST /c/chat/{id}/write", staff, write)
	serve("POST /c/chat/{id}/note", staff, note)
	serve("POST /c/chat/{id}/draft", staff, draft)
	serve("POST /c/chat/{id}/here", staff, here)
	serve("POST /c/chat/{id}/seen", staff, seen)
	serve("POST /c/chat/{id}/unmask", staff, unmask)
	serve("GET /c/chat/{id}/file/{name}", staff, file)
}

// A said is what a script is told of what it asked for.
type said struct {
	Words string `json:"words,omitempty"` // what went wrong, or what becomes of it
	Taken string `json:"taken,omitempty"` // who has the conversation
	Draft *kept  `json:"draft,omitempty"`
	Name  string `json:"name,omitempty"`
}

// A kept is a draft as the server has it.
type kept struct {
	Text    string `json:"text"`
	Version int64  `json:"version"`
	At      string `json:"at"`
}

// scripted reports whether a script asks, which wants no page.
func (v *visit) scripted() bool { return v.R.Header.Get("X-Fetch") != "" }

// tell answers a script.
func (v *visit) tell(status int, s said) error {
	v.W.Header().Set("Content-Type", "application/json")
	v.W.WriteHeader(status)
	return json.NewEncoder(v.W).Encode(s)
}

// done answers what somebody did in a conversation: a script with nothing, a
// form with the conversation.
func (v *visit) done(id, did string, err error) error {
	var taken *store.Taken
	words := ""
	switch {
	case err == nil && v.scripted():
		return v.tell(http.StatusOK, said{})
	case err == nil:
		return v.Redirect("/c/chat/"+id, did)
	case errors.As(err, &taken):
		name := v.T("chat.somebody")
		if p, e := v.Store.Person(v.Ctx(), v.By(), taken.By); e == nil && p.Name != "" {
			name = p.Name
		}
		if v.scripted() {
			return v.tell(http.StatusConflict, said{Words: v.T("wrong.taken", "Name", name), Taken: name})
		}
		return v.Redirect("/c/chat/"+id, "taken")
	case errors.Is(err, store.ErrStale):
		words = v.T("wrong.stale")
	case errors.Is(err, bot.ErrCannotCarry):
		words = v.T("wrong.carry")
	default:
		return err
	}
	if v.scripted() {
		return v.tell(http.StatusConflict, said{Words: words})
	}
	return v.Redirect("/c/chat/"+id, "stale")
}

// epoch is that of the conversation as the person saw it.
func (v *visit) epoch() int64 {
	n, err := strconv.ParseInt(v.R.PostFormValue("epoch"), 10, 64)
	if err != nil {
		return store.AnyEpoch
	}
	return n
}

func take(v *visit) error {
	id := v.R.PathValue("id")
	_, err := v.Engine.Take(v.Ctx(), v.By(), id, v.epoch())
	return v.done(id, "", err)
}

func hand(v *visit) error {
	id, how := v.R.PathValue("id"), v.R.PostFormValue("how")
	if !slices.Contains([]string{flows.BackToStep, flows.BackToMenu, flows.BackQuiet}, how) {
		how = flows.BackToStep
	}
	_, err := v.Engine.HandBack(v.Ctx(), v.By(), id, v.epoch(), how)
	return v.done(id, "", err)
}

// assign gives a conversation to a colleague, or without one back to the queue.
func assign(v *visit) error {
	id := v.R.PathValue("id")
	var to cases.Caseworker
	if who := cases.CaseworkerID(v.R.PostFormValue("to")); who != "" {
		p, err := v.Store.Person(v.Ctx(), v.By(), who)
		if err != nil {
			return err
		}
		to = p.Caseworker
	}
	_, err := v.Engine.Assign(v.Ctx(), v.By(), id, v.epoch(), to)
	return v.done(id, "", err)
}

const (
	maxUpload = 20 << 20 // of all that is attached to one message
	maxText   = 20_000   // bytes of what is written at a time
)

// blanks are what is still to be filled in.
var blanks = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// voices are the forms in which the platforms take a voice note. A browser that
// records in another one can send it on the web chat only.
var voices = []string{"audio/mp4", "audio/ogg", "audio/mpeg", "audio/aac", "audio/amr"}

// write sends what a caseworker wrote: once, however often it arrives with the
// same key.
func write(v *visit) error {
	id := v.R.PathValue("id")
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, maxUpload+1<<20)
	if err := v.R.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return v.refuse(id, "wrong.big")
	}
	if f := v.R.MultipartForm; f != nil {
		defer f.RemoveAll() //nolint:errcheck // the system clears its folder
	}
	w := bot.Words{Text: channels.Clean(strings.TrimSpace(v.R.PostFormValue("text"))), Urgent: v.R.PostFormValue("urgent") != ""}
	key := v.R.PostFormValue("key")
	switch {
	case len(key) < 8 || len(key) > 64:
		return v.refuse(id, "wrong.key")
	case len(w.Text) > maxText:
		return v.refuse(id, "wrong.long")
	case blanks.MatchString(w.Text):
		return v.refuse(id, "wrong.blank")
	}
	files, wrong, err := v.uploads(id)
	if err != nil {
		return v.done(id, "", err)
	}
	if wrong != "" {
		return v.refuse(id, wrong)
	}
	if w.Files = files; w.Text == "" && len(files) == 0 {
		return v.refuse(id, "wrong.empty")
	}
	r, err := v.Engine.Write(v.Ctx(), v.By(), id, key, w)
	if err != nil {
		return v.done(id, "", err)
	}
	if err := v.dropDraft(id); err != nil {
		return err
	}
	if v.scripted() {
		return v.tell(http.StatusOK, said{Words: v.outlook(r.Outlook)})
	}
	return v.Redirect("/c/chat/"+id, "")
}

// Blank says that something is still to be filled in.
func (v *visit) Blank() string { return v.T("wrong.blank", "Left", "{{", "Right", "}}") }

// outlook says in words when a message goes out that does not at once.
func (v *visit) outlook(o bot.Outlook) string {
	if o.Why == "" || !hasWord("outlook."+o.Why) {
		return ""
	}
	if o.Until.Equal(store.Held) || o.Until.IsZero() {
		return v.T("outlook." + o.Why)
	}
	return v.T("outlook."+o.Why+"_until", "Time", v.Time(o.Until))
}

// refuse answers what cannot be sent as it is.
func (v *visit) refuse(id, wrong string) error {
	if v.scripted() {
		words := v.T(wrong)
		if wrong == "wrong.blank" {
			words = v.Blank()
		}
		return v.tell(http.StatusUnprocessableEntity, said{Words: words})
	}
	return v.Redirect("/c/chat/"+id, strings.TrimPrefix(wrong, "wrong."))
}

// uploads keeps what is attached. Pictures are drawn anew, so that they do not
// say where and with which phone they were taken.
func (v *visit) uploads(id string) (out []channels.File, wrong string, err error) {
	if v.R.MultipartForm == nil {
		return nil, "", nil
	}
	for _, h := range v.R.MultipartForm.File["file"] {
		if h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return nil, "", err
		}
		one, wrong, err := v.upload(id, f, h.Header.Get("Content-Type"), h.Filename)
		_ = f.Close() // it was only read
		if err != nil || wrong != "" {
			return nil, wrong, err
		}
		out = append(out, one)
	}
	return out, "", nil
}

func (v *visit) upload(id string, in io.ReadSeeker, claimed, name string) (channels.File, string, error) {
	row, err := v.Store.ChatRow(v.Ctx(), v.By(), id)
	if err != nil {
		return channels.File{}, "", err
	}
	mt, _, err := mime.ParseMediaType(claimed)
	if err != nil {
		return channels.File{}, "wrong.type", nil
	}
	f := channels.File{Type: mt, Name: "file"}
	switch kind, _, _ := strings.Cut(mt, "/"); {
	case kind == "image":
		var clean bytes.Buffer
		c, err := bot.Copy(&clean, in)
		if errors.Is(err, bot.ErrNoCopy) || err == nil && !c.Clean {
			return f, "wrong.picture", nil
		}
		if err != nil {
			return f, "", err
		}
		f.Type, f.Size = c.Type, int64(clean.Len())
		f, err = v.Engine.Attach(v.Ctx(), v.By(), id, &clean, f)
		return f, "", err
	case kind == "audio":
		if v.Platform(row.With.Channel) != channels.Web && !slices.Contains(voices, mt) {
			return f, "wrong.voice", nil
		}
		f.Voice, f.Name = true, "voice"
		if n, err := strconv.Atoi(v.R.PostFormValue("seconds")); err == nil && n > 0 && n < 3600 {
			f.Seconds = n
		}
	case mt == "application/pdf":
		f.Name = cleanName(name)
	default:
		return f, "wrong.type", nil
	}
	end, err := in.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return f, "", err
	}
	f.Size = end
	f, err = v.Engine.Attach(v.Ctx(), v.By(), id, in, f)
	return f, "", err
}

// cleanName returns a file name without what could lead anywhere.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
	if name == "" || len(name) > 80 {
		return "document.pdf"
	}
	return name
}

// note keeps words for the team. It has an address of its own, so that no
// mistake of a page can send one to a worker.
func note(v *visit) error {
	id, text, key := v.R.PathValue("id"), strings.TrimSpace(v.R.PostFormValue("note")), v.R.PostFormValue("key")
	switch {
	case text == "":
		return v.refuse(id, "wrong.empty")
	case len(text) > maxText:
		return v.refuse(id, "wrong.long")
	case len(key) < 8 || len(key) > 64:
		return v.refuse(id, "wrong.key")
	}
	if err := v.Store.Note(v.Ctx(), v.By(), id, key, channels.Clean(text)); err != nil {
		return err
	}
	return v.done(id, "", nil)
}

// draft keeps what is written and not sent. Another tab that has written
// meanwhile is not overwritten: its words come back.
func draft(v *visit) error {
	id := v.R.PathValue("id")
	version, err := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64)
	if err != nil || len(v.R.PostFormValue("text")) > maxText {
		return v.refuse(id, "wrong.long")
	}
	d, err := v.Store.KeepDraft(v.Ctx(), v.By(), id, store.Draft{Text: channels.Clean(v.R.PostFormValue("text")), Version: version})
	status := http.StatusOK
	if errors.Is(err, store.ErrStale) {
		status, err = http.StatusConflict, nil
	}
	if err != nil {
		return err
	}
	s := said{Draft: &kept{d.Text, d.Version, v.Clock(d.At)}}
	if status == http.StatusConflict {
		s.Words = v.T("wrong.draft")
	}
	return v.tell(status, s)
}

// dropDraft forgets the draft of what has just been sent.
func (v *visit) dropDraft(id string) error {
	for range 3 {
		d, err := v.Store.Draft(v.Ctx(), v.By(), id)
		if err != nil || d.Text == "" {
			return err
		}
		d.Text = ""
		if _, err = v.Store.KeepDraft(v.Ctx(), v.By(), id, d); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return nil // another tab keeps writing it
}

// here says that the person looks at a conversation, and what they write.
func here(v *visit) error {
	id := v.R.PathValue("id")
	if _, err := v.Store.ChatRow(v.Ctx(), v.By(), id); err != nil {
		return err
	}
	switch w := v.R.PostFormValue("writing"); {
	case v.R.PostFormValue("left") != "":
		v.live.left(id, v.Me)
	case w == "reply" || w == "note":
		v.live.note(id, v.Me, w, v.Now())
	default:
		v.live.note(id, v.Me, "", v.Now())
	}
	v.W.WriteHeader(http.StatusNoContent)
	return nil
}

func seen(v *visit) error {
	if err := v.Store.Seen(v.Ctx(), v.By(), v.R.PathValue("id")); err != nil {
		return err
	}
	v.W.WriteHeader(http.StatusNoContent)
	return nil
}

// unmask shows by what name a worker is known on the channel, to who says why.
func unmask(v *visit) error {
	id := v.R.PathValue("id")
	a, err := v.Store.Unmask(v.Ctx(), v.By(), id, v.R.PostFormValue("reason"))
	var wait store.TooMany
	switch {
	case errors.Is(err, store.ErrReason):
		return v.tell(http.StatusUnprocessableEntity, said{Words: v.T("wrong.reason")})
	case errors.As(err, &wait):
		return v.tell(http.StatusTooManyRequests, said{Words: v.T("fail.wait", "Count", int(wait.Wait/time.Minute)+1)})
	case err != nil:
		return err
	}
	return v.tell(http.StatusOK, said{Name: a.User})
}
