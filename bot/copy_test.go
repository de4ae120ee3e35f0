package bot

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// secret stands for what a phone writes into a picture: where, when, by whom.
const secret = "13.7563N 100.5018E Khin's phone"

// painted is a picture of four colours: red and green above, blue and white below.
func painted() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			m.Set(x, y, [2][2]color.Color{{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}}, {color.NRGBA{0, 0, 255, 255}, color.White}}[y/16][x/32])
		}
	}
	return m
}

// exifOf is an EXIF block that says how the phone was held and holds the secret.
func exifOf(order binary.ByteOrder, turn uint16) []byte {
	b := []byte("MM\x00*")
	if order == binary.LittleEndian {
		b = []byte("II*\x00")
	}
	b = order.(binary.AppendByteOrder).AppendUint32(b, 8)
	b = order.(binary.AppendByteOrder).AppendUint16(b, 1)
	b = order.(binary.AppendByteOrder).AppendUint16(b, 0x0112)
	b = order.(binary.AppendByteOrder).AppendUint16(b, 3)
	b = order.(binary.AppendByteOrder).AppendUint32(b, 1)
	b = order.(binary.AppendByteOrder).AppendUint16(b, turn)
	return append(append(b, 0, 0, 0, 0, 0, 0), secret...)
}

func segment(kind byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, kind}, uint16(len(body)+2)), body...)
}

func photo(t *testing.T, turn uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, painted(), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	out := append([]byte{0xFF, 0xD8}, segment(0xFE, []byte(secret))...)
	out = append(out, segment(0xE1, append([]byte("Exif\x00\x00"), exifOf(binary.LittleEndian, turn)...))...)
	return append(append(out, b.Bytes()[2:]...), secret...) // and behind the end of the picture
}

func pngChunk(name string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func screenshot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, painted()); err != nil {
		t.Fatal(err)
	}
	const header = 8 + 25 // the signature and the first chunk
	out := append([]byte{}, b.Bytes()[:header]...)
	out = append(out, pngChunk("tEXt", []byte("Author\x00"+secret))...)
	out = append(out, pngChunk("eXIf", exifOf(binary.BigEndian, 3))...)
	return append(out, b.Bytes()[header:]...)
}

func sticker(t *testing.T) []byte {
	t.Helper()
	still, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==") // one point
	if err != nil {
		t.Fatal(err)
	}
	riff := func(name string, body []byte) []byte {
		b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
		return append(b, make([]byte, len(body)&1)...)
	}
	body := append([]byte("WEBP"), riff("VP8X", []byte{0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0})...)
	body = append(append(body, still[12:]...), riff("EXIF", exifOf(binary.LittleEndian, 8))...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func film(t *testing.T) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m, m}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()[:b.Len()-1]
	return append(append(append(out, 0x21, 0xFE, byte(len(secret))), secret...), 0, 0x3B)
}

// TestCopyIsClean finds nothing in a copy that the phone wrote into the picture.
func TestCopyIsClean(t *testing.T) {
	for name, c := range map[string]struct {
		original []byte
		kind     string
	}{
		"photo": {photo(t, 1), "image/jpeg"}, "photo on its side": {photo(t, 6), "image/jpeg"},
		"screenshot": {screenshot(t), "image/png"}, "sticker": {sticker(t), "image/png"}, "film of pictures": {film(t), "image/png"},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(c.original, []byte(secret)) {
				t.Fatal("there is nothing to be taken out")
			}
			var out bytes.Buffer
			got, err := Copy(&out, bytes.NewReader(c.original))
			if err != nil || !got.Clean || got.Type != c.kind {
				t.Fatal(got, err)
			}
			for _, left := range []string{secret, "Khin", "Exif", "EXIF", "eXIf", "tEXt", "Author"} {
				if bytes.Contains(out.Bytes(), []byte(left)) {
					t.Errorf("%q is still in it", left)
				}
			}
			if _, _, err := image.Decode(bytes.NewReader(out.Bytes())); err != nil {
				t.Error("the copy is no picture:", err)
			}
		})
	}
}

// TestCopyIsUpright turns a picture taken in each of the eight ways: where red
// was seen when it was taken, it is seen in the copy.
func TestCopyIsUpright(t *testing.T) {
	at := func(m image.Image, right, below bool) string {
		b := m.Bounds()
		x, y := b.Dx()/4, b.Dy()/4
		if right {
			x *= 3
		}
		if below {
			y *= 3
		}
		r, g, bl, _ := m.At(x, y).RGBA()
		switch big := uint32(0x8000); {
		case r > big && g > big:
			return "w"
		case r > big:
			return "r"
		case g > big:
			return "g"
		case bl > big:
			return "b"
		}
		return "?"
	}
	// Corners from above left to below right, worked out from the standard's
	// table of where row 0 and column 0 of the file are seen.
	for turn, want := range []string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb"} {
		if turn == 0 {
			continue
		}
		var out bytes.Buffer
		if _, err := Copy(&out, bytes.NewReader(photo(t, uint16(turn)))); err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if got := at(m, false, false) + at(m, true, false) + at(m, false, true) + at(m, true, true); got != want {
			t.Errorf("held as %d, the picture is %s, want %s", turn, got, want)
		}
		if side := m.Bounds().Dx() < m.Bounds().Dy(); side != (turn >= 5) {
			t.Errorf("held as %d, the picture is %v", turn, m.Bounds())
		}
	}
}

// TestCopyAsItIs copies what is no picture byte for byte, and says so.
func TestCopyAsItIs(t *testing.T) {
	for what, content := range map[string]string{"sound": "OggS\x00\x02" + secret, "PDF": "%PDF-1.7 " + secret, "this kind": "PK\x03\x04" + secret, "empty": ""} {
		var out bytes.Buffer
		got, err := Copy(&out, strings.NewReader(content))
		if err != nil || got.Clean || out.String() != content || what != "empty" && !strings.Contains(got.Why, what) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// TestNoCopy lets nothing out of a picture that it cannot draw, nor of one that
// says it is larger than memory.
func TestNoCopy(t *testing.T) {
	whole := photo(t, 1)
	huge := bytes.Clone(screenshot(t))
	binary.BigEndian.PutUint32(huge[16:], 1<<20)
	binary.BigEndian.PutUint32(huge[20:], 1<<20)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for name, content := range map[string][]byte{"cut off": whole[:len(whole)/2], "huge": huge, "only a beginning": whole[:4]} {
		var out bytes.Buffer
		if _, err := Copy(&out, bytes.NewReader(content)); !errors.Is(err, ErrNoCopy) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
}
