package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as every authenticator app does it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// step is how long a code of six digits is shown (RFC 6238, section 5.2).
const step = 30 * time.Second

// newSecret returns what an authenticator app is given: 160 bits, as RFC 4226,
// section 4, recommends.
func newSecret() []byte {
	b := make([]byte, 20)
	rand.Read(b)
	return b
}

// SecretText writes a secret as authenticator apps take it by hand.
func SecretText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// SecretLink returns the address that sets up an authenticator app. It is
// shown as a code to scan and never logged.
func SecretLink(secret []byte, issuer, login string) string {
	return "otpauth://totp/" + url.PathEscape(issuer+":"+login) + "?" + url.Values{"secret": {SecretText(secret)}, "issuer": {issuer}}.Encode()
}

// Code returns the six digits of a secret at a time.
func Code(secret []byte, at time.Time) string {
	return codeAt(secret, at.Unix()/int64(step/time.Second))
}

// codeAt is HOTP (RFC 4226, section 5.3) of a step of time.
func codeAt(secret []byte, n int64) string {
	m := hmac.New(sha1.New, secret)
	var count [8]byte
	binary.BigEndian.PutUint64(count[:], uint64(n))
	m.Write(count[:])
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// match returns the step of time whose code was given: this one or its
// neighbours, as clocks differ, but none up to last, so that no code is of use
// to who has looked over a shoulder. It returns 0 if there is none.
func match(secret []byte, given string, at time.Time, last int64) int64 {
	given = digits(given)
	now := at.Unix() / int64(step/time.Second)
	for n := now - 1; n <= now+1; n++ {
		if n > last && len(secret) > 0 && subtle.ConstantTimeCompare([]byte(codeAt(secret, n)), []byte(given)) == 1 {
			return n
		}
	}
	return 0
}

// digits returns what somebody typed without spaces, and in ASCII where they
// typed digits of their own script.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{'0', '၀', '០', '०', '๐'} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
}
