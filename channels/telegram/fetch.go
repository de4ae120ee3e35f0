package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"workervoice/channels"
)

// fetchMax is the longest file Telegram lets a bot download (getFile, 20 MB).
const fetchMax = 20 << 20

// Fetch implements [channels.Fetcher]. A file that Telegram calls unavailable
// for now is an error to be tried again; one that it does not know, or that is
// too big for bots, is gone for good. Reading fails if less comes than was
// promised, or more than 20 MiB.
func (a *Adapter) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	if m.Size > fetchMax {
		return nil, tooLong()
	}
	result, err := a.call(ctx, sendTime, "getFile", &bot.GetFileParams{FileID: m.Ref})
	if err != nil {
		return nil, fetchError(err)
	}
	var f models.File
	if json.Unmarshal(result, &f) != nil || f.FilePath == "" {
		return nil, errors.New("telegram: no path for the attachment: try again")
	}
	if strings.HasPrefix(f.FilePath, "/") {
		return nil, &channels.SendError{Reason: channels.Misset, Err: errors.New("telegram: the server at TELEGRAM_API_URL keeps files on its own disk: start it without --local")}
	}
	if f.FileSize > fetchMax {
		return nil, tooLong()
	}
	ctx, cancel := context.WithTimeout(ctx, uploadTime)
	resp, err := a.do(ctx, http.MethodGet, a.c.URL+"/file/bot"+a.c.Token+"/"+escaped(f.FilePath), "", nil)
	if err != nil {
		cancel()
		return nil, sendError(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel()
		return nil, undownloaded(resp)
	}
	return &download{a: a, body: resp.Body, cancel: cancel, want: f.FileSize}, nil
}

// fetchError says what a refusal of getFile means: only a file that Telegram
// has said it will not give is gone.
func fetchError(err error) error {
	var no *refusal
	if errors.As(err, &no) && no.says("temporarily unavailable") {
		return fmt.Errorf("the attachment cannot be had for now: try again: %w", err)
	}
	return sendError(err)
}

// undownloaded says what it means that a file which Telegram has just named
// does not come. That does not make it gone.
func undownloaded(resp *http.Response) error {
	err := fmt.Errorf("telegram: the attachment does not come, status %d: try again", resp.StatusCode)
	if resp.StatusCode == http.StatusTooManyRequests {
		return &channels.SendError{Reason: channels.Busy, After: wait(0, resp), Err: err}
	}
	return err
}

func tooLong() error {
	return &channels.SendError{Reason: channels.Rejected, Err: errors.New("telegram: the attachment is longer than the 20 MB that bots may download")}
}

// escaped returns path fit for an address, a step up being no step.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p == ".." || p == "." {
			p = ""
		}
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// A download is the content of a file, as far as it may go.
type download struct {
	a      *Adapter
	body   io.ReadCloser
	cancel context.CancelFunc
	got    int64
	want   int64 // zero if Telegram does not say
}

func (d *download) Read(b []byte) (int, error) {
	n, err := d.body.Read(b)
	d.got += int64(n)
	switch {
	case d.got > fetchMax:
		return 0, tooLong()
	case err == io.EOF && d.got < d.want:
		return n, fmt.Errorf("telegram: the attachment came cut off: try again: %w", io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		return n, fmt.Errorf("telegram: the attachment came cut off: try again: %w", d.a.hide(err))
	}
	return n, err
}

func (d *download) Close() error {
	defer d.cancel()
	return d.body.Close()
}
