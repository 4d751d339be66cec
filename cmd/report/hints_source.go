package report

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/llb"
)

const (
	// mostAsked bounds the files of a log that are looked for.
	mostAsked = 200
	// mostUnsent bounds those that a hint names.
	mostUnsent = 3
)

var (
	missingTrace = regexp.MustCompile(`No such file or directory|\bNotFound\b|(?i)\bfile not found\b|\bcould not (?:find|open|read)\b|can't find|does not exist`)
	// missingFile are the places where rustc and the container's paths name a
	// file.
	missingFile = regexp.MustCompile("couldn't read `([^`]+)`|create file \"([^\"]+)\"| or \"([^\"]+\\.rs)\"|(" + llb.SourceDir + "/[^\\s`'\":,;()<>]+)")
)

// unsent is for files that are on this machine and not in the source: code that
// is generated there, and data that git ignores.
func unsent(c clues) string {
	if c.o.Unsent == nil || !missingTrace.MatchString(c.log) {
		return ""
	}
	var found, asked []string
	for _, m := range missingFile.FindAllStringSubmatch(c.log, -1) {
		name := strings.Join(m[1:], "")
		if inside, ok := strings.CutPrefix(name, llb.SourceDir+"/"); ok {
			name = path.Clean(inside)
		} else if name = path.Join(c.o.Dir, name); path.IsAbs(name) {
			continue
		}
		if slices.Contains(asked, name) {
			continue
		}
		if asked = append(asked, name); len(asked) > mostAsked || len(found) == mostUnsent {
			break
		}
		if c.o.Unsent(name) {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s is on this machine and not in the source, as git ignores it or source.exclude names it: source: {include: [%q]} sends it", found[0], found[0])
	}
	return fmt.Sprintf("%s are on this machine and not in the source, as git ignores them or source.exclude names them: source: {include: [%s]} sends them",
		strings.Join(found, ", "), `"`+strings.Join(found, `", "`)+`"`)
}
