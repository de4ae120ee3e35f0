package sqlite

import (
	"os"
	"strconv"
	"sync"
	"testing"

	"workervoice/store"
	"workervoice/store/storetest"
)

// TestLinear has eight callers work on the same conversations, and checks that
// what they saw can have happened one after the other; and that a check which
// is switched off would be seen. LINEAR says how many operations, if more than
// some thousand.
func TestLinear(t *testing.T) {
	n := 6000
	if more, err := strconv.Atoi(os.Getenv("LINEAR")); err == nil && more > 0 {
		n = more
	}
	b, _ := fresh(t)
	defer b.Close()
	if wrong, all := storetest.Linear(t, eight(b, "linear", n)); wrong > 0 {
		t.Errorf("%d of %d conversations are not what they would be one operation after the other", wrong, all)
	}
	for _, what := range []string{"version", "once"} {
		if wrong, _ := storetest.Linear(t, eight(storetest.Careless(b, what), what, 1600)); wrong == 0 {
			t.Errorf("nobody sees that %q is not checked", what)
		}
	}
}

func eight(b store.Backend, base string, n int) (all []storetest.Op) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for p := range 8 {
		wg.Go(func() {
			ops := storetest.Converse(b, base, p, n/8)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, ops...)
		})
	}
	wg.Wait()
	return all
}
