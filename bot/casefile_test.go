package bot

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

// reported1 plays a worker of the clinic who reports late pay with a photo, and
// returns the case.
func (s *stage) reported1() cases.ID {
	s.Helper()
	s.e.Store.Home(clerk.Org)
	for _, w := range []string{"hi", "[language:en]", "[safety:yes]", "[consent:agree]", "[menu:report]", "[problem:pay]", "[sub:pay.late]", "[more:no_more]"} {
		s.say("w", w)
	}
	s.hear(s.event("w", channels.Event{Media: []channels.Media{{Ref: "photo", Type: "image/jpeg"}}}))
	s.say("w", "The supervisor Ko Htun keeps our bank cards in his drawer.")
	s.say("w", "[quick:send_now]")
	ids := s.cases()
	if len(ids) != 1 {
		s.Fatal("there is no case", ids)
	}
	return ids[0]
}

var (
	clerk  = cases.Caseworker{ID: "nay", Org: "clinic", Role: cases.Helper}
	leader = cases.Caseworker{ID: "head", Org: "clinic", Role: cases.Supervisor}
	alien  = cases.Caseworker{ID: "om", Org: "union", Role: cases.Supervisor}
)

func TestCaseFile(t *testing.T) {
	s := newStage(t, infoOf(t, "telegram"))
	ctx := context.Background()
	id := s.reported1()
	original := photo(t, 6)
	added, err := s.e.AddEvidence(ctx, clerk, id, "k", "the gate", "image/jpeg", bytes.NewReader(original))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(original)
	if added.Sum != hex.EncodeToString(sum[:]) {
		t.Error("the sum of the original is another one")
	}
	es, _, err := s.e.Store.Evidence(ctx, clerk, id, 0, 10)
	if err != nil || len(es) != 2 || es[0].Worker == "" || es[0].Sum == "" || es[1].By != clerk.ID || es[1].Note != "the gate" || es[1].Sum != added.Sum {
		t.Fatalf("%+v, %v", es, err)
	}
	var out bytes.Buffer
	until := s.Now().AddDate(0, 1, 0)
	if err := s.e.ExportCase(ctx, clerk, id, cases.Export{Purpose: "labour court", Until: until}, cases.Caseworker{}, &out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got[f.Name], []byte(secret)) {
			t.Errorf("%s holds what the phone wrote into the picture", f.Name)
		}
	}
	var m manifest
	if err := json.Unmarshal(got["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	if m.Purpose != "labour court" || !m.Until.Equal(until) || len(m.Files) != 3 || !m.Files[1].Clean || m.Files[1].Original != added.Sum || m.Files[0].Clean || m.Files[0].Note == "" {
		t.Errorf("%+v", m)
	}
	for _, f := range m.Files {
		if sum := sha256.Sum256(got[f.Name]); hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("the sum of %s is another one", f.Name)
		}
	}
	if page := string(got["timeline.html"]); !strings.Contains(page, "labour court") || !strings.Contains(page, "keeps our bank cards") || strings.Contains(page, "<script") {
		t.Error("the timeline lacks something:\n" + page)
	}
	trail, err := s.e.Store.Audit(ctx, clerk, id, 50)
	if err != nil || !strings.Contains(strings.Join(whats(trail), "|"), "exported for labour court") {
		t.Errorf("nobody noted it: %v, %v", whats(trail), err)
	}
}

func whats(es []store.AuditEntry) (ws []string) {
	for _, e := range es {
		ws = append(ws, e.What)
	}
	return ws
}

func TestNoCaseFile(t *testing.T) {
	s := newStage(t, infoOf(t, "telegram"))
	ctx := context.Background()
	s.crowd("cbig", 11)
	x := cases.Export{Purpose: "labour court", Until: s.Now().AddDate(0, 1, 0)}
	for name, c := range map[string]struct {
		by, second cases.Caseworker
		x          cases.Export
	}{
		"alone":                {clerk, cases.Caseworker{}, x},
		"with oneself":         {leader, leader, x},
		"with a colleague":     {clerk, cases.Caseworker{ID: "aung", Org: "clinic", Role: cases.Helper}, x},
		"with another's":       {clerk, alien, x},
		"for nothing":          {clerk, leader, cases.Export{Until: x.Until}},
		"for ever":             {clerk, leader, cases.Export{Purpose: "court"}},
		"another organisation": {alien, leader, x},
	} {
		var out bytes.Buffer
		if err := s.e.ExportCase(ctx, c.by, "cbig", c.x, c.second, &out); err == nil || out.Len() > 0 {
			t.Errorf("%s: %d bytes left the system, %v", name, out.Len(), err)
		}
	}
	if err := s.e.ExportCase(ctx, clerk, "cbig", x, leader, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestLetterOfCase(t *testing.T) {
	s := newStage(t, infoOf(t, "telegram"))
	ctx := context.Background()
	if err := s.e.Store.PutOrganisation(ctx, bySelf, cases.Organisation{ID: "clinic", Name: "Sunrise Legal Aid"}); err != nil {
		t.Fatal(err)
	}
	id := s.reported1()
	w := flows.Wanted{Lang: "en", To: cases.Employer, Addressee: "The Manager", From: flows.Month{Year: 2026, Month: time.September}, Until: flows.Month{Year: 2026, Month: time.November},
		Asks: []string{"pay"}, Due: s.Now().AddDate(0, 0, 10)}
	_, _, err := s.e.Letter(ctx, clerk, id, "1", w)
	if !errors.Is(err, flows.ErrLetter) {
		t.Errorf("a letter that no worker agreed to: %v", err)
	}
	if _, err := s.e.Do(ctx, clerk, cases.Entry{Case: id, Kind: cases.Chose, Member: s.member(id), Trigger: "raise yes", Reason: "on the telephone"}); err != nil {
		t.Fatal(err)
	}
	w.Added = "We hear that a supervisor keeps our bank cards in his drawer."
	_, found, err := s.e.Letter(ctx, clerk, id, "2", w)
	if !errors.Is(err, flows.ErrNames) || len(found) == 0 || found[0].Why != "quote" {
		t.Errorf("a worker's own words: %v, %v", found, err)
	}
	w.Added = ""
	if _, _, err := s.e.Letter(ctx, clerk, id, "3", w); err == nil {
		t.Error("a helper alone writes to an employer who may guess who it was")
	}
	if _, err := s.e.Do(ctx, clerk, cases.Entry{Case: id, Kind: cases.Chose, Member: s.member(id), Trigger: "guess yes", Reason: "on the telephone"}); err != nil {
		t.Fatal(err)
	}
	page, _, err := s.e.Letter(ctx, leader, id, "3", w)
	if err != nil || !strings.Contains(page.String(), "Several workers") || strings.Contains(page.String(), cases.RefOf(id)) {
		t.Errorf("%v\n%s", err, page)
	}
	if _, _, err := s.e.Letter(ctx, alien, id, "4", w); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another organisation's letter: %v", err)
	}
	es, err := s.e.Store.Timeline(ctx, clerk, id, 0, 100)
	if err != nil || es[len(es)-1].Kind != cases.Lettered {
		t.Errorf("nobody noted it: %v", err)
	}
}

// member is the first worker of a case.
func (s *stage) member(id cases.ID) cases.WorkerID {
	s.Helper()
	ms, _, err := s.e.Store.MembersOf(context.Background(), id, store.Cursor{}, 1)
	if err != nil || len(ms) == 0 {
		s.Fatal("nobody takes part", err)
	}
	return ms[0].Worker
}
