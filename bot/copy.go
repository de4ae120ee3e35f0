package bot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"

	"golang.org/x/image/webp"
)

// ErrNoCopy means that a picture cannot be drawn anew, so nothing of it may
// leave the system: it is damaged, or too large.
var ErrNoCopy = errors.New("bot: no copy can be made of this picture: look at the original in the console")

// A Copied says what a working copy is.
type Copied struct {
	Type  string // media type of the copy
	Clean bool   // nothing but the picture is in it: no place, no time, no name of a phone
	Why   string // where it is not clean
}

// most is the largest picture that is drawn anew, in points: larger than any
// phone makes, and 240 MB while it is drawn.
const most = 60_000_000

// Copy writes a working copy of an attachment: what may leave the system. A
// picture is drawn anew, upright, so that what the phone has written into it
// stays behind. Any other kind is copied as it is, and Copied says so: whoever
// passes it on must know.
func Copy(w io.Writer, r io.Reader) (Copied, error) {
	var head [512]byte
	n, err := io.ReadFull(r, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Copied{}, err
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head[:n]), ";")
	in := io.MultiReader(bytes.NewReader(head[:n]), r)
	switch kind {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		content, err := io.ReadAll(io.LimitReader(in, maxAttachment+1))
		if err != nil {
			return Copied{}, err
		}
		return redraw(w, content, kind)
	}
	_, err = io.Copy(w, in)
	return Copied{Type: kind, Why: asItIs(kind)}, err
}

// asItIs says what stays in a file that is copied as it is.
func asItIs(kind string) string {
	switch what, _, _ := strings.Cut(kind, "/"); {
	case what == "audio" || kind == "application/ogg":
		return "sound is copied as it is: the voice can be recognised, and the file may name the device"
	case what == "video":
		return "a film is copied as it is: it may hold the place and the device, and shows faces"
	case kind == "application/pdf":
		return "a PDF is copied as it is: it may name its author and hold earlier versions"
	}
	return "this kind of file is copied as it is, with whatever the device wrote into it"
}

// redraw writes the picture in content anew.
func redraw(w io.Writer, content []byte, kind string) (Copied, error) {
	var size image.Config
	var err error
	decode := map[string]func(io.Reader) (image.Image, error){"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/gif": gif.Decode, "image/webp": webp.Decode}[kind]
	look := map[string]func(io.Reader) (image.Config, error){"image/jpeg": jpeg.DecodeConfig, "image/png": png.DecodeConfig, "image/gif": gif.DecodeConfig, "image/webp": webp.DecodeConfig}[kind]
	if size, err = look(bytes.NewReader(content)); err != nil || size.Width <= 0 || size.Height <= 0 || size.Width > most/size.Height {
		return Copied{}, fmt.Errorf("%w (%s)", ErrNoCopy, kind)
	}
	picture, err := decode(bytes.NewReader(content))
	if err != nil {
		return Copied{}, fmt.Errorf("%w (%s)", ErrNoCopy, kind)
	}
	picture = upright(picture, turned(content, kind))
	o, opaque := picture.(interface{ Opaque() bool })
	if kind == "image/jpeg" || kind == "image/webp" && opaque && o.Opaque() {
		return Copied{Type: "image/jpeg", Clean: true}, jpeg.Encode(w, picture, &jpeg.Options{Quality: 92})
	}
	return Copied{Type: "image/png", Clean: true}, png.Encode(w, picture)
}

// turned returns how the phone was held, as EXIF numbers it from 1 to 8
// (CIPA DC-008, tag 0x0112); 1 where nothing is said.
func turned(content []byte, kind string) int {
	var exif []byte
	switch kind {
	case "image/jpeg":
		for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xFF && rest[1] != 0xDA; {
			n := int(binary.BigEndian.Uint16(rest[2:])) + 2
			if n < 4 || n > len(rest) {
				break
			}
			if body := rest[4:n]; rest[1] == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
				exif = body[6:]
				break
			}
			rest = rest[n:]
		}
	case "image/webp":
		exif = chunk(content[min(12, len(content)):], "EXIF", binary.LittleEndian, 0, 4)
		exif = bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	case "image/png":
		exif = chunk(content[min(8, len(content)):], "eXIf", binary.BigEndian, 4, 0)
	}
	return orientation(exif)
}

// chunk finds a named chunk: in RIFF the name comes before the length and
// chunks begin at even places, in PNG it comes after and a sum follows.
func chunk(b []byte, name string, order binary.ByteOrder, nameAt, lengthAt int) []byte {
	for len(b) >= 8 {
		n := uint64(order.Uint32(b[lengthAt:]))
		if n > uint64(len(b)-8) {
			return nil
		}
		if string(b[nameAt:nameAt+4]) == name {
			return b[8 : 8+n]
		}
		next := 8 + n + n&1
		if nameAt == 4 {
			next = 8 + n + 4
		}
		b = b[min(next, uint64(len(b))):]
	}
	return nil
}

// orientation reads it from the first directory of a TIFF header.
func orientation(exif []byte) int {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return 1
	}
	rows := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(rows) < 12 {
			break
		}
		if order.Uint16(rows) == 0x0112 {
			if v := int(order.Uint16(rows[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
		rows = rows[12:]
	}
	return 1
}

// upright turns a picture as it was taken.
func upright(m image.Image, turn int) image.Image {
	if turn <= 1 || turn > 8 {
		return m
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	from := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(from, from.Rect, m, b.Min, draw.Src)
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 { // lying on its side
		to = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(to.Pix[to.PixOffset(tx, ty):][:4], from.Pix[from.PixOffset(x, y):][:4])
		}
	}
	return to
}
