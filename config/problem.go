package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Problem is one mistake in the configuration.
type Problem struct {
	// File is where it is: the path of crane.yaml as a user would type it, or
	// the name of a variable or flag. It is "" when nothing was given.
	File string
	// Line is the line in crane.yaml, else 0.
	Line int
	// Key is the dotted path of the key, "" when the place has none.
	Key     string
	Message string
	// Hint says what to write, if that can be guessed.
	Hint string
}

// String formats the problem as place:line: key: message (hint).
func (p Problem) String() string {
	var parts []string
	if p.File != "" {
		parts = append(parts, origin{name: p.File, line: p.Line}.String())
	}
	if strings.ContainsFunc(p.Key, unicode.IsControl) {
		parts = append(parts, strconv.Quote(p.Key)) // a line break in it would forge a line
	} else if p.Key != "" {
		parts = append(parts, p.Key)
	}
	s := strings.Join(append(parts, p.Message), ": ")
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Fault is what is wrong with a value, and what to write in its place.
type Fault struct{ Message, Hint string }

// Problem is a fault of a key of a check, at the place where the key is given:
// in the check itself, or else in common. Of a check without a name, leaf is the
// whole path of the key.
func (c *Config) Problem(check Check, leaf string, f Fault) Problem {
	path := leaf
	if check.Name != "" {
		path = "checks." + check.Name + "." + leaf
	}
	at := c.Origins[path]
	if at == "" {
		if common := c.Origins["common."+leaf]; common != "" && common != "default" {
			path, at = "common."+leaf, common
		}
	}
	p := Problem{File: at, Key: path, Message: f.Message, Hint: f.Hint}
	if i := strings.LastIndexByte(at, ':'); i >= 0 {
		if line, err := strconv.Atoi(at[i+1:]); err == nil {
			p.File, p.Line = at[:i], line
		}
	}
	if at == "default" {
		p.File = ""
	}
	return p
}

// NewError is the error of some problems, each once, nil for none.
func NewError(problems []Problem) error {
	var different []Problem
	for _, p := range problems {
		if !slices.Contains(different, p) {
			different = append(different, p)
		}
	}
	if len(different) == 0 {
		return nil
	}
	return newError(different)
}

// Error holds every problem that [Load] found: those of crane.yaml by line,
// then those of --set, variables and flags.
type Error struct{ Problems []Problem }

// Error lists the problems, one a line.
func (e *Error) Error() string {
	rows := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		rows[i] = p.String()
	}
	return strings.Join(rows, "\n")
}

func newError(problems []Problem) *Error {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line == 0 || b.Line == 0 {
			return -cmp.Compare(a.Line, b.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
	return &Error{Problems: problems}
}

// DidYouMean hints at the candidate that is written most like name, and else at
// some of the candidates, after the words list; nothing where these are "".
func DidYouMean(name string, candidates []string, list string) string {
	const some = 12
	hint := didYouMean(name, candidates)
	if hint != "" || list == "" || len(candidates) == 0 {
		return hint
	}
	if len(candidates) > some {
		return list + strings.Join(candidates[:some], ", ") + ", …"
	}
	return list + strings.Join(candidates, ", ")
}

// didYouMean hints at the candidate that is written most like name, if any is.
func didYouMean(name string, candidates []string) string {
	if best := closest(name, candidates); best != "" {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	return ""
}

// closest returns the candidate that is near enough to name to be meant, or "".
func closest(name string, candidates []string) string {
	best, least := "", 2+len(name)/4
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	prev, cur, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range cur {
		cur[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := cur[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, cur[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], prev[j-1]+1)
			}
		}
		prev, cur, next = cur, next, prev
	}
	return cur[len(b)]
}
