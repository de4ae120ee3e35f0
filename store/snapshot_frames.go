package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrCut means that a snapshot ends too early, or is none.
var ErrCut = errors.New("store: the backup is damaged or cut off: fetch the copy again, or take another backup")

// Limits of a frame: none that was written comes near them, and a reader of
// nonsense asks for no more memory.
const (
	longestName = 64 << 10
	longestBody = 64 << 20
)

// framed writes and reads parts. A frame is the kind with one bit for Gone, the
// shard, and each field with its length before it; numbers are varints.
type framed struct {
	w   *bufio.Writer
	buf []byte
	sum Summary
	n   int64 // parts so far
}

func (f *framed) write(p Part) error {
	if len(p.Name) > longestName || len(p.Kind) > longestName || len(p.ID) > longestName || len(p.Body) > longestBody {
		return fmt.Errorf("store: something is too long for a backup: %d bytes", len(p.Body)+len(p.Name)+len(p.ID))
	}
	kind := byte(p.What) << 1
	if p.Gone {
		kind |= 1
	}
	b := binary.AppendUvarint(append(f.buf[:0], kind), uint64(p.Shard))
	for _, s := range []string{p.Name, p.Kind, p.ID} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.AppendVarint(b, p.N)
	b = binary.AppendUvarint(b, uint64(p.Claims))
	b = binary.AppendUvarint(b, uint64(len(p.Body)))
	f.buf = b
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	_, err := f.w.Write(p.Body)
	f.n++
	f.sum.count(p)
	f.sum.Bytes += int64(len(b) + len(p.Body))
	return err
}

// end writes the last frame.
func (f *framed) end() error {
	if err := f.write(Part{What: endPart, N: f.n}); err != nil {
		return err
	}
	return f.w.Flush()
}

// A frames reader reads parts.
type frames struct {
	r   *bufio.Reader
	sum Summary
	n   int64
}

// next returns the next part; io.EOF after the last frame has come and the
// number of parts is right.
func (f *frames) next() (p Part, err error) {
	kind, err := f.r.ReadByte()
	if err == nil {
		p, err = f.rest(kind)
	}
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return p, ErrCut
	case err != nil && strings.HasPrefix(err.Error(), "binary:"): // a number of more than 64 bits
		return p, ErrCut
	case err != nil:
		return p, err
	case p.What == endPart && p.N == f.n:
		if _, err := f.r.ReadByte(); err != io.EOF {
			return p, ErrCut
		}
		return p, io.EOF
	case p.What < RecordPart || p.What >= endPart || p.Shard > everyShard || p.Shard == everyShard && p.What != MarkPart:
		return p, ErrCut
	}
	f.n++
	f.sum.count(p)
	return p, nil
}

func (f *frames) rest(kind byte) (p Part, err error) {
	p.What, p.Gone = What(kind>>1), kind&1 == 1
	shard, err := f.number(uint64(everyShard))
	if err != nil {
		return p, err
	}
	p.Shard = Shard(shard)
	for _, s := range []*string{&p.Name, &p.Kind, &p.ID} {
		b, err := f.bytes(longestName)
		if err != nil {
			return p, err
		}
		*s = string(b)
	}
	if p.N, err = binary.ReadVarint(f.r); err != nil {
		return p, err
	}
	claims, err := f.number(1 << 30)
	if err != nil {
		return p, err
	}
	p.Claims = int(claims)
	p.Body, err = f.bytes(longestBody)
	return p, err
}

// number reads a number up to most.
func (f *frames) number(most uint64) (uint64, error) {
	n, err := binary.ReadUvarint(f.r)
	if err == nil && n > most {
		err = ErrCut
	}
	return n, err
}

// bytes reads a length and as many bytes. Memory grows with what really comes.
func (f *frames) bytes(most uint64) ([]byte, error) {
	n, err := f.number(most)
	if err != nil || n == 0 {
		return nil, err
	}
	f.sum.Bytes += int64(n)
	if n <= chunk {
		b := make([]byte, n)
		_, err := io.ReadFull(f.r, b)
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(f.r, int64(n)))
	if err == nil && uint64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}
