package corpus

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

//go:embed candidates.txt
var candidates string

// Kinds of candidates.
const (
	KindLibrary   = "library"
	KindProgram   = "program"
	KindWorkspace = "workspace"
)

// seed of the draw: the order of candidates is that of the SHA-256 of the
// seed, a blank and their name.
const seed = "17"

// Candidate is what may be drawn. Workspaces have no version.
type Candidate struct{ Name, Version string }

// Passed is a candidate that was drawn and is not in the corpus.
type Passed struct {
	Kind, Name string
	// Why is the rule that it falls under, a key of [Rules].
	Why string
}

// Draw returns all candidates of a kind in the order in which they are drawn.
func Draw(kind string) ([]Candidate, error) {
	var list []Candidate
	for line := range strings.Lines(candidates) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(fields) == 0 || fields[0] != kind {
			continue
		}
		switch {
		case kind == KindWorkspace && len(fields) == 2:
			list = append(list, Candidate{Name: fields[1]})
		case kind != KindWorkspace && len(fields) == 3:
			list = append(list, Candidate{Name: fields[1], Version: fields[2]})
		default:
			return nil, fmt.Errorf("candidates.txt: %q is not KIND NAME VERSION", line)
		}
	}
	slices.SortFunc(list, func(a, b Candidate) int { return strings.Compare(lot(a.Name), lot(b.Name)) })
	return list, nil
}

func lot(name string) string {
	sum := sha256.Sum256([]byte(seed + " " + name))
	return hex.EncodeToString(sum[:])
}
