package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"workervoice/channels"
)

// kinds are the media types that Meta takes, and the kind of message that each
// is sent as. From Meta's page on media.
var kinds = map[string]string{
	"image/jpeg": "image", "image/png": "image",
	"audio/aac": "audio", "audio/amr": "audio", "audio/mpeg": "audio", "audio/mp4": "audio", "audio/ogg": "audio", "audio/opus": "audio",
	"video/mp4": "video", "video/3gp": "video", "video/3gpp": "video",
	"text/plain": "document", "application/pdf": "document",
	"application/msword": "document", "application/vnd.ms-excel": "document", "application/vnd.ms-powerpoint": "document",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "document",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "document",
}

// attach uploads m's attachment and puts it into out, with the words and the
// choices that go with it.
func (a *Adapter) attach(ctx context.Context, out *outgoing, m channels.Outbound) error {
	base, _, _ := strings.Cut(m.File.Type, ";")
	kind, ok := kinds[strings.ToLower(strings.TrimSpace(base))]
	switch {
	case !ok:
		return rejected("an attachment of this media type cannot be sent: convert it")
	case kind == "audio" && m.Text != "":
		return rejected("a sound takes no words: send them as a message of their own")
	case len(m.Choices) > 0 && (kind == "audio" || !asButtons(m.Choices)):
		return rejected("an attachment takes at most three short choices, a sound none: ask in a message of its own")
	}
	id, err := a.upload(ctx, m.File)
	if err != nil {
		return err
	}
	c := &content{ID: id}
	if kind == "document" {
		c.Name = m.File.Name
	}
	if len(m.Choices) > 0 {
		out.Type, out.Interactive = "interactive", ask(m)
		out.Interactive.Header = &header{Type: kind}
		put(kind, c, &out.Interactive.Header.Image, nil, &out.Interactive.Header.Video, &out.Interactive.Header.Document)
		return nil
	}
	c.Caption, c.Voice = m.Text, kind == "audio" && m.File.Voice
	out.Type = kind
	put(kind, c, &out.Image, &out.Audio, &out.Video, &out.Document)
	return nil
}

// put puts c where its kind belongs.
func put(kind string, c *content, image, audio, video, document **content) {
	*map[string]**content{"image": image, "audio": audio, "video": video, "document": document}[kind] = c
}

// upload gives the content of f to Meta, which keeps it for 30 days, and returns
// Meta's name for it. Whatever fails here is a *SendError, since nothing has
// been sent to anybody.
func (a *Adapter) upload(ctx context.Context, f *channels.File) (string, error) {
	major, _, _ := strings.Cut(strings.ToLower(f.Type), "/")
	if f.Size > largest[major] {
		return "", rejected(fmt.Sprintf("the attachment is too big: at most %d bytes", largest[major]))
	}
	if f.Open == nil {
		return "", rejected("the attachment has no content")
	}
	file, err := f.Open()
	if err != nil {
		e := &channels.SendError{Reason: channels.Busy, Err: errors.New("whatsapp: the attachment cannot be opened: check where attachments are kept")}
		if errors.Is(err, fs.ErrNotExist) {
			e.Reason = channels.Rejected
		}
		return "", e
	}
	kind, before, after, err := form(f)
	if err != nil {
		file.Close()
		return "", rejected("the attachment's media type cannot be written")
	}
	length := int64(-1)
	if f.Size > 0 {
		length = int64(len(before)) + f.Size + int64(len(after))
	}
	var answer struct {
		ID string `json:"id"`
	}
	err = a.call(ctx, request{
		method: http.MethodPost, path: "/" + a.c.PhoneID + "/media", wait: longest,
		kind: kind, length: length,
		body: enclosed{io.MultiReader(bytes.NewReader(before), file, bytes.NewReader(after)), file},
	}, &answer)
	if err == nil && answer.ID == "" {
		err = errors.New("whatsapp: the upload's answer names nothing")
	}
	if err != nil && !errors.As(err, new(*channels.SendError)) {
		err = &channels.SendError{Reason: channels.Busy, Err: fmt.Errorf("whatsapp: the attachment was not uploaded: %w", err)}
	}
	return answer.ID, err
}

// An enclosed is a file within its multipart body. net/http closes it, which can
// be after the answer.
type enclosed struct {
	io.Reader
	io.Closer
}

// form returns the multipart body of an upload around the content, and its
// media type. Meta gets no file name with it: names tell much, and only
// documents show theirs.
func form(f *channels.File) (kind string, before, after []byte, err error) {
	if strings.ContainsAny(f.Type, "\r\n") {
		return "", nil, nil, errors.New("a line break in the type")
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := errors.Join(w.WriteField("messaging_product", "whatsapp"), w.WriteField("type", f.Type)); err != nil {
		return "", nil, nil, err
	}
	if _, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="file"`},
		"Content-Type":        {f.Type},
	}); err != nil {
		return "", nil, nil, err
	}
	n := b.Len()
	if err := w.Close(); err != nil {
		return "", nil, nil, err
	}
	return w.FormDataContentType(), b.Bytes()[:n:n], b.Bytes()[n:], nil
}

// maxFetch is the largest attachment that Meta passes on, in bytes.
const maxFetch = 100 << 20

// Fetch implements [channels.Fetcher]. Meta keeps what workers send for 7 days.
// It tells an address first, good for 5 minutes and useless without the token.
func (a *Adapter) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	if m.Ref == "" || strings.Trim(m.Ref, "0123456789") != "" {
		return nil, rejected("the attachment has no name of Meta's")
	}
	var node struct {
		URL  string `json:"url"`
		Size loose  `json:"file_size"`
	}
	err := a.call(ctx, request{method: http.MethodGet, path: "/" + m.Ref + "?phone_number_id=" + a.c.PhoneID, wait: patience}, &node)
	if err != nil {
		return nil, gone(err)
	}
	from, err := url.Parse(node.URL)
	if err != nil || !a.trusted(from) {
		return nil, &channels.SendError{Reason: channels.Misset, Err: errors.New("whatsapp: the attachment's address is not safe to show the token to: check WHATSAPP_API_URL")}
	}
	return a.download(ctx, from)
}

// trusted reports whether the token may be shown to u: over an encrypted line,
// since an encrypted line told it, or to the server that is asked anyway.
func (a *Adapter) trusted(u *url.URL) bool {
	api, err := url.Parse(a.c.URL)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == api.Scheme && u.Host == api.Host)
}

// gone turns the refusal of an object that does not exist into the loss of the
// attachment.
func gone(err error) error {
	if e, ok := errors.AsType[*codeError](err); ok && (e.code == noSuchObject || e.status == http.StatusNotFound || e.status == http.StatusGone) {
		lost := &codeError{code: e.code, status: e.status, advice: "the attachment is gone: Meta keeps what workers send for 7 days"}
		return &channels.SendError{Reason: channels.Rejected, Err: lost}
	}
	return err
}

// download opens what is at from.
func (a *Adapter) download(ctx context.Context, from *url.URL) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		cancel()
		return nil, errors.New("whatsapp: the attachment's address cannot be called")
	}
	resp, err := a.do(a.files, r)
	if err != nil {
		cancel()
		return nil, err
	}
	body := &download{from: resp.Body, left: maxFetch, cancel: cancel}
	switch {
	case resp.StatusCode != http.StatusOK:
		defer body.Close()
		b, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		return nil, gone(refused(resp.StatusCode, resp.Header, b))
	case resp.ContentLength > maxFetch:
		body.Close()
		return nil, errTooLong
	}
	return body, nil
}

var errTooLong = rejected("the attachment is longer than any that WhatsApp carries")

// A download is an attachment on its way.
type download struct {
	from   io.ReadCloser
	left   int64 // bytes that may still come
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.from.Read(p)
	if d.left -= int64(n); d.left < 0 {
		return 0, errTooLong
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("whatsapp: the download was cut off: %w", bareError(err))
	}
	return n, err
}

func (d *download) Close() error {
	d.cancel()
	return d.from.Close()
}
