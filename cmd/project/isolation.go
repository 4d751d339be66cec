package project

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
)

// branchMark stands for the branch in the names of caches.
const branchMark = "{branch}"

const (
	// longBranch is the longest branch that stands in names as it is, in
	// bytes; tags of registries have no room for more.
	longBranch = 60
	// hashDigits of a branch's hash follow where it cannot stand as it is.
	hashDigits = 20
)

var (
	noName    = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	// Names that others get by a rule: hashed ones, and those that are set
	// apart with a prefix.
	madeName = regexp.MustCompile(fmt.Sprintf(`-[0-9a-f]{%d}$|(^|-)pr-`, hashDigits))
)

// branchName is a branch in the name of a cache. No two branches have the same:
// one that cannot stand as it is, or that looks as if it had not, has its hash
// behind it.
func branchName(branch string) string {
	if branch == "" || len(branch) <= longBranch && plainName.MatchString(branch) && !madeName.MatchString(branch) {
		return branch
	}
	return hashedName(branch)
}

func hashedName(branch string) string {
	sum := sha256.Sum256([]byte(branch))
	name := cmp.Or(strings.Trim(noName.ReplaceAllString(branch, "-"), "-."), "branch")
	return name[:min(len(name), longBranch-hashDigits-1)] + "-" + hex.EncodeToString(sum[:])[:hashDigits]
}

// Isolation is what a run may read and write of shared caches.
type Isolation struct {
	// run is what is checked.
	run ci.Run
	// on is set in CI, unless the configuration turns it off; off is where
	// that is said.
	on  bool
	off string
	// read is set where caches are only read for another reason.
	read bool
	// taken are the names that runs of the default branch use, by type: no
	// other branch writes there, whatever it is called.
	taken []string
}

// IsolationOf is that of a run with a configuration.
func IsolationOf(cfg *config.Config, r ci.Run) Isolation {
	i := Isolation{run: r, read: cfg.CacheReadOnly}
	if r.System == "" {
		return i
	}
	if i.on = cfg.CacheIsolation || cfg.Left("cache-isolation"); !i.on {
		i.off = cfg.Origins["cache-isolation"]
		return i
	}
	for _, entry := range cfg.Cache {
		from, to := place(cfg, entry)
		for _, name := range []string{from, to} {
			i.taken = append(i.taken, entry.Type+" "+expand(name, branchName(r.Main)))
		}
	}
	return i
}

// reads reports whether caches are used at all.
func (i Isolation) reads() bool { return !i.on || !i.run.Fork }

// isMain reports whether the default branch itself is checked. A change that
// is called as it is not.
func (i Isolation) isMain() bool { return !i.run.Change && !i.run.Tag && i.run.Branch == i.run.Main }

// Rule says in words what holds, "" outside of CI.
func (i Isolation) Rule() string {
	branch, main := branchName(i.run.Branch), branchName(i.run.Main)
	switch {
	case i.off != "":
		return "not kept apart in CI, cache-isolation is false (" + i.off + ")"
	case !i.on:
		return ""
	case i.run.Fork:
		return "none is read or written for a change from a fork: " + i.run.Why
	case i.run.Tag:
		return "a tag reads those of " + main + " and writes none"
	case i.isMain():
		return main + ", the default branch, " + i.verb("reads and writes those that others read", "reads its own")
	case i.run.Branch == "" || i.run.Branch == i.run.Main:
		return "those of " + main + " are read, and none is written: no other branch is known"
	case i.run.Change:
		return "the change reads those of " + branch + " and " + main + i.verb(", and writes under its own name", "")
	default:
		return branch + " reads its own and those of " + main + i.verb(", and writes under its own name", "")
	}
}

// verb chooses by whether caches are written.
func (i Isolation) verb(writes, reads string) string {
	if i.read {
		return reads
	}
	return writes
}

// imports are the names to import from, best first. Of several for branches
// none is known, that of the default branch is left.
func (i Isolation) imports(kind, from string) []string {
	var names []string
	if own := i.own(kind, from); own != "" {
		names = append(names, own)
	}
	if main := expand(from, branchName(i.run.Main)); !slices.Contains(names, main) {
		names = append(names, main)
	}
	return names
}

// own is the name that the checked branch has for itself, "" for none.
func (i Isolation) own(kind, name string) string {
	branch := i.run.Branch
	switch {
	case !i.on && !strings.Contains(name, branchMark):
		return name
	case !i.on, i.isMain():
		if branch == "" {
			return ""
		}
		return expand(name, branchName(branch))
	case i.run.Tag, branch == "", branch == i.run.Main:
		return ""
	}
	own := apart(kind, name, branchName(branch))
	if slices.Contains(i.taken, kind+" "+own) {
		own = apart(kind, name, hashedName(branch))
	}
	return own
}

// apart is a name of a branch's own, where the configured one need not have
// the branch in it.
func apart(kind, name, branch string) string {
	switch tag := strings.LastIndexByte(name, ':') > strings.LastIndexByte(name, '/'); {
	case strings.Contains(name, branchMark):
		return expand(name, branch)
	case kind == config.CacheLocal:
		return filepath.Join(name, "pr-"+branch)
	case kind == config.CacheRegistry && !tag:
		return name + ":pr-" + branch
	default:
		return name + "-pr-" + branch
	}
}

// expand puts a branch into a name.
func expand(name, branch string) string { return strings.ReplaceAll(name, branchMark, branch) }
