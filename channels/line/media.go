package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"

	"workervoice/channels"
)

// maxContent is the largest attachment that Fetch takes, in bytes: hours of
// voice. LINE itself lets workers send up to 200 MB.
const maxContent = 50 << 20

// Fetch implements [channels.Fetcher]. Video and sound that LINE is still
// preparing are Busy; what the worker took back, or LINE has dropped, is
// Rejected, and so is what is longer than 50 MB. Reading past that limit is an
// error, so that nothing is ever kept in part.
func (a *Adapter) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	address := a.c.DataURL + "/v2/bot/message/" + url.PathEscape(m.Ref) + "/content"
	if strings.HasPrefix(m.Type, "video/") || strings.HasPrefix(m.Type, "audio/") {
		if err := a.prepared(ctx, address+"/transcoding"); err != nil {
			return nil, err
		}
	}
	resp, err := a.do(ctx, http.MethodGet, address, nil, "")
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusOK && resp.ContentLength > maxContent:
		err = rejected(fmt.Errorf("line: the attachment is longer than %d MB", maxContent>>20))
	case resp.StatusCode == http.StatusOK:
		return http.MaxBytesReader(nil, resp.Body, maxContent), nil
	case resp.StatusCode == http.StatusAccepted:
		err = preparing()
	default:
		err = gone(answer{status: resp.StatusCode, header: resp.Header})
	}
	resp.Body.Close()
	return nil, err
}

// prepared asks whether LINE has finished converting video or sound. What was
// sent as a file is not converted, so LINE may not know of it here.
func (a *Adapter) prepared(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := a.do(ctx, http.MethodGet, address, nil, "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusGone:
		return nil // the content itself will say
	case resp.StatusCode == http.StatusAccepted:
		return preparing()
	case resp.StatusCode != http.StatusOK:
		return gone(answer{status: resp.StatusCode, header: resp.Header})
	}
	var t api.GetMessageContentTranscodingResponse
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&t); err != nil {
		return errors.New("line: state of an attachment is not JSON: check LINE_DATA_URL")
	}
	switch t.Status {
	case api.GetMessageContentTranscodingResponseSTATUS_PROCESSING:
		return preparing()
	case api.GetMessageContentTranscodingResponseSTATUS_FAILED:
		return rejected(errors.New("line: LINE could not prepare the attachment: ask the worker to send it again"))
	}
	return nil
}

// preparing says that an attachment is not ready. LINE gives no time; a few
// seconds do for a voice note.
func preparing() error {
	return &channels.SendError{Reason: channels.Busy, After: 5 * time.Second, Err: errors.New("line: LINE is still preparing the attachment")}
}

// gone says what a refused download means.
func gone(ans answer) error {
	if ans.status == http.StatusNotFound || ans.status == http.StatusGone {
		return rejected(fmt.Errorf("line: status %d, the attachment is gone: ask the worker to send it again", ans.status))
	}
	return ans.refusal()
}
