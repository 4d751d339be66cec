package sanitize

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Filter is the state of a text that comes in parts. The zero value is ready.
type Filter struct {
	// Colors leaves harmless colours in.
	Colors bool

	// partial are the first bytes of a character.
	partial []byte
	state   state
	// params are those of a control sequence.
	params []byte
	line   line
	// painted is set by a colour that has not ended.
	painted bool
	// returned is set by a carriage return: alone it would have the line
	// written over, so it ends the line.
	returned bool
}

// Append appends what is left of a part of the text to out.
func (f *Filter) Append(out, part []byte) []byte {
	if len(f.partial) > 0 {
		part = append(f.partial, part...)
		f.partial = nil
	}
	for len(part) > 0 {
		if n := f.ordinary(part); n > 0 {
			f.line.note(part[:n])
			out = append(out, part[:n]...)
			part = part[n:]
			continue
		}
		if !utf8.FullRune(part) {
			f.partial = bytes.Clone(part)
			break
		}
		r, size := utf8.DecodeRune(part)
		out = f.escaped(out, r)
		part = part[size:]
	}
	return out
}

// ordinary is the length of what comes first and can be nothing but text.
func (f *Filter) ordinary(part []byte) (n int) {
	if f.state != outside || f.returned || !f.line.begun {
		return 0
	}
	for n < len(part) && part[n] >= ' ' && part[n] <= '~' && part[n] != '[' {
		n++
	}
	return n
}

// Flush appends what was held back at the end of the text. The filter is then
// as new.
func (f *Filter) Flush(out []byte) []byte {
	for range f.partial {
		out = f.ground(out, utf8.RuneError)
	}
	out = f.unpaint(f.line.end(out))
	*f = Filter{Colors: f.Colors}
	return out
}

// ground takes a character that is no part of an escape sequence.
func (f *Filter) ground(out []byte, r rune) []byte {
	switch {
	case r == '\n', r == '\v', r == '\f', r == nextLine, r == '\u2028', r == '\u2029':
		return f.newline(out)
	case r == '\r':
		f.returned = true
		return out
	case r != '\t' && unicode.IsControl(r):
		return out
	case invisible(r):
		r = unicode.ReplacementChar
	}
	if f.returned {
		out = f.newline(out)
	}
	return f.line.add(out, r)
}

func (f *Filter) newline(out []byte) []byte {
	out = append(f.unpaint(f.line.end(out)), '\n')
	f.returned = false
	return out
}

// unpaint ends a colour: it must not reach what others print.
func (f *Filter) unpaint(out []byte) []byte {
	if f.painted {
		out = append(out, reset...)
	}
	f.painted = false
	return out
}

// invisible reports whether a character cannot be seen, changes the order of
// others or has no meaning in texts. Two selectors stay that tell a symbol from
// an emoji, and signs of Arabic that are written around digits.
func invisible(r rune) bool {
	switch {
	case r < 0x80, r == '\ufe0e', r == '\ufe0f', unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}
