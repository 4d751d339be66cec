package cargo

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

var errPassword = errors.New("a URL holds a password or a token, which would get into build definitions and caches: take it out, and hand it to the download with fetch.secrets (git-credentials, netrc or CARGO_REGISTRIES_…_TOKEN)")

// refusePasswords reports the first URL with a password in a document, at any
// key but those that are given, with dots between.
func refusePasswords(m *manifest, but ...string) error {
	doc := cloneTable(m.doc)
	for _, key := range but {
		table, name := doc, key
		if outer, inner, found := strings.Cut(key, "."); found {
			table, name = tableAt(doc, outer), inner
		}
		delete(table, name)
	}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		if keys := passwordIn(doc[key], []string{key}); keys != nil {
			return m.errorAt(errPassword, keys...)
		}
	}
	return nil
}

// passwordIn returns the path to a string with a password in value, which is
// at the end of keys; nil for none.
func passwordIn(value any, keys []string) []string {
	if hasPassword(keys[len(keys)-1]) {
		return keys
	}
	switch v := value.(type) {
	case string:
		if hasPassword(v) {
			return keys
		}
	case []any:
		for _, item := range v {
			if found := passwordIn(item, keys); found != nil {
				return found
			}
		}
	case table:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if found := passwordIn(v[key], append(slices.Clone(keys), key)); found != nil {
				return found
			}
		}
	}
	return nil
}

// hasPassword reports whether a text has a URL with a password, or with a token
// in the place of the user.
func hasPassword(text string) bool {
	for {
		_, rest, found := strings.Cut(text, "://")
		if !found {
			return false
		}
		authority := rest
		if end := strings.IndexAny(rest, "/?# \t\n\"'"); end >= 0 {
			authority = rest[:end]
		}
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			user, password, _ := strings.Cut(authority[:at], ":")
			if password != "" || isToken(user) {
				return true
			}
		}
		text = rest
	}
}

// isToken reports whether the user of a URL looks like a token of a forge.
func isToken(user string) bool {
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glptt-"} {
		if strings.HasPrefix(user, prefix) {
			return true
		}
	}
	return len(user) == 40 && strings.Trim(user, "0123456789abcdef") == ""
}

// withoutUser is a URL without user and password.
func withoutUser(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		scheme, rest = "", url
	} else {
		scheme += "://"
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	return scheme + rest[strings.LastIndexByte(rest[:end], '@')+1:]
}

// stripEnv removes from [env] what is secret by its name or is a URL with a
// password. A dependency that reads it is compiled by the checks, which see the
// configuration as it is.
func stripEnv(env table) {
	maps.DeleteFunc(env, func(name string, value any) bool {
		if t, ok := value.(table); ok {
			value = t["value"]
		}
		text, _ := value.(string)
		return isSecretName(name) || hasPassword(text)
	})
}

// isSecretName reports whether a variable holds a secret by what it is called.
func isSecretName(name string) bool {
	words := strings.Split(strings.ToUpper(name), "_")
	for _, word := range []string{"TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "SECRETS", "CREDENTIAL", "CREDENTIALS"} {
		if slices.Contains(words, word) {
			return true
		}
	}
	last := words[max(0, len(words)-2):]
	return len(last) == 2 && last[1] == "KEY" && slices.Contains([]string{"API", "ACCESS", "PRIVATE"}, last[0])
}

// refuseLines does the same for a file that goes into the skeleton as it is.
func refuseLines(name string, text []byte) error {
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if hasPassword(line) {
			return &FileError{File: name, Line: number, Err: errPassword}
		}
	}
	return nil
}
