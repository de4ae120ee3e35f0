package store

import (
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// How passwords are kept: Argon2id with 64 MiB, three passes and four lanes,
// the second recommended setting of RFC 9106, section 4. It takes a tenth of a
// second or more, so that few can be tried even by who has stolen the store
// and the master key.
const (
	passes     = 3
	mebibytes  = 64
	lanes      = 4
	saltLength = 16
	hashLength = 32
)

// Limits of a password, in characters. Long sentences are welcome.
const (
	MinPassword = 12
	MaxPassword = 200
)

// hashing is how many passwords are worked on at a time: each takes 64 MiB.
var hashing = make(chan struct{}, 2)

// A password is what is kept of one. The parameters are kept too, so that they
// can be raised without everybody choosing a new one.
type password struct {
	Salt, Hash         []byte
	Passes, KiB, Lanes uint32
}

// hashPassword returns what to keep of a password.
func hashPassword(plain string) password {
	p := password{Salt: make([]byte, saltLength), Passes: passes, KiB: mebibytes << 10, Lanes: lanes}
	rand.Read(p.Salt)
	p.Hash = p.of(plain)
	return p
}

// of hashes a password as p was. Keyboards differ in how they write the same
// letters, so those are brought to one form first.
func (p password) of(plain string) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(norm.NFKC.String(plain)), p.Salt, p.Passes, p.KiB, uint8(p.Lanes), hashLength)
}

// is reports whether plain is the password. Without one it takes as long and
// says no, so that nobody learns from the time whether there is an account.
func (p password) is(plain string) bool {
	if len(p.Hash) == 0 {
		hashPassword(plain)
		return false
	}
	return subtle.ConstantTimeCompare(p.of(plain), p.Hash) == 1
}

// common are passwords and parts of them that are tried first everywhere.
var common = []string{"password", "passw0rd", "qwerty", "12345", "abcdef", "letmein", "iloveyou", "welcome", "workervoice", "111111", "000000"}

// GoodPassword reports whether a password may be used by somebody who signs in
// as login: long enough, not one that everybody tries first, and not made of
// the login or of one thing said over and over.
func GoodPassword(plain, login string) bool {
	n := utf8.RuneCountInString(plain)
	if n < MinPassword || n > MaxPassword {
		return false
	}
	rest := strings.ToLower(plain)
	name, _, _ := strings.Cut(strings.ToLower(login), "@")
	for _, c := range append([]string{name}, common...) {
		if len(c) > 3 {
			rest = strings.ReplaceAll(rest, c, "")
		}
	}
	different := map[rune]bool{}
	for _, r := range rest {
		different[r] = true
	}
	return utf8.RuneCountInString(rest) >= MinPassword/2 && len(different) >= 5
}
