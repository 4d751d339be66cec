package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	checkName    = regexp.MustCompile(`^[a-z0-9][a-z0-9_.@-]{0,99}$`)
	profileName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*$`)
	systemName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]*(:[A-Za-z0-9][A-Za-z0-9+._-]*)?([=~/@]{1,2}[A-Za-z0-9+._:~*-]+)?$`)
	crateName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	exactVersion = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	leg          = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,49}$`)
	channelName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// validate looks at one given value and returns it in the table's spelling.
func (k *key) validate(value any) (canonical any, message, hint string) {
	if len(k.allowed) > 0 {
		return k.choose(value)
	}
	if k.check != nil {
		message, hint = k.check(value)
	}
	return value, message, hint
}

func (k *key) choose(value any) (canonical any, message, hint string) {
	items, many := value.([]string)
	if !many {
		items = []string{value.(string)}
	}
	chosen := make([]string, len(items))
	for i, item := range items {
		at := slices.IndexFunc(k.allowed, func(a string) bool { return strings.EqualFold(a, item) })
		if at < 0 {
			return nil, fmt.Sprintf("%q is not one of %s", item, strings.Join(k.allowed, ", ")), didYouMean(item, k.allowed)
		}
		chosen[i] = k.allowed[at]
	}
	if many {
		return chosen, "", ""
	}
	return chosen[0], "", ""
}

// each makes a check of a key out of one of a text, a list's item or an entry.
// An empty text is the same as none.
func each[T string | entry](valid func(T) (message, hint string)) func(any) (message, hint string) {
	return func(value any) (message, hint string) {
		switch v := value.(type) {
		case T:
			if any(v) != any("") {
				return valid(v)
			}
		case []T:
			for _, item := range v {
				if message, hint = valid(item); message != "" {
					return message, hint
				}
			}
		}
		return "", ""
	}
}

// between checks that a number is within bounds.
func between(low, high float64) func(any) (message, hint string) {
	return func(value any) (message, hint string) {
		n, isFloat := value.(float64)
		if i, ok := value.(int); ok {
			n = float64(i)
		} else if !isFloat {
			return "", ""
		}
		if n >= low && n <= high { // not true of NaN
			return "", ""
		}
		return fmt.Sprintf("%v is not between %v and %v", value, low, high), ""
	}
}

// sizes checks that a size is within bounds.
func sizes(low, high Size) func(any) (message, hint string) {
	return func(value any) (message, hint string) {
		if size, ok := value.(Size); ok && (size < low || size > high) {
			return fmt.Sprintf("%v is not between %v and %v", size, low, high), ""
		}
		return "", ""
	}
}

func filled(s string) (message, hint string) {
	if strings.TrimSpace(s) == "" {
		return "has an empty item", ""
	}
	return "", ""
}

func word(s string) (message, hint string) {
	if s == "" {
		return "has an empty item", ""
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return fmt.Sprintf("%q has a space in it", s), ""
	}
	return "", ""
}

func profile(s string) (message, hint string) {
	switch {
	case s == "debug":
		return "cargo has no profile debug", didYouMean("dev", []string{"dev"})
	case !profileName.MatchString(s):
		return fmt.Sprintf("%q is not a profile name", s), "letters, digits, _ and - only"
	}
	return "", ""
}

// interpreter wants an option that makes an argument the script: without one
// the script would be taken for the name of a file.
func interpreter(value any) (message, hint string) {
	words, _ := value.([]string)
	if len(words) == 1 {
		return fmt.Sprintf("%s takes the name of a file as its argument, not a script", words[0]), "write " + words[0] + " -c, or what it has for that"
	}
	return "", ""
}

func packageName(s string) (message, hint string) {
	if !systemName.MatchString(s) {
		return fmt.Sprintf("%q is not a package name", s), ""
	}
	return "", ""
}

func tool(e entry) (message, hint string) {
	switch {
	case !crateName.MatchString(e.name):
		return fmt.Sprintf("%q is not a crate name", e.name), ""
	case !exactVersion.MatchString(e.value):
		return fmt.Sprintf("%q is not an exact version", e.value), "write all three numbers, such as 1.2.3"
	}
	return "", ""
}

func legName(s string) (message, hint string) {
	if !leg.MatchString(s) {
		return fmt.Sprintf("%q is not a name for a leg", s), "lower-case letters, digits and _ . - only, a letter or digit first"
	}
	return "", ""
}

func channel(s string) (message, hint string) {
	if !channelName.MatchString(s) {
		return fmt.Sprintf("%q is not a channel", s), "write stable, nightly, nightly-2026-01-01 or a version"
	}
	return "", ""
}

func buildArg(e entry) (message, hint string) {
	if !variableName.MatchString(e.name) {
		return fmt.Sprintf("%q is not the name of a build argument", e.name), "letters, digits and _ only"
	}
	return "", ""
}

// gitFacts are what git-env may ask for.
func gitFacts() []string {
	return []string{"branch", "commit", "date", "describe", "short-commit"}
}

func gitFact(e entry) (message, hint string) {
	if message, hint = variable(e); message != "" {
		return message, hint
	}
	if !slices.Contains(gitFacts(), e.value) {
		return fmt.Sprintf("%q is not one of %s", e.value, strings.Join(gitFacts(), ", ")), didYouMean(e.value, gitFacts())
	}
	return "", ""
}

// secret checks the source of a secret, whose value is never shown: what is
// written in its place by mistake may be one.
func secret(e entry) (message, hint string) {
	kind, source, _ := strings.Cut(e.value, ":")
	switch {
	case kind == "env" && variableName.MatchString(source):
		return variable(entry{name: e.name})
	case kind == "file" && source != "":
		if strings.ContainsAny(e.name, "/\\,\x00\n") || e.name == "." || e.name == ".." || e.name == "cranekit" {
			return fmt.Sprintf("%q is not the name of a file", e.name), ""
		}
		return "", ""
	}
	return "is not the source of a secret", "write env:NAME or file:PATH"
}

func proxyURL(s string) (message, hint string) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// The value is not repeated: it may hold a password.
		return "is not the URL of a proxy", "write http://HOST:PORT"
	}
	return "", ""
}

// rustflags refuses to deny warnings for everything: the lint belongs to one
// check, and in RUSTFLAGS it is part of every dependency's fingerprint.
func rustflags(s string) (message, hint string) {
	flags := strings.Fields(s)
	for i, f := range flags {
		lint, ok := strings.CutPrefix(strings.Replace(f, "--deny", "-D", 1), "-D")
		if lint = strings.TrimPrefix(lint, "="); lint == "" && i+1 < len(flags) {
			lint = flags[i+1]
		}
		if ok && lint == "warnings" {
			return "denying warnings here recompiles every dependency and fails every check",
				`write args: "--all-targets -- --deny warnings" for clippy`
		}
	}
	return "", ""
}

// variable refuses the variables that cranekit sets itself or has a key for.
func variable(e entry) (message, hint string) {
	if !variableName.MatchString(e.name) {
		return fmt.Sprintf("%q is not the name of a variable", e.name), "letters, digits and _ only"
	}
	switch e.name {
	case "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS":
		return "flags given this way differ between dependencies and checks", "write rustflags: beside env:"
	case "CARGO_BUILD_TARGET":
		return "a target given this way moves cargo's output", "write target: beside env:"
	case "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR":
		return "cranekit sets this variable itself", "leave it out"
	}
	return "", ""
}
