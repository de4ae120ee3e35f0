package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
)

// BenchmarkPages measures what the pages cost that are open all day: of a team
// with a full first page of conversations and of cases, half an hour of talk in
// one of them and twelve workers in another.
func BenchmarkPages(b *testing.B) {
	h := newHouse(b)
	nan := h.joins("nan@x", "Nan", "my", cases.Helper).signs()
	var chat string
	for i := range perList {
		chat = h.asks(fmt.Sprint(66812345000+i), "my", "လစာ မရဘူး")
	}
	for i := range 30 {
		h.does(fmt.Sprint(66812345000+perList-1), channels.Event{Text: fmt.Sprint("စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။ ", i)})
	}
	for i := range perQueue {
		h.opens(cases.ID(fmt.Sprint("c", i)), []cases.Code{"pay.unpaid", "harm.hit", "papers.passport"}[i%3], 1, "yes")
	}
	h.opens("big", "pay.unpaid", 12, "yes")
	u, err := url.Parse(h.url)
	h.must(err)
	for _, p := range []struct{ name, path string }{
		{"inbox", "/c/"}, {"list", "/c/chats"}, {"chat", "/c/chat/" + chat}, {"thread", "/c/chat/" + chat + "/thread"}, {"strip", "/c/chat/" + chat + "/strip"},
		{"cases", "/c/cases"}, {"case", "/c/case/big"}, {"urgent", "/c/urgent"}, {"overdue", "/c/overdue"}, {"rail", "/c/rail"},
	} {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			n, before := 0, spent(b)
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, p.path, nil)
				r.Header.Set("X-Auto", "1")
				r.Header.Set("Accept-Encoding", "gzip")
				for _, c := range nan.jar.Cookies(u) {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				h.o.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: status %d", p.path, w.Code)
				}
				n = w.Body.Len()
			}
			b.ReportMetric(float64(n), "sent-B/op")
			b.ReportMetric(float64((spent(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// spent is the processor time that the program has taken so far, which says
// more than the clock where others work on the same machine.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
