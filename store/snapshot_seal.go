package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// A Secret seals backups and opens them. It is not the master key: whoever has
// a backup and its secret learns when how much happened, and no word, name or
// number.
type Secret struct {
	to  []age.Recipient
	ids []age.Identity
}

// magic line of an envelope, before what age writes.
const envelope = "workervoice backup 1\n"

// shortest is how many characters a passphrase has at least.
const shortest = 20

// Errors of an envelope.
var (
	// ErrSecret means that a backup was sealed with another secret.
	ErrSecret = errors.New("store: the backup does not open with this backup key or passphrase: use the one that it was made with")

	// ErrNoBackup means that a file is something else, or was changed at its beginning.
	ErrNoBackup = errors.New("store: this is no backup of workervoice: look whether it is the right file")
)

// NewSecret returns the text of a new secret, which also withstands computers
// that do not exist yet: backups are copied and kept for long.
func NewSecret() (string, error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", err
	}
	return "# Opens the backups of workervoice: keep a copy elsewhere, and not beside them.\n# " +
		"A machine that only makes backups can do with this line: " + id.Recipient().String() + "\n" + id.String() + "\n", nil
}

// ParseSecret reads what a file with a backup secret holds: an age identity
// (AGE-SECRET-KEY-...), which makes and opens backups; age recipients (age1...),
// which only make them; or else a passphrase of 20 characters or more. What a
// recipient has sealed, age opens too, after the first line.
func ParseSecret(text string) (s Secret, err error) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return s, errors.New("store: the file of the backup key is empty: give a key or a passphrase")
	}
	switch first := lines[0]; {
	case strings.HasPrefix(first, "AGE-SECRET-KEY-"):
		s.ids, err = age.ParseIdentities(strings.NewReader(strings.Join(lines, "\n")))
		for _, id := range s.ids {
			switch id := id.(type) {
			case *age.X25519Identity:
				s.to = append(s.to, id.Recipient())
			case *age.HybridIdentity:
				s.to = append(s.to, id.Recipient())
			}
		}
	case strings.HasPrefix(first, "age1"):
		s.to, err = age.ParseRecipients(strings.NewReader(strings.Join(lines, "\n")))
	case len(lines) > 1 || len([]rune(first)) < shortest:
		return s, fmt.Errorf("store: a backup passphrase is one line of at least %d characters: six words chosen by dice will do", shortest)
	default:
		return phrase(first)
	}
	if err != nil {
		return s, errors.New("store: the backup key cannot be read: put back the copy that was kept")
	}
	return s, nil
}

func phrase(text string) (s Secret, err error) {
	r, err := age.NewScryptRecipient(text)
	if err != nil {
		return s, err
	}
	id, err := age.NewScryptIdentity(text)
	return Secret{[]age.Recipient{r}, []age.Identity{id}}, err
}

// Seal returns a writer whose content only those can read who have the secret,
// and nobody can change unseen: neither a bit, nor the order, nor the end. It
// must be closed for the content to be whole.
func (s Secret) Seal(w io.Writer) (io.WriteCloser, error) {
	if _, err := io.WriteString(w, envelope); err != nil {
		return nil, err
	}
	return age.Encrypt(w, s.to...)
}

// Open returns what was sealed. Reading fails with ErrCut where it was changed.
func (s Secret) Open(r io.Reader) (io.Reader, error) {
	if len(s.ids) == 0 {
		return nil, errors.New("store: this key only makes backups: restore with the secret one, which begins with AGE-SECRET-KEY-")
	}
	in := &faults{r: r}
	b := bufio.NewReader(in)
	first, err := b.Peek(len(envelope))
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(first) != envelope {
		known := envelope[:len(envelope)-len("1\n")]
		if strings.HasPrefix(string(first), known) {
			return nil, errors.New("store: the backup was written by a newer program: start that one")
		}
		return nil, ErrNoBackup
	}
	b.Discard(len(envelope)) //nolint:errcheck // it was just seen
	plain, err := age.Decrypt(b, s.ids...)
	var other *age.NoIdentityMatchError
	switch {
	case in.err != nil:
		return nil, in.err
	case errors.As(err, &other):
		return nil, ErrSecret
	case err != nil:
		return nil, ErrCut
	}
	return &payload{plain, in}, nil
}

// faults remembers that a reader failed, to tell that from what it read.
type faults struct {
	r   io.Reader
	err error
}

func (f *faults) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

type payload struct {
	r  io.Reader
	in *faults
}

func (p *payload) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	switch {
	case err == nil || err == io.EOF:
	case p.in.err != nil:
		err = fmt.Errorf("store: the backup cannot be read: %w", p.in.err)
	default:
		err = ErrCut
	}
	return n, err
}
