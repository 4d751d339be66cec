package cargo

import (
	"cmp"
	"strings"
)

// compareVersions orders semantic versions, pre-releases before releases.
func compareVersions(a, b string) int {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	a, preA, _ := strings.Cut(a, "-")
	b, preB, _ := strings.Cut(b, "-")
	if c := compareIdentifiers(a, b); c != 0 {
		return c
	}
	if preA == "" || preB == "" {
		return -cmp.Compare(len(preA), len(preB))
	}
	return compareIdentifiers(preA, preB)
}

// compareIdentifiers compares dotted identifiers: numbers by value and below
// words, words by bytes, a shorter list first.
func compareIdentifiers(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		numX, numY := isNumber(x), isNumber(y)
		switch {
		case x == y:
			continue
		case x == "" || y == "" || !numX && !numY:
			return strings.Compare(x, y)
		case numX != numY && numX:
			return -1
		case numX != numY:
			return 1
		}
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
	}
	return 0
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// admits reports whether a requirement can mean version. It only has to
// distinguish two versions of one package, so comparing the leading parts, as
// in cargo's default requirement, is enough.
func admits(requirement, version string) bool {
	first, _, _ := strings.Cut(requirement, ",")
	wanted := strings.Split(strings.TrimLeft(first, "^~=<> \tv"), ".")
	have := strings.Split(version, ".")
	for i, part := range wanted {
		if i >= len(have) || part == "*" || part == "" {
			break
		}
		if part != have[i] {
			return false
		}
		if part != "0" {
			break
		}
	}
	return true
}
