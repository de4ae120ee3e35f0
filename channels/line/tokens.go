package line

import (
	"sync"
	"time"
)

// tokens remembers for a while what this process did with reply tokens. LINE
// takes a token once and says the same of a used one and of an old one, so
// without this a message could take another's reply for its own. Losing it
// costs no more than a request.
type tokens struct {
	mu      sync.Mutex
	fresh   map[string]use
	old     map[string]use
	rotated time.Time
}

// A use is what became of a reply token.
type use struct {
	key  string   // the request that tried it; empty: LINE refused the token
	ids  []string // what it delivered, once known
	done bool
}

// remember is longer than any reply token lives: twenty minutes from its event.
const remember = 20 * time.Minute

// try asks to use token for the request called key. It returns what that
// request has delivered with it already, or false if the token is of no use.
func (t *tokens) try(token, key string, now time.Time) (use, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.rotated) > remember {
		t.old, t.fresh, t.rotated = t.fresh, map[string]use{}, now
	}
	u, known := t.fresh[token]
	if !known {
		u, known = t.old[token]
	}
	if known {
		return u, u.key == key
	}
	t.fresh[token] = use{key: key}
	return t.fresh[token], true
}

// set writes down what became of token.
func (t *tokens) set(token string, u use) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fresh[token] = u
}

// release says that token was certainly not used after all.
func (t *tokens) release(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.fresh, token)
	delete(t.old, token)
}
