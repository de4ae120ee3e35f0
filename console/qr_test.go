package console

import (
	"bytes"
	"fmt"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const address = "https://friend.example/j/K7M2QX4P"

// squares reads the black squares out of an SVG, border included.
func squares(t *testing.T, svg []byte) (side int, black map[[2]int]bool) {
	t.Helper()
	m := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindSubmatch(svg)
	if m == nil || !bytes.Equal(m[1], m[2]) {
		t.Fatalf("no square picture: %s", svg)
	}
	side, _ = strconv.Atoi(string(m[1]))
	black = map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllSubmatch(svg, -1) {
		x, _ := strconv.Atoi(string(run[1]))
		y, _ := strconv.Atoi(string(run[2]))
		n, _ := strconv.Atoi(string(run[3]))
		if string(run[3]) != string(run[4]) {
			t.Fatalf("a run that does not close: %s", run[0])
		}
		for i := range n {
			black[[2]int{x + i, y}] = true
		}
	}
	return side, black
}

// finder is the square by which scanners find three of the corners.
const finder = `
#######
#.....#
#.###.#
#.###.#
#.###.#
#.....#
#######`

func TestQR(t *testing.T) {
	svg, err := QR(address)
	if err != nil {
		t.Fatal(err)
	}
	side, black := squares(t, svg)
	if (side-2*quiet-17)%4 != 0 {
		t.Errorf("%d squares wide, which no version of the code is", side-2*quiet)
	}
	for at := range black {
		for _, v := range at {
			if v < quiet || v >= side-quiet {
				t.Fatalf("the border is not empty at %v", at)
			}
		}
	}
	for _, corner := range [][2]int{{quiet, quiet}, {side - quiet - 7, quiet}, {quiet, side - quiet - 7}} {
		for y, row := range strings.Split(strings.TrimSpace(finder), "\n") {
			for x, c := range row {
				if black[[2]int{corner[0] + x, corner[1] + y}] != (c == '#') {
					t.Fatalf("no mark in the corner %v", corner)
				}
			}
		}
	}
	// Format bits of level M are 00 before the mask that every code has: 10.
	if black[[2]int{quiet, quiet + 8}] != true || black[[2]int{quiet + 1, quiet + 8}] != false {
		t.Error("the code has another level of correction than M")
	}
}

func TestPNG(t *testing.T) {
	svg, err := QR(address)
	if err != nil {
		t.Fatal(err)
	}
	side, black := squares(t, svg)
	for _, size := range []int{minPNG, 512, 1000, maxPNG} {
		b, err := PNG(address, size)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil || img.Bounds().Dx() != size || img.Bounds().Dy() != size {
			t.Fatalf("%d points wide: %v, %v", size, img.Bounds(), err)
		}
		square := size / side
		from := (size - square*(side-2*quiet)) / 2
		if from < quiet*square {
			t.Errorf("%d points wide: the border is only %d", size, from)
		}
		for y := range side - 2*quiet {
			for x := range side - 2*quiet {
				r, _, _, _ := img.At(from+x*square+square/2, from+y*square+square/2).RGBA()
				if (r == 0) != black[[2]int{x + quiet, y + quiet}] {
					t.Fatalf("%d points wide: differs from the SVG at %d, %d", size, x, y)
				}
			}
		}
	}
}

func TestCodesThatCannotBeDrawn(t *testing.T) {
	long := strings.Repeat("secret", 1000)
	if _, err := QR(long); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("too long a text: %v", err)
	}
	for _, size := range []int{-1, 0, minPNG - 1, maxPNG + 1} {
		if _, err := PNG(address, size); err == nil {
			t.Errorf("%d points wide: no error", size)
		}
	}
	if _, err := PNG(strings.Repeat("x", 1500), 200); err == nil {
		t.Error("a code whose squares are a point wide was drawn")
	}
}

func TestPictures(t *testing.T) {
	s := newSite()
	svg, err := QR(address)
	if err != nil {
		t.Fatal(err)
	}
	w := s.ask(t, "GET", "/j/K7M2QX4P.svg")
	if body := must(t, w, 200); body != string(svg) || w.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(w.Header().Get("Cache-Control"), "max-age") {
		t.Errorf("headers %v", w.Header())
	}
	for target, size := range map[string]int{"/j/K7M2QX4P.png": 512, "/j/K7M2QX4P.png?size=1024": 1024, "/j/K7M2QX4P.png?size=x": 512} {
		w := s.ask(t, "GET", target)
		want, err := PNG(address, size)
		if err != nil {
			t.Fatal(err)
		}
		if must(t, w, 200) != string(want) || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: another picture", target)
		}
	}
	must(t, s.ask(t, "GET", "/j/K7M2QX4P.png?size=99999"), 400)
	if len(s.opened) != 0 {
		t.Error("a picture was counted as an opening")
	}
	s.Public = "" // the address by which the site was reached
	for target, site := range map[string]string{"http://192.168.1.7:8080": "http://192.168.1.7:8080", "https://friend.example": "https://friend.example"} {
		want, err := QR(fmt.Sprint(site, "/j/A"))
		if err != nil {
			t.Fatal(err)
		}
		if got := must(t, s.ask(t, "GET", target+"/j/A.svg"), 200); got != string(want) {
			t.Errorf("%s: the code leads elsewhere", target)
		}
	}
}
