package web

import (
	"bytes"
	"mime"
	"strings"
)

// headSize is how much of a file mediaType looks at.
const headSize = 512

// mediaType returns the type of a file that starts with head. It goes by the
// content and not by what the browser claims, which may be empty or a lie; the
// claim only decides between sound and film where the container holds both.
// ok is false for whatever workers need not send.
func mediaType(claimed string, voice bool, head []byte) (mt string, ok bool) {
	claimed, _, _ = mime.ParseMediaType(claimed)
	sound := voice || strings.HasPrefix(claimed, "audio/")
	pick := func(audio, video string) (string, bool) {
		if sound {
			return audio, true
		}
		return video, true
	}
	for _, s := range signatures {
		if len(head) >= s.at+len(s.magic) && string(head[s.at:s.at+len(s.magic)]) == s.magic {
			return s.mt, true
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1A\x45\xDF\xA3")):
		return pick("audio/webm", "video/webm")
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return isoType(string(head[8:12]), pick)
	case len(head) >= 2 && head[0] == 0xFF && head[1]&0xF6 == 0xF0: // ADTS: twelve bits set, layer 0
		return "audio/aac", true
	case len(head) >= 2 && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]&0x06 == 0x02: // MPEG audio, layer 3
		return "audio/mpeg", true
	}
	return "", false
}

// signatures are the beginnings that tell a type by themselves.
var signatures = []struct {
	at        int
	magic, mt string
}{
	{0, "\xFF\xD8\xFF", "image/jpeg"},
	{0, "\x89PNG\r\n\x1A\n", "image/png"},
	{8, "WEBPVP8", "image/webp"},
	{0, "OggS", "audio/ogg"},
	{0, "#!AMR", "audio/amr"},
	{0, "ID3", "audio/mpeg"},
	{8, "WAVE", "audio/wav"},
	{0, "%PDF-", "application/pdf"},
}

// isoType tells files of the ISO family (MP4, 3GP, HEIC) by their brand.
func isoType(brand string, pick func(audio, video string) (string, bool)) (string, bool) {
	switch brand {
	case "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1":
		return "image/heic", true
	case "M4A ", "M4B ":
		return "audio/mp4", true
	case "qt  ", "avif", "avis", "crx ":
		return "", false
	}
	if strings.HasPrefix(brand, "3g") {
		return pick("audio/3gpp", "video/3gpp")
	}
	return pick("audio/mp4", "video/mp4")
}

// served returns the type under which a file is sent back, and whether the
// browser may show it itself rather than save it. What it may is a closed
// list: a type that can hold scripts is never among it.
func served(mt string) (string, bool) {
	mt, _, _ = mime.ParseMediaType(mt)
	switch mt {
	case "image/jpeg", "image/png", "image/webp", "image/heic",
		"audio/webm", "audio/ogg", "audio/mp4", "audio/aac", "audio/amr", "audio/mpeg", "audio/wav", "audio/3gpp",
		"video/mp4", "video/webm", "video/3gpp":
		return mt, true
	case "application/pdf":
		return mt, false
	}
	return "application/octet-stream", false
}
