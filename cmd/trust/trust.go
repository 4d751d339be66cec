// Package trust keeps the user's own file of what repositories are trusted
// with. Nothing in a repository can write it or stand in its place.
package trust

import (
	"slices"

	"github.com/cranekit/cranekit/config"
)

// AllBranches stands in an entry for every branch.
const AllBranches = "*"

// Place is what is worked on: a repository and the line of commits in it.
type Place struct {
	// Repository is the top level, without links; outside of git a directory.
	Repository string
	// Git is set where it is a repository of git.
	Git bool
	// Branch is the branch that is checked out, "" on a detached head.
	Branch string
	// Root is the first commit of the line, "" where there is none: another
	// repository in the same directory has another.
	Root string
}

// Entry is what one repository is trusted with.
type Entry struct {
	Repository string         `yaml:"repository"`
	Root       string         `yaml:"root,omitempty"`
	Branch     string         `yaml:"branch"`
	Trust      []config.Trust `yaml:"trust,flow"`
}

// holds reports whether an entry is about a place.
func (e Entry) holds(p Place) bool {
	if e.Repository != p.Repository || e.Root != p.Root {
		return false
	}
	return e.Branch == AllBranches || e.Branch == p.Branch && p.Git && p.Branch != ""
}

// Given is what the entries trust a place with.
func Given(entries []Entry, p Place) []config.Trust {
	var given []config.Trust
	for _, e := range entries {
		if e.holds(p) {
			given = append(given, e.Trust...)
		}
	}
	return ordered(given)
}

// About reports whether one of the entries names a directory, whatever branch
// and commits it has.
func About(entries []Entry, repository string) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Repository == repository })
}

// Add trusts a place with more. What an entry says of another repository that
// was in the same directory is dropped.
func Add(entries []Entry, p Place, what []config.Trust) []Entry {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Repository == p.Repository && e.Root != p.Root })
	for i, e := range entries {
		if e.Repository == p.Repository && e.Branch == p.Branch {
			entries[i].Trust = ordered(slices.Concat(e.Trust, what))
			return entries
		}
	}
	return append(entries, Entry{Repository: p.Repository, Root: p.Root, Branch: p.Branch, Trust: ordered(what)})
}

// Revoke takes trust back: some or, with none named, all of a repository, on
// one branch or, without one, on all. An entry for all branches goes too.
func Revoke(entries []Entry, repository, branch string, what []config.Trust) []Entry {
	kept := slices.Clone(entries)
	for i, e := range kept {
		if e.Repository != repository || branch != "" && e.Branch != branch && e.Branch != AllBranches {
			continue
		}
		kept[i].Trust = slices.DeleteFunc(slices.Clone(e.Trust), func(t config.Trust) bool { return len(what) == 0 || slices.Contains(what, t) })
	}
	return slices.DeleteFunc(kept, func(e Entry) bool { return len(e.Trust) == 0 })
}

// ordered is each trust once, in the order of the documentation.
func ordered(trusts []config.Trust) []config.Trust {
	var list []config.Trust
	for _, t := range config.Trusts() {
		if slices.Contains(trusts, t) {
			list = append(list, t)
		}
	}
	return list
}
