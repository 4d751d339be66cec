package sanitize

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN KEY-----\r\n  MIIB\tabc\"def\\ghi==\n\n-----END KEY-----"
	m := NewMask([]byte("tok-0123456789"), []byte("tok-0123456789-more"), []byte("more-and-over"), []byte("123"), []byte("pässwörd & Co"), []byte(pem), nil, []byte("aaaa"))
	quoted, _ := json.Marshal(map[string]string{"x": "pässwörd & Co", "key": pem})
	for in, want := range map[string]string{
		"":                               "",
		"plain 123 tok-012345678":        "plain 123 tok-012345678",
		"a tok-0123456789 b":             "a *** b",
		"tok-0123456789tok-0123456789":   "******",
		"tok-0123456789-mor":             "***-mor",
		"tok-0123456789-more.":           "***.",
		"tok-0123456789-more-and-over.":  "***.",
		"aaaaaaaaa b aaa":                "*** b aaa",
		"an pässwörd & Co":               "an ***",
		pem:                              "***\r\n  ***\n\n***",
		string(quoted):                   `{"key":"***\r\n  ***\n\n***","x":"***"}`,
		fmt.Sprintf("%q", pem):           `"***\r\n  ***\n\n***"`,
		url.QueryEscape("pässwörd & Co"): "***",
		url.PathEscape("pässwörd & Co"):  "***",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for _, secret := range []string{"tok-0123456789", pem} {
		for _, around := range []string{"", "u:", "user:", "x", "name="} {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
				text := encoding.EncodeToString([]byte(around + secret + around))
				got := m.String("Basic " + text)
				// Up to two characters at each end are made of the neighbours too.
				if len(strings.ReplaceAll(got, hidden, "")) > len("Basic ")+2*len(around)*4/3+10 || !strings.Contains(got, hidden) {
					t.Errorf("%q with %q around in base64 is %q", secret, around, got)
				}
			}
		}
	}
	if NewMask() != nil || NewMask([]byte("abc"), nil) != nil {
		t.Error("there is a mask of nothing")
	}
}

// TestMaskOfNothing: without secrets nothing changes.
func TestMaskOfNothing(t *testing.T) {
	t.Parallel()
	var m *Mask
	f := m.Filter()
	err := errors.New("x")
	if m.String("a") != "a" || !errors.Is(m.Error(err), err) || string(f.Flush(f.Append(nil, []byte("a")))) != "a" {
		t.Error("it covers something")
	}
}

func TestMaskError(t *testing.T) {
	t.Parallel()
	err := NewMask([]byte("hunter22")).Error(fmt.Errorf("opening hunter22: %w", fs.ErrNotExist))
	if err.Error() != "opening ***: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is %v", err)
	}
}

// FuzzMask: whatever comes in which parts, no secret goes out, and all else does.
func FuzzMask(f *testing.F) {
	f.Add("secret", "other secret", "a secret b other secret", uint8(3))
	f.Add("abab", "babac", "xababacababab", uint8(1))
	f.Add("aaaa", "aaaaaaab", "aaaaaaaaaaab aaab", uint8(2))
	f.Add("a\nbcde", "q\"uote", `bcdeq\"uote`, uint8(7))
	f.Fuzz(func(t *testing.T, one, other, text string, size uint8) {
		m := NewMask([]byte(one), []byte(other))
		if m == nil {
			return
		}
		filter, got := m.Filter(), []byte(nil)
		for rest := text; rest != ""; {
			n := min(len(rest), int(size%16)+1)
			got = filter.Append(got, []byte(rest[:n]))
			rest = rest[n:]
		}
		got = filter.Flush(got)
		if whole := m.String(text); whole != string(got) {
			t.Fatalf("in parts of %d it is %q, at once %q", size%16+1, got, whole)
		}
		// The same by looking for each text at each place.
		covered := make([]bool, len(text))
		for _, texts := range m.texts {
			for _, secret := range texts {
				for at := range text {
					if strings.HasPrefix(text[at:], secret) {
						for i := range secret {
							covered[at+i] = true
						}
					}
				}
			}
		}
		var left strings.Builder
		for i := range len(text) {
			if !covered[i] {
				left.WriteByte(text[i])
			}
		}
		if without := strings.ReplaceAll(string(got), hidden, ""); !strings.Contains(text, "*") && without != left.String() {
			t.Errorf("%q is %q, without what is covered %q, want %q", text, got, without, left.String())
		}
	})
}

func BenchmarkMask(b *testing.B) {
	m := NewMask([]byte("tok-0123456789"), []byte(strings.Repeat("a line of a key, of which there are many\n", 40)))
	text := strings.Repeat("test result: ok. 12 passed; 0 failed; finished in 0.01s\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_ = m.String(text)
	}
}
