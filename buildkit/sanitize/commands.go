package sanitize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is what is known of the line that the text is in, as far as it matters
// to those who look for commands in logs:
//
//   - GitHub and its like take ::command:: after any white space, and
//     ##[command] anywhere; Azure takes ##vso[, TeamCity ##teamcity[.
//   - Buildkite takes three signs and a blank at the very start for a heading.
//
// A blank in them keeps all of these legible and makes none of them a command.
// Colours do not count: others may take them out later.
type line struct {
	// begun is set when more than white space is on the line, indented when
	// white space is.
	begun, indented bool
	// held is what may become a command, colors are those that follow it.
	held   []rune
	colors []byte
	// tail is the end of the line.
	tail []byte
}

// add appends a character of the line, which no line break is.
func (l *line) add(out []byte, r rune) []byte {
	if l.begun {
		return l.put(out, r)
	}
	if len(l.held) == 0 && unicode.IsSpace(r) {
		l.indented = true
		return l.put(out, r)
	}
	if l.holds(r) {
		l.held = append(l.held, r)
		return out
	}
	return l.put(l.release(out, r), r)
}

// holds reports whether what is held and r can still become a command.
func (l *line) holds(r rune) bool {
	switch {
	case len(l.held) == 0:
		return r == ':' || !l.indented && strings.ContainsRune("-+~^", r)
	case l.held[0] == ':':
		return len(l.held) < 2 && r == ':'
	default:
		return len(l.held) < 3 && r == l.held[0]
	}
}

// release appends what is held, now that the next character is known.
func (l *line) release(out []byte, next rune) []byte {
	held := string(l.held)
	switch {
	case held == "::" && next != ':': // rustc has ::: before places
		held = ": :"
	case len(held) == 3 && unicode.IsSpace(next):
		held = " " + held
	}
	l.begun, l.held = true, nil
	for _, r := range held {
		out = l.put(out, r)
	}
	out = append(out, l.colors...)
	l.colors = nil
	return out
}

// maxColors bounds the colours that follow what is held: more than a few are
// nobody's.
const maxColors = 256

// color appends a colour.
func (l *line) color(out []byte, sequence string) []byte {
	switch {
	case len(l.held) == 0:
		return append(out, sequence...)
	case len(l.colors) < maxColors:
		l.colors = append(l.colors, sequence...)
	}
	return out
}

// keptTail is more than the longest command has before its bracket.
const keptTail = 16

func (l *line) put(out []byte, r rune) []byte {
	if r == '[' && l.endsIn("##", "##vso", "##teamcity") {
		out, l.tail = append(out, ' '), nil
	}
	at := len(out)
	out = utf8.AppendRune(out, r)
	l.note(out[at:])
	return out
}

// note keeps the end of what was appended.
func (l *line) note(text []byte) {
	l.tail = append(l.tail, text[max(0, len(text)-keptTail):]...)
	if extra := len(l.tail) - keptTail; extra > keptTail {
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
}

func (l *line) endsIn(commands ...string) bool {
	return slices.ContainsFunc(commands, func(command string) bool {
		return len(l.tail) >= len(command) && strings.EqualFold(string(l.tail[len(l.tail)-len(command):]), command)
	})
}

// end appends what is held at the end of the line and begins another.
func (l *line) end(out []byte) []byte {
	if len(l.held) > 0 {
		out = l.release(out, '\n')
	}
	*l = line{tail: l.tail[:0]}
	return out
}
