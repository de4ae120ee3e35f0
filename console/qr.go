package console

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty border that scanners need, in modules (ISO/IEC 18004).
const quiet = 4

// Limits of the pictures, in points.
const (
	minPNG = 128
	maxPNG = 2048
)

// A code is a picture of black and white squares, without its border.
type code struct {
	side  int
	black func(x, y int) bool
}

// encode draws text as a QR code that still reads with 15 % of it damaged
// (level M), as posters hang outside.
func encode(text string) (code, error) {
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return code{}, errors.New("console: the text is too long for a code to scan: use a shorter address") // the library's error quotes it
	}
	return code{c.Bounds().Dx(), func(x, y int) bool {
		r, _, _, _ := c.At(x, y).RGBA()
		return r == 0
	}}, nil
}

// QR returns text as a code to scan, in SVG: sharp at any size, black on white
// in dark mode, too, with the border that scanners need. Printed, it should be
// at least 25 mm wide.
func QR(text string) (svg []byte, err error) {
	c, err := encode(text)
	if err != nil {
		return nil, err
	}
	side := c.side + 2*quiet
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side*8, side*8, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, side, side)
	for y := range c.side {
		for x := 0; x < c.side; x++ {
			run := 0
			for x+run < c.side && c.black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes(), nil
}

// PNG returns text as a code to scan, size points wide, for sharing in chats.
// Squares are whole points, so the border may be wider than needed. Sizes
// below 128 or over 2048, or in which the squares would be too small to scan
// from a screen, are errors.
func PNG(text string, size int) ([]byte, error) {
	c, err := encode(text)
	if err != nil {
		return nil, err
	}
	square := size / (c.side + 2*quiet)
	if size < minPNG || size > maxPNG || square < 2 {
		return nil, fmt.Errorf("console: a code to scan cannot be %d points wide: use 512", size)
	}
	from := (size - square*c.side) / 2
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range square * c.side {
		for x := range square * c.side {
			if c.black(x/square, y/square) {
				img.SetColorIndex(from+x, from+y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("console: draw a code to scan: %w", err)
	}
	return b.Bytes(), nil
}
