package sanitize

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
)

// hidden stands in the place of what is masked.
const hidden = "***"

const (
	// leastSecret is the length in bytes below which a text is left: it would
	// be masked everywhere.
	leastSecret = 4
	// leastEncoded is the same for base64, of which parts are looked for.
	leastEncoded = 8
)

// Mask covers the values of secrets in text. Nil covers nothing.
type Mask struct {
	// texts are what is looked for, by their first bytes.
	texts map[[leastSecret]byte][]string
	// starts are the beginnings of texts that are shorter than that.
	starts map[string]bool
}

// NewMask returns a mask for values: for their lines, as they are, as a string of
// JSON or Rust has them, and as URLs have them, and for the values in base64. It
// is nil if there is nothing to look for.
func NewMask(values ...[]byte) *Mask {
	m := &Mask{texts: map[[leastSecret]byte][]string{}, starts: map[string]bool{}}
	for _, value := range values {
		for line := range strings.SplitSeq(string(value), "\n") {
			m.line(strings.Trim(line, " \t\r"))
		}
		m.encoded(value)
		m.encoded(bytes.TrimSpace(value))
	}
	if len(m.texts) == 0 {
		return nil
	}
	return m
}

func (m *Mask) line(text string) {
	if len(text) < leastSecret {
		return
	}
	m.add(text)
	m.add(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(text))
	if quoted, err := json.Marshal(text); err == nil {
		m.add(strings.Trim(string(quoted), `"`))
	}
	m.add(url.QueryEscape(text))
	m.add(url.PathEscape(text))
}

// encoded adds a value in base64: in lines as programs break them, and within
// something longer, where it can begin at any of three places.
func (m *Mask) encoded(value []byte) {
	if len(value) < leastSecret {
		return
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for _, width := range []int{64, 76} {
			for part := range slices.Chunk([]byte(encoding.EncodeToString(value)), width) {
				m.addEncoded(string(part))
			}
		}
		for shift := range 3 {
			text := encoding.EncodeToString(append(make([]byte, shift), value...))
			// What the bytes around it have a share in is not looked for.
			text = text[(shift*8+5)/6 : (shift+len(value))*8/6]
			m.addEncoded(text)
		}
	}
}

func (m *Mask) addEncoded(text string) {
	if len(text) >= leastEncoded {
		m.add(text)
	}
}

func (m *Mask) add(text string) {
	if len(text) < leastSecret {
		return
	}
	key := [leastSecret]byte([]byte(text))
	if slices.Contains(m.texts[key], text) {
		return
	}
	m.texts[key] = append(m.texts[key], text)
	for n := 1; n < leastSecret; n++ {
		m.starts[text[:n]] = true
	}
}

// String returns s with what is to be covered covered.
func (m *Mask) String(s string) string {
	if m == nil {
		return s
	}
	f := m.Filter()
	return string(f.Flush(f.Append(nil, []byte(s))))
}

// Error returns err with a text that is covered.
func (m *Mask) Error(err error) error {
	if m == nil || err == nil {
		return err
	}
	text := m.String(err.Error())
	if text == err.Error() {
		return err
	}
	return masked{text, err}
}

// masked is an error with another text.
type masked struct {
	text string
	err  error
}

func (e masked) Error() string { return e.text }

// Is and As see what the error wraps; its text is not to be had by Unwrap.
func (e masked) Unwrap() error { return e.err }

// Filter returns a filter for a text that comes in parts.
func (m *Mask) Filter() *MaskFilter { return &MaskFilter{mask: m} }

// MaskFilter is the state of a text that comes in parts.
type MaskFilter struct {
	mask *Mask
	// held is the end of the text, which may be the beginning of what is to be
	// covered; the first covered bytes of it are.
	held    []byte
	covered int
}

// Append appends what can be told of a part of the text to out.
func (f *MaskFilter) Append(out, part []byte) []byte {
	if f.mask == nil {
		return append(out, part...)
	}
	return f.scan(out, append(f.held, part...), false)
}

// Flush appends what was held back at the end of the text. The filter is then as
// new.
func (f *MaskFilter) Flush(out []byte) []byte {
	if f.mask == nil {
		return out
	}
	out = f.scan(out, f.held, true)
	f.held, f.covered = nil, 0
	return out
}

// scan appends what is known of text and holds the rest. Every place is looked at,
// those that are covered too: two secrets may overlap.
func (f *MaskFilter) scan(out, text []byte, last bool) []byte {
	at := 0
	for ; at < len(text); at++ {
		length, open := f.mask.at(text[at:])
		if open && !last {
			break
		}
		if length > 0 && f.covered == 0 {
			out = append(out, hidden...)
		}
		f.covered = max(f.covered, length)
		if f.covered > 0 {
			f.covered--
		} else {
			out = append(out, text[at])
		}
	}
	f.held = slices.Clone(text[at:])
	return out
}

// at is the length of the longest text to cover that begins here, 0 for none, and
// whether a longer one could, if more followed.
func (m *Mask) at(text []byte) (length int, open bool) {
	if len(text) < leastSecret {
		return 0, m.starts[string(text)]
	}
	for _, secret := range m.texts[[leastSecret]byte(text)] {
		switch {
		case len(secret) <= len(text):
			if length < len(secret) && string(text[:len(secret)]) == secret {
				length = len(secret)
			}
		case secret[:len(text)] == string(text):
			open = true
		}
	}
	return length, open
}

// MaskWriter is an [io.Writer] that covers what goes through it.
type MaskWriter struct {
	to     io.Writer
	filter *MaskFilter
}

// Writer returns a writer to w.
func (m *Mask) Writer(w io.Writer) *MaskWriter { return &MaskWriter{w, m.Filter()} }

// Write takes a part of the text.
func (w *MaskWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(w.filter.Append(nil, text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close writes what was held back. It does not close what is written to.
func (w *MaskWriter) Close() error {
	_, err := w.to.Write(w.filter.Flush(nil))
	return err
}
