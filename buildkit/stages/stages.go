// Package stages remembers which stages a builder has made, so that others can
// start from what they left. It keeps definitions, which name what a builder may
// have; it never makes the builder execute one.
package stages

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/sys/atomicwriter"
)

// kept is how many stages are remembered for each builder and branch: those of
// a few locks.
const kept = 24

// Stage is one that was made.
type Stage struct {
	// Key is the digest of its definition.
	Key string
	// Name and Family are as in the graph.
	Name, Family string
	// Definition and Below are BuildKit's, marshaled; Below is empty for a stage
	// on top of no other.
	Definition, Below []byte
}

// Memory is what is remembered for one workspace on one builder. Code of
// dependencies ran when a stage was made, and could have changed what it left:
// a branch starts from its own stages and from those of the branch that it is
// compared with, and from no other's.
type Memory struct {
	// dirs are looked through in turn; the first is the branch's own.
	dirs []string
}

// Place is where stages are remembered.
type Place struct {
	// Dir is the directory of all workspaces; it need not exist.
	Dir string
	// Workspace names the workspace so that no other has the name: a path alone
	// does not.
	Workspace string
	// Branch is the branch that is checked out, and Base the default one.
	Branch, Base string
}

// Domain names those who write to the place: it belongs into the keys of what they
// make of it. That of nil is "".
func (p *Place) Domain() string {
	if p == nil {
		return ""
	}
	return hash(p.Workspace + "\x00" + p.Branch)
}

// On returns the memory of a builder, named so that no other has the name.
func (p *Place) On(builder string) *Memory {
	at := func(branch string) string {
		return filepath.Join(p.Dir, hash(p.Workspace), hash(builder), hash(branch))
	}
	if p.Branch == p.Base {
		return &Memory{dirs: []string{at(p.Base)}}
	}
	return &Memory{dirs: []string{at(p.Branch), at(p.Base)}}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Known reports whether the builder has made the stage with the key: it need not
// have kept it.
func (m *Memory) Known(key string) bool {
	for _, dir := range m.dirs {
		if _, err := os.Stat(filepath.Join(dir, file(key))); err == nil {
			return true
		}
	}
	return false
}

// Latest is the last stage of a family that was made: of that name, or else of
// any. What cannot be read counts as not there.
func (m *Memory) Latest(family, name string) (Stage, bool) {
	for _, dir := range m.dirs {
		var any *Stage
		for _, entry := range newest(dir) {
			s, err := read(filepath.Join(dir, entry.Name()))
			if err != nil || s.Family != family {
				continue
			}
			if s.Name == name {
				return s, true
			}
			if any == nil {
				any = &s
			}
		}
		if any != nil {
			return *any, true
		}
	}
	return Stage{}, false
}

// Remember adds a stage, or says that it was made again just now.
func (m *Memory) Remember(s Stage) error {
	own := m.dirs[0]
	if err := os.MkdirAll(own, 0o700); err != nil {
		return fmt.Errorf("remembering a stage: %w", err)
	}
	out, err := atomicwriter.New(filepath.Join(own, file(s.Key)), 0o600)
	if err != nil {
		return fmt.Errorf("remembering a stage: %w", err)
	}
	packed := gzip.NewWriter(out)
	err = json.NewEncoder(packed).Encode(s)
	for _, closing := range []func() error{packed.Close, out.Close} {
		if e := closing(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("remembering a stage: %w", err)
	}
	for i, entry := range newest(own) {
		if i >= kept {
			_ = os.Remove(filepath.Join(own, entry.Name())) // another process may have done it
		}
	}
	return nil
}

func file(key string) string { return hash(key) + ".json.gz" }

func read(file string) (s Stage, err error) {
	in, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer in.Close()
	packed, err := gzip.NewReader(in)
	if err != nil {
		return s, err
	}
	return s, json.NewDecoder(packed).Decode(&s)
}

// newest are the files of a directory, the last that was written first.
func newest(dir string) []fs.FileInfo {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && filepath.Ext(entry.Name()) == ".gz" {
			files = append(files, info)
		}
	}
	slices.SortStableFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	return files
}
