package flows

import (
	"slices"
	"strings"

	"github.com/looplab/fsm"
)

// Diagram draws the conversation in Mermaid's language: the table of what
// follows what, without the ways back, the changes of single answers and the
// commands that lead from everywhere to everywhere.
func Diagram() string {
	var es fsm.Events
	for _, e := range transitions(intake) {
		_, asks := find(State(e.Src[0]))
		if strings.HasPrefix(e.Name, "to ") || strings.HasPrefix(e.Name, "edit ") || e.Name == back || e.Name == finish && asks {
			continue
		}
		es = append(es, e)
	}
	s, err := fsm.VisualizeForMermaidWithGraphType(fsm.NewFSM(string(conversation.initial), es, nil), fsm.StateDiagram)
	if err != nil { // only for a kind of graph that does not exist
		panic(err)
	}
	return s
}

// States returns every state that a session can stand in, sorted.
func States() (ss []State) {
	for s := range screens {
		ss = append(ss, s)
	}
	slices.Sort(ss)
	return ss
}
