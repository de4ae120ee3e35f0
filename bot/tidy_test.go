package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"workervoice/store"
)

// What a worker uploaded and nothing needs goes by itself, while the program runs,
// when its day is over.
func TestUploadsGo(t *testing.T) {
	inBubble(t, infoOf(t, "web"), func(s *stage) {
		upload := func() string {
			s.Helper()
			name, _, err := s.e.Files.Upload(context.Background(), s.address("w"), strings.NewReader("the contract"), "image/jpeg", 100)
			if err != nil {
				s.Fatal(err)
			}
			ref, _, _ := strings.Cut(name, ";")
			return ref
		}
		there := func(ref string) bool {
			s.Helper()
			r, err := s.e.Files.Open(context.Background(), store.SubjectOf(ref), ref)
			if errors.Is(err, store.ErrNotFound) {
				return false
			}
			if err != nil {
				s.Fatal(err)
			}
			if err := r.Close(); err != nil {
				s.Error(err)
			}
			return true
		}
		first := upload()
		elapse(10 * time.Minute)
		second := upload()
		elapse(23*time.Hour - 10*time.Minute)
		stop := s.start()
		elapse(time.Hour + time.Second)
		if there(first) || !there(second) {
			s.Errorf("the first, whose day is over, is there: %v, the second: %v", there(first), there(second))
		}
		elapse(10 * time.Minute)
		if there(second) {
			s.Error("the second is there after its day")
		}
		stop()
	})
}
