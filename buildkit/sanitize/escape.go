package sanitize

import (
	"slices"
	"strconv"
	"strings"
)

// state is where in an escape sequence of ECMA-48 the text is.
type state int

const (
	outside state = iota
	// escape is after ESC, intermediate after what selects character sets and
	// the like.
	escape
	intermediate
	// control is in a control sequence: colours, cursor movement, erasure.
	control
	// text is in a string for the terminal: window titles, the clipboard,
	// hyperlinks, device control; textEscape is after ESC in one.
	text
	textEscape
)

const (
	esc      = '\x1b'
	nextLine = '\u0085'
	csi      = '\u009b'
	// st ends a string.
	st = '\u009c'
	// maxParams is the longest list of parameters that can be a colour.
	maxParams = 64
	reset     = "\x1b[0m"
)

// escaped takes a character. All of an escape sequence is dropped but colours.
// One that does not end is over where it cannot go on, at the end of the line
// at the latest: it must not hide what follows.
func (f *Filter) escaped(out []byte, r rune) []byte {
	switch f.state {
	case outside:
		return f.begin(out, r)
	case escape:
		return f.afterEscape(out, r)
	case intermediate:
		switch {
		case r >= 0x20 && r <= 0x2f:
			return out
		case r >= 0x30 && r <= 0x7e:
			f.state = outside
			return out
		}
	case control:
		switch {
		case r >= 0x20 && r <= 0x3f:
			if len(f.params) <= maxParams {
				f.params = append(f.params, byte(r))
			}
			return out
		case r >= 0x40 && r <= 0x7e:
			f.state = outside
			if r == 'm' && f.Colors {
				return f.paint(out)
			}
			return out
		}
	case text:
		switch r {
		case '\a', st, '\x18', '\x1a':
			f.state = outside
			return out
		case esc:
			f.state = textEscape
			return out
		case '\n':
		default:
			return out
		}
	case textEscape:
		f.state = escape
		return f.afterEscape(out, r)
	}
	f.state = outside
	return f.begin(out, r)
}

// begin takes a character that may begin a sequence. Some have a character of
// their own in place of ESC and a letter.
func (f *Filter) begin(out []byte, r rune) []byte {
	switch r {
	case esc:
		f.state = escape
	case csi:
		f.state, f.params = control, nil
	case '\u0090', '\u0098', '\u009d', '\u009e', '\u009f':
		f.state = text
	default:
		return f.ground(out, r)
	}
	return out
}

func (f *Filter) afterEscape(out []byte, r rune) []byte {
	switch {
	case r == '[':
		f.state, f.params = control, nil
	case strings.ContainsRune("]PX^_k", r):
		f.state = text
	case r >= 0x20 && r <= 0x2f:
		f.state = intermediate
	case r >= 0x30 && r <= 0x7e:
		f.state = outside
	default:
		f.state = outside
		return f.begin(out, r)
	}
	return out
}

// paint appends the harmless part of a colour: no backgrounds, no black and
// nothing else that hides text.
func (f *Filter) paint(out []byte) []byte {
	if len(f.params) > maxParams {
		return out
	}
	given := strings.Split(string(f.params), ";")
	var kept []string
	for len(given) > 0 {
		size := 1
		switch param := given[0]; param {
		case "", "0":
			kept, f.painted = append(kept, "0"), false
		case "38", "48", "58":
			size = min(colorSize(given), len(given))
			if param == "38" && size == 3 && bright(given[2]) {
				kept, f.painted = append(kept, given[:3]...), true
			}
		default:
			if slices.Contains(attributes, param) {
				kept, f.painted = append(kept, param), true
			}
		}
		given = given[size:]
	}
	if len(kept) == 0 {
		return out
	}
	return f.line.color(out, "\x1b["+strings.Join(kept, ";")+"m")
}

// attributes are bold, faint, italic, underlined, their ends, and colours of
// the foreground.
var attributes = strings.Fields("1 2 3 4 22 23 24 31 32 33 34 35 36 37 39 91 92 93 94 95 96 97")

// colorSize is how many parameters a colour of many has.
func colorSize(params []string) int {
	if len(params) < 2 {
		return 1
	}
	switch params[1] {
	case "5":
		return 3
	case "2":
		return 5
	}
	return 1
}

// bright reports whether an index is one of the named colours but black.
func bright(index string) bool {
	n, err := strconv.Atoi(index)
	return err == nil && n >= 1 && n <= 15 && strconv.Itoa(n) == index
}
