package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"strconv"
	"strings"
	"sync"

	"workervoice/channels"
)

// upload sends m with its attachment, as a multipart form that is read from
// the file while it is sent.
func (a *Adapter) upload(ctx context.Context, chat int64, m channels.Outbound) (json.RawMessage, error) {
	if m.File.Open == nil {
		return nil, &channels.SendError{Reason: channels.Rejected, Err: errors.New("telegram: the attachment has no content: set File.Open")}
	}
	content, err := m.File.Open()
	if err != nil {
		return nil, unopened(err)
	}
	src := &source{r: content}
	defer src.close()
	method, field := carrier(*m.File)
	head, tail, kind, err := form(chat, m, field)
	if err != nil {
		return nil, fmt.Errorf("telegram: the attachment cannot be written as a form: %w", err)
	}
	result, err := a.post(ctx, uploadTime, method, kind, io.MultiReader(bytes.NewReader(head), src, bytes.NewReader(tail)))
	var b *broken
	if errors.As(err, &b) && src.broke() {
		// The form never got its end, so Telegram cannot have taken it.
		return nil, &channels.SendError{Reason: channels.Busy, Err: errors.New("telegram: the attachment could not be read to its end: check the store of attachments")}
	}
	return result, err
}

// unopened says what it means that our own attachment cannot be opened. The
// error's path is left out: it may name a case.
func unopened(err error) error {
	reason := channels.Busy
	if errors.Is(err, fs.ErrNotExist) {
		reason = channels.Rejected
	}
	for p := (*fs.PathError)(nil); errors.As(err, &p); {
		err = p.Err
	}
	return &channels.SendError{Reason: reason, Err: fmt.Errorf("telegram: the attachment cannot be opened: check the store of attachments: %w", err)}
}

// A source reads a file and remembers whether that failed. A request may still
// be reading when it is given up, so the file is closed between two reads.
type source struct {
	mu     sync.Mutex
	r      io.ReadCloser
	failed bool
	closed bool
}

func (s *source) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, fs.ErrClosed
	}
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.failed = true
	}
	return n, err
}

func (s *source) broke() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.r.Close() // it was only read
}

// carrier returns the method for f, and its field for the file. What a method
// does not take (sendPhoto up to 10 MB, sendVoice OGG, MP3 and M4A, sendAudio
// MP3 and M4A, sendVideo MP4) goes as a document.
func carrier(f channels.File) (method, field string) {
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil {
		kind = f.Type
	}
	music := kind == "audio/mpeg" || kind == "audio/mp3" || kind == "audio/mp4" || kind == "audio/m4a" || kind == "audio/x-m4a"
	switch {
	case (kind == "image/jpeg" || kind == "image/png") && f.Size <= 10*megabyte:
		return "sendPhoto", "photo"
	case f.Voice && (music || kind == "audio/ogg" || kind == "audio/opus"):
		return "sendVoice", "voice"
	case music:
		return "sendAudio", "audio"
	case kind == "video/mp4":
		return "sendVideo", "video"
	}
	return "sendDocument", "document"
}

// form returns what comes before and after the file in the request, and the
// request's content type.
func form(chat int64, m channels.Outbound, field string) (head, tail []byte, kind string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := [][2]string{{"chat_id", strconv.FormatInt(chat, 10)}, {"caption", channels.Clean(m.Text)}}
	if m.Silent {
		fields = append(fields, [2]string{"disable_notification", "true"})
	}
	if m.Protect {
		fields = append(fields, [2]string{"protect_content", "true"})
	}
	if m.File.Seconds > 0 && (field == "voice" || field == "audio" || field == "video") {
		fields = append(fields, [2]string{"duration", strconv.Itoa(m.File.Seconds)})
	}
	if k := keys(m.Choices); k != nil {
		j, err := json.Marshal(k)
		if err != nil {
			return nil, nil, "", err
		}
		fields = append(fields, [2]string{"reply_markup", string(j)})
	}
	for _, f := range fields {
		if f[1] == "" {
			continue
		}
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, nil, "", err
		}
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(field, fileName(*m.File, field)))
	if t, _, err := mime.ParseMediaType(m.File.Type); err == nil && strings.Contains(t, "/") {
		h.Set("Content-Type", t)
	}
	if _, err := w.CreatePart(h); err != nil {
		return nil, nil, "", err
	}
	n := b.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err
	}
	return b.Bytes()[:n], b.Bytes()[n:], w.FormDataContentType(), nil
}

// fileName returns the name the worker sees: f's own, without folders, or a
// plain one with the ending that Telegram goes by.
func fileName(f channels.File, field string) string {
	name := path.Base(strings.ReplaceAll(channels.Clean(f.Name), `\`, "/"))
	if f.Name == "" || name == "." || name == "/" {
		return field + ending[strings.ToLower(strings.TrimSpace(strings.Split(f.Type, ";")[0]))]
	}
	return name
}

// ending lists the kinds of file we send. The system's own list differs from
// machine to machine.
var ending = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	"audio/ogg": ".ogg", "audio/opus": ".ogg", "audio/mpeg": ".mp3", "audio/mp3": ".mp3",
	"audio/mp4": ".m4a", "audio/m4a": ".m4a", "audio/x-m4a": ".m4a", "audio/wav": ".wav",
	"video/mp4": ".mp4", "application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv",
}
