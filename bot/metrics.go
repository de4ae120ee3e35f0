package bot

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"workervoice/channels"
)

// The text that Prometheus reads is written here and not by its library, which
// would add 2.9 MB to the program and 30 modules to what must be trusted:
// https://prometheus.io/docs/instrumenting/exposition_formats/.
//
// Labels are channels, reasons, states and keys of texts, of which there is a
// set number: never anything of a worker or a case.

// A counting is something that is counted since the start.
type counting struct {
	name, help string
	by         []string // labels
}

var (
	byChannel = []string{"channel"}
	byReason  = []string{"channel", "reason"}
)

// countings is everything that [Engine.count] takes.
var countings = []counting{
	{"attachments_kept", "Attachments of workers that were downloaded and sealed.", byChannel},
	{"attachments_lost", "Attachments of workers that the platform had no more, or that were too big.", byChannel},
	{"buttons_left_waiting", "Pressed buttons that go on turning on the phone: the platform did not take the acknowledgement.", byChannel},
	{"conversations_handed_back", "Conversations that caseworkers gave back to the bot.", nil},
	{"conversations_taken_over", "Conversations that caseworkers took over from the bot.", nil},
	{"events", "Events of workers that were kept.", byChannel},
	{"events_repeated", "Events that came before and were dropped.", byChannel},
	{"messages_dropped", "Messages that were not sent because of what has changed since.", byReason},
	{"messages_failed_later", "Messages that the platform took and then did not deliver.", byReason},
	{"messages_given_up", "Messages that will never be sent: the platform refuses them for good.", byReason},
	{"messages_held", "Times that a message was made to wait: for the worker's hours, window, template, quota.", byReason},
	{"messages_maybe_twice", "Messages sent again of which nobody knows whether they had arrived.", byChannel},
	{"messages_refused", "Requests to send that the platform refused.", byReason},
	{"messages_retried", "Requests to send that failed and are made again.", byChannel},
	{"messages_sent", "Requests to send that the platform took.", byChannel},
	{"messages_unknown", "Requests to send of which nobody knows what became.", byChannel},
	{"rate_waits", "Requests to send that waited for the rate of the channel or of one worker.", []string{"channel", "of"}},
	{"steps_failed", "Faults of a flow that were caught: the worker was asked to try again.", []string{"state"}},
	{"store_failures", "Proofs of the store that failed.", nil},
	{"templates_sent", "Templates that ask a worker to look.", byChannel},
	{"texts_missing", "Texts that a language does not have.", []string{"text"}},
	{"updates_brought", "Pages of conversations that were handed an update.", []string{"kind"}},
	{"webhooks", "Webhooks that were kept and answered with 200.", byChannel},
	{"webhooks_forged", "Webhooks without the platform's proof, answered with 403.", byChannel},
	{"webhooks_unreadable", "Webhooks that the platform signed and that cannot be read.", byChannel},
	{"webhooks_unstored", "Webhooks answered with 503, which the platform repeats: the store did not keep them.", byChannel},
}

// reasons are the values of the label reason in what platforms refuse.
var reasons = []channels.Reason{channels.Busy, channels.Unreachable, channels.OutOfWindow, channels.Rejected, channels.NoQuota, channels.Misset, channels.Stranger}

// figures are counters since the start, by name and labels, and times taken.
type figures struct {
	mu sync.Mutex
	n  map[figure]int64

	turns, commits times
	hooks, sends   map[channels.ID]*times // made once, for every channel
}

// room makes room for the times of a channel.
func (f *figures) room(id channels.ID) {
	if f.hooks == nil {
		f.hooks, f.sends = make(map[channels.ID]*times), make(map[channels.ID]*times)
	}
	f.hooks[id], f.sends[id] = new(times), new(times)
}

type figure struct {
	name   string
	labels [2]string
}

// count adds one to a counting, with a value for each of its labels.
func (e *Engine) count(name string, labels ...string) {
	f := figure{name: name}
	copy(f.labels[:], labels)
	e.figures.mu.Lock()
	defer e.figures.mu.Unlock()
	if e.figures.n == nil {
		e.figures.n = make(map[figure]int64)
	}
	e.figures.n[f]++
}

// Counted returns a counter since the start, over all labels.
func (e *Engine) Counted(name string) (n int64) {
	e.figures.mu.Lock()
	defer e.figures.mu.Unlock()
	for f, v := range e.figures.n {
		if f.name == name {
			n += v
		}
	}
	return n
}

// bounds are those of what times are sorted into, in milliseconds: from a
// commit on a good disk to a platform that does not answer.
var bounds = [...]int64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000}

// Times are how long something takes. They may be used by several
// goroutines at once.
type times struct {
	in    [len(bounds) + 1]atomic.Int64 // how many took so long
	nanos atomic.Int64                  // all together
}

// since notes that something which began at t has come to its end.
func (s *times) since(t time.Time) {
	d := time.Since(t)
	i := 0
	for i < len(bounds) && d > time.Duration(bounds[i])*time.Millisecond {
		i++
	}
	s.in[i].Add(1)
	s.nanos.Add(int64(d))
}

// Metrics writes counters and times since the start in the text form that
// Prometheus reads. It asks neither the store nor a platform.
func (e *Engine) Metrics(w io.Writer) error {
	e.figures.mu.Lock()
	n := maps.Clone(e.figures.n)
	e.figures.mu.Unlock()
	for _, c := range countings { // what has not happened yet counts from zero
		for _, labels := range e.known(c) {
			f := figure{name: c.name}
			copy(f.labels[:], labels)
			if _, ok := n[f]; !ok {
				if n == nil {
					n = make(map[figure]int64)
				}
				n[f] = 0
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(n), func(a, b figure) int { return slices.Compare(a.labels[:], b.labels[:]) })
	out := NewTable(w)
	for _, c := range countings {
		out.Family("voice_"+c.name+"_total", "counter", c.help)
		for _, f := range keys {
			if f.name == c.name {
				out.Line("", float64(n[f]), pairs(c.by, f.labels[:])...)
			}
		}
	}
	out.Family("voice_turn_seconds", "histogram", "Time from the beginning of a turn until it is kept.")
	out.span(&e.figures.turns)
	out.Family("voice_commit_seconds", "histogram", "Time in which the store keeps a turn, part of voice_turn_seconds.")
	out.span(&e.figures.commits)
	out.Family("voice_webhook_seconds", "histogram", "Time until a webhook that was kept is answered.")
	for _, id := range e.channels() {
		out.span(e.figures.hooks[id], "channel", string(id))
	}
	out.Family("voice_send_seconds", "histogram", "Time that the platform takes for a request to send.")
	for _, id := range e.channels() {
		out.span(e.figures.sends[id], "channel", string(id))
	}
	return out.Flush()
}

// known returns the labels under which c is certain to be counted some day.
func (e *Engine) known(c counting) (all [][]string) {
	switch {
	case c.by == nil:
		return [][]string{nil}
	case c.by[0] != "channel":
		return nil
	}
	for _, id := range e.channels() {
		switch {
		case len(c.by) == 1:
			all = append(all, []string{string(id)})
		case c.name == "messages_refused" || c.name == "messages_given_up":
			for _, r := range reasons {
				all = append(all, []string{string(id), string(r)})
			}
		}
	}
	return all
}

// channels returns the channels that are set up, in order.
func (e *Engine) channels() []channels.ID { return slices.Sorted(maps.Keys(e.senders)) }

func pairs(names, values []string) (ps []string) {
	for i, n := range names {
		ps = append(ps, n, values[i])
	}
	return ps
}

// A Table is written in the text form that Prometheus reads. Its first error is
// returned by Flush.
type Table struct {
	w    *bufio.Writer
	name string // of the family that is being written
}

// NewTable returns a table that is written to w.
func NewTable(w io.Writer) *Table { return &Table{w: bufio.NewWriter(w)} }

// Family begins a family of figures. Its kind is counter, gauge or histogram.
func (t *Table) Family(name, kind, help string) {
	t.name = name
	t.text("# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n")
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Line adds a figure to the family, under its name and suffix. Labels are names
// and values in turn.
func (t *Table) Line(suffix string, v float64, labels ...string) {
	t.text(t.name, suffix)
	for i := 0; i+1 < len(labels); i += 2 {
		open := ","
		if i == 0 {
			open = "{"
		}
		t.text(open, labels[i], `="`, escape.Replace(labels[i+1]), `"`)
	}
	if len(labels) > 1 {
		t.text("}")
	}
	t.text(" ", strconv.FormatFloat(v, 'f', -1, 64), "\n")
}

// span adds a histogram to the family.
func (t *Table) span(s *times, labels ...string) {
	n := int64(0)
	for i, b := range bounds {
		n += s.in[i].Load()
		t.Line("_bucket", float64(n), append(slices.Clone(labels), "le", strconv.FormatFloat(float64(b)/1000, 'f', -1, 64))...)
	}
	n += s.in[len(bounds)].Load()
	t.Line("_bucket", float64(n), append(slices.Clone(labels), "le", "+Inf")...)
	t.Line("_sum", time.Duration(s.nanos.Load()).Seconds(), labels...)
	t.Line("_count", float64(n), labels...)
}

func (t *Table) text(parts ...string) {
	for _, p := range parts {
		t.w.WriteString(p) //nolint:errcheck // Flush returns it
	}
}

// Flush writes what is left, and returns the first error.
func (t *Table) Flush() error { return t.w.Flush() }
