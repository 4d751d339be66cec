package config

import (
	"fmt"
	"strings"
)

// notOfLeg reports a key that legs of the matrix do not have. If checks have it,
// or one that is written like it, the hint is where that belongs; the given hint
// is for all others.
func (l *loader) notOfLeg(at origin, path, leaf, hint string) {
	message, meant := "unknown key", leaf
	if find(l.keys, checkPrefix+leaf) != nil {
		message, hint = "is a key of checks, not of legs", ""
	} else if meant = closest(leaf, children(l.keys, strings.TrimSuffix(checkPrefix, "."))); hint == "" && meant != "" {
		hint = fmt.Sprintf("did you mean %q? That is a key of checks, not of legs: ", meant)
	} else {
		meant = ""
	}
	if meant != "" {
		hint += l.wayOfChecks(at, meant)
	}
	l.report(at, path, message, hint)
}

// wayOfChecks is how a key of checks is given where another was.
func (l *loader) wayOfChecks(at origin, leaf string) string {
	common := find(l.keys, "common."+leaf) != nil
	switch {
	case at.rank == fromFile && common:
		return "write it below a check, or below common for all"
	case at.rank == fromFile:
		return "write it below a check"
	case common:
		return fmt.Sprintf("--set checks.NAME.%s=… for one check, --set common.%s=… for all", leaf, leaf)
	}
	return fmt.Sprintf("--set checks.NAME.%s=…", leaf)
}

// cutLeg splits the path of a key of a leg, and has "" as leaf for others.
func cutLeg(path string) (leg, leaf string) {
	rest, ok := strings.CutPrefix(path, "matrix.")
	if !ok {
		return "", ""
	}
	// Names of legs may have dots, keys of checks that have some are rare.
	dot := strings.LastIndexByte(rest, '.')
	if dot < 1 {
		return "", ""
	}
	return rest[:dot], rest[dot+1:]
}

// legOf is the path that a variable would have for a key of checks in a leg.
func (l *loader) legOf(variable string) (path, leaf string) {
	for _, leg := range l.legs {
		for _, k := range l.keys {
			path := "matrix." + leg.Leg + "." + k.leaf()
			if k.ofCheck() && variableFor(path) == variable {
				return path, k.leaf()
			}
		}
	}
	return "", ""
}
