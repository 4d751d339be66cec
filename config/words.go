package config

import (
	"errors"
	"strings"
)

// splitWords splits text into words by the quoting rules of a POSIX shell.
// Nothing is expanded: $ and * stand for themselves.
func splitWords(s string) ([]string, error) {
	words := []string{}
	var word strings.Builder
	open := false // a word has begun, if only by an empty pair of quotes
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
			continue
		case '\\':
			i++
			if i == len(s) {
				return nil, errors.New("ends in a backslash")
			}
			if s[i] == '\n' {
				continue
			}
			word.WriteByte(s[i])
		case '\'', '"':
			quoted, n := unquote(s[i+1:], c)
			if n < 0 {
				return nil, errors.New("has an unclosed " + string(c))
			}
			word.WriteString(quoted)
			i += n
		default:
			word.WriteByte(c)
		}
		open = true
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

// unquote reads up to the closing quote and returns the text before it and
// the number of bytes read, -1 without a closing quote.
func unquote(s string, quote byte) (string, int) {
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return text.String(), i + 1
		case quote == '"' && s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\\"$`\n", s[i+1]) >= 0:
			i++
			if s[i] != '\n' {
				text.WriteByte(s[i])
			}
		default:
			text.WriteByte(s[i])
		}
	}
	return "", -1
}
