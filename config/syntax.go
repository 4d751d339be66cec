package config

import (
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	// indentTab is a tab among the blanks before a line's text.
	indentTab = regexp.MustCompile(`^ *\t\s*\S`)
	// badStart is a text that begins with what YAML keeps for itself.
	badStart = regexp.MustCompile("(?:^\\s*|[:,\\[{-]\\s+|[\\[{])([@`%])")
	anchor   = regexp.MustCompile(`unknown anchor '(.+)' referenced`)
)

// reportSyntax says what the YAML parser cannot read, and on which line. The
// parser names the line where it gave up, which is far from a bracket that was
// never closed, or none.
func (l *loader) reportSyntax(err error, text string) {
	at := origin{rank: fromFile, name: l.shown, line: 1}
	message, hint := err.Error(), ""
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			at.line = n
		}
		message = strings.TrimPrefix(message, m[0])
	}
	lines := strings.Split(text, "\n")
	open, from := unclosed(lines)
	tab := slices.IndexFunc(lines, indentTab.MatchString)
	switch {
	case open != "" && unfinished(message):
		at.line, message = from, "unclosed "+open
		hint = "close it with " + map[string]string{"{": "}", "[": "]"}[open]
		if open == `"` || open == "'" {
			hint = "close it with another"
		}
	case tab >= 0 && strings.Contains(message, "character that cannot start any token"):
		at.line, message, hint = tab+1, "a tab before the text", "indent with spaces, as YAML requires"
	case strings.Contains(message, "character that cannot start any token"):
		if i := slices.IndexFunc(lines, badStart.MatchString); i >= 0 {
			char := badStart.FindStringSubmatch(lines[i])[1]
			at.line, message, hint = i+1, "a text cannot begin with "+char, "put it in quotes"
		}
	case strings.Contains(message, "did not find expected"):
		at.line = firstBad(lines)
		hint = "look at the indentation"
	case strings.Contains(message, "mapping values are not allowed"):
		hint = "put a text that has a colon and a space in quotes, or begin a new line"
	case anchor.MatchString(message):
		name := "*" + anchor.FindStringSubmatch(message)[1]
		if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, name) }); i >= 0 {
			at.line, hint = i+1, "put a text that begins with * in quotes"
		}
	}
	l.report(at, "", message, hint)
}

// firstBad is the line with which a text stops to be YAML.
func firstBad(lines []string) int {
	return 1 + sort.Search(len(lines)-1, func(n int) bool {
		var doc yaml.Node
		return yaml.Unmarshal([]byte(strings.Join(lines[:n+1], "\n")), &doc) != nil
	})
}

// unfinished reports whether the parser missed the end of something.
func unfinished(message string) bool {
	return strings.Contains(message, "did not find expected") || strings.Contains(message, "unexpected end of stream") || strings.Contains(message, "unexpected document indicator")
}

// unclosed finds the innermost bracket or quote that nothing closes, and its
// line; "" for none. It knows as much of YAML as that takes.
func unclosed(lines []string) (open string, line int) {
	type bracket struct {
		char byte
		line int
	}
	var stack []bracket
	quote := bracket{}
	for n, text := range lines {
		for i := 0; i < len(text); i++ {
			c := text[i]
			// Not for each byte: it looks back over blanks.
			begins := func() bool { return beginsValue(text[:i], len(stack) > 0) }
			switch {
			case quote.char == '"' && c == '\\':
				i++
			case quote.char != 0 && c == quote.char:
				quote = bracket{}
			case quote.char != 0:
			case c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t'):
				i = len(text)
			case (c == '"' || c == '\'') && begins():
				quote = bracket{c, n + 1}
			case (c == '{' || c == '[') && (len(stack) > 0 || begins()):
				stack = append(stack, bracket{c, n + 1})
			case (c == '}' || c == ']') && len(stack) > 0:
				stack = stack[:len(stack)-1]
			}
		}
	}
	switch {
	case quote.char != 0:
		return string(quote.char), quote.line
	case len(stack) > 0:
		last := stack[len(stack)-1]
		return string(last.char), last.line
	}
	return "", 0
}

// beginsValue reports whether a value or key begins after this part of a line,
// within brackets or not.
func beginsValue(before string, inside bool) bool {
	trimmed := strings.TrimRight(before, " \t")
	if trimmed == "" {
		return true
	}
	blank := len(trimmed) < len(before)
	switch last := trimmed[len(trimmed)-1]; last {
	case ':', '-', '?', '|', '>':
		return blank
	case ',', '{', '[':
		return inside
	}
	return false
}
