package line

import (
	"path"
	"regexp"
	"strings"

	"workervoice/channels"
)

// A message is what a worker sent, as far as we read it.
type message struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	Text      string   `json:"text"`
	FileName  string   `json:"fileName"`
	FileSize  int64    `json:"fileSize"`
	Duration  int64    `json:"duration"` // milliseconds
	Title     string   `json:"title"`
	Address   string   `json:"address"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Provider  struct {
		Type string `json:"type"`
	} `json:"contentProvider"`
}

// read says in e what m holds. A message without what its kind promises leaves
// e odd.
func (m *message) read(e *channels.Event) {
	e.Message = m.ID
	switch m.Type {
	case "text":
		if m.Text == "" {
			return
		}
		e.Text = m.Text
		if hit := greeted.FindStringSubmatch(m.Text); hit != nil {
			e.Ref = hit[1]
		}
	case "image", "video", "audio", "file":
		if m.ID == "" {
			return
		}
		m.attach(e)
	case "location":
		if m.Latitude == nil || m.Longitude == nil {
			return
		}
		e.Place = &channels.Place{Lat: *m.Latitude, Lng: *m.Longitude, Name: m.place()}
	case "sticker":
		e.What, e.Text = m.Type, m.Text // some stickers carry words of the worker's own
	default:
		e.What = word(m.Type)
	}
	e.Kind = channels.Said
}

// greeted is what a link of ours leaves in the first message, if the worker
// sends it unchanged.
var greeted = regexp.MustCompile(`^` + greeting + `([A-Z0-9_-]{4,64})$`)

// attach puts m's attachment into e. Content that lies elsewhere on the web,
// which other apps can share, is not fetched: the address is a stranger's, and
// asking there would tell them about the worker.
func (m *message) attach(e *channels.Event) {
	if m.Provider.Type != "" && m.Provider.Type != "line" {
		e.What = m.Type
		return
	}
	media := channels.Media{Ref: m.ID, Seconds: int(max(0, m.Duration+999) / 1000)}
	switch m.Type {
	case "image":
		media.Type = "image/jpeg"
	case "video":
		media.Type = "video/mp4"
	case "audio":
		media.Type, media.Voice = "audio/mp4", true
	case "file":
		media.Name, media.Size, media.Type = m.FileName, max(0, m.FileSize), typeOf(m.FileName)
	}
	e.Media = []channels.Media{media}
}

// place returns what LINE calls the place, if anything.
func (m *message) place() string {
	if m.Title == "" || m.Address == "" {
		return m.Title + m.Address
	}
	return m.Title + ", " + m.Address
}

// typeOf guesses a file's media type from its name, the same on every machine.
// LINE does not tell it.
func typeOf(name string) string {
	if t, ok := types[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".heic": "image/heic",
	".m4a": "audio/mp4", ".aac": "audio/aac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".amr": "audio/amr", ".wav": "audio/wav",
	".mp4": "video/mp4", ".mov": "video/quicktime", ".3gp": "video/3gpp", ".webm": "video/webm",
	".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".zip": "application/zip",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xls": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
