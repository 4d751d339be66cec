package project

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
)

// TestIsolation is the table of what runs read and write in CI.
func TestIsolation(t *testing.T) {
	t.Parallel()
	entries := []config.CacheEntry{
		{Type: config.CacheRegistry, Import: true, Export: true, Attrs: map[string]string{"ref": "r.example/a:{branch}"}},
		{Type: config.CacheRegistry, Import: true, Export: true, Attrs: map[string]string{"ref": "r.example/b"}},
		{Type: config.CacheRegistry, Import: true, Export: true, Attrs: map[string]string{"ref": "r.example:5000/c:x"}},
		{Type: config.CacheS3, Import: true, Export: true, Attrs: map[string]string{"bucket": "b"}},
		{Type: config.CacheLocal, Import: true, Export: true, Src: "dir", Dest: "/dir"},
	}
	const hash = "bd4be54f27bb23f986de" // of fix/a
	for name, c := range map[string]struct {
		run       ci.Run
		read, off bool
		imports   string // of all entries, "|" between them
		exports   string
		rule      string
	}{
		"default branch": {
			run:     ci.Run{Branch: "main"},
			imports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/dir",
			rule:    "main, the default branch, reads and writes those that others read",
		},
		"branch": {
			run:     ci.Run{Branch: "topic"},
			imports: "r.example/a:topic r.example/a:main|r.example/b:pr-topic r.example/b|r.example:5000/c:x-pr-topic r.example:5000/c:x|cranekit-pr-topic cranekit|/w/dir/pr-topic /w/dir",
			exports: "r.example/a:topic|r.example/b:pr-topic|r.example:5000/c:x-pr-topic|cranekit-pr-topic|/dir/pr-topic",
			rule:    "topic reads its own and those of main, and writes under its own name",
		},
		"change": {
			run:     ci.Run{Branch: "fix/a", Change: true},
			imports: fmt.Sprintf("r.example/a:fix-a-%[1]s r.example/a:main|r.example/b:pr-fix-a-%[1]s r.example/b|r.example:5000/c:x-pr-fix-a-%[1]s r.example:5000/c:x|cranekit-pr-fix-a-%[1]s cranekit|/w/dir/pr-fix-a-%[1]s /w/dir", hash),
			exports: fmt.Sprintf("r.example/a:fix-a-%[1]s|r.example/b:pr-fix-a-%[1]s|r.example:5000/c:x-pr-fix-a-%[1]s|cranekit-pr-fix-a-%[1]s|/dir/pr-fix-a-%[1]s", hash),
			rule:    "the change reads those of fix-a-" + hash + " and main, and writes under its own name",
		},
		"change, read only": {
			run: ci.Run{Branch: "topic", Change: true}, read: true,
			imports: "r.example/a:topic r.example/a:main|r.example/b:pr-topic r.example/b|r.example:5000/c:x-pr-topic r.example:5000/c:x|cranekit-pr-topic cranekit|/w/dir/pr-topic /w/dir",
			exports: "||||",
			rule:    "the change reads those of topic and main",
		},
		"change of the default branch": {
			run:     ci.Run{Branch: "main", Change: true},
			imports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "||||",
			rule:    "those of main are read, and none is written: no other branch is known",
		},
		"nameless change": {
			run:     ci.Run{Change: true},
			imports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "||||",
			rule:    "those of main are read, and none is written: no other branch is known",
		},
		"tag": {
			run:     ci.Run{Tag: true},
			imports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "||||",
			rule:    "a tag reads those of main and writes none",
		},
		"tag on the default branch": {
			run:     ci.Run{Tag: true, Branch: "main"},
			imports: "r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "||||",
			rule:    "a tag reads those of main and writes none",
		},
		"fork": {
			run:  ci.Run{Branch: "main", Change: true, Fork: true, Why: "it comes from x"},
			rule: "none is read or written for a change from a fork: it comes from x",
		},
		"turned off": {
			run: ci.Run{Branch: "topic"}, off: true,
			imports: "r.example/a:topic r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "r.example/a:topic|r.example/b|r.example:5000/c:x|cranekit|/dir",
			rule:    "not kept apart in CI, cache-isolation is false (--cache-isolation)",
		},
		"turned off, fork": {
			run: ci.Run{Branch: "topic", Fork: true, Why: "it comes from x"}, off: true,
			imports: "r.example/a:topic r.example/a:main|r.example/b|r.example:5000/c:x|cranekit|/w/dir",
			exports: "||||",
			rule:    "not kept apart in CI, cache-isolation is false (--cache-isolation)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run.System, c.run.Main = "a CI", "main"
			cfg := &config.Config{
				Workspace: "/w", Cache: entries, CacheIsolation: !c.off, CacheReadOnly: c.read, Origins: map[string]string{"cache-isolation": "--cache-isolation"},
			}
			list, _, _ := Caches(cfg, c.run, environ())
			var imports, exports []string
			for _, cache := range list {
				imports, exports = append(imports, strings.Join(cache.Import, " ")), append(exports, cache.Export)
			}
			if got := strings.Join(imports, "|"); got != c.imports {
				t.Errorf("imports\n%s, want\n%s", got, c.imports)
			}
			if got := strings.Join(exports, "|"); got != c.exports {
				t.Errorf("exports\n%s, want\n%s", got, c.exports)
			}
			if got := IsolationOf(cfg, c.run).Rule(); got != c.rule {
				t.Errorf("rule %q, want %q", got, c.rule)
			}
		})
	}
}

// TestBranchNames has branches that were one before, and such that are made to
// look like the names of others: whatever is configured, no branch writes what
// another one or the default branch has.
func TestBranchNames(t *testing.T) {
	t.Parallel()
	branches := []string{
		"main", "feature/x", "feature-x", "feature x", "feature//x", "x", "y", "-x", "x-", "pr-x", "x-pr-y", "main-pr-x", "cache", "cache-pr-x", "latest", "Main", "MAIN", "a.b", "..", ".", "é", "e",
		strings.Repeat("a", 200), strings.Repeat("a", 199), strings.Repeat("a", 60), strings.Repeat("a", 61),
	}
	for _, b := range slices.Clone(branches) {
		branches = append(branches, hashedName(b), branchName(b))
	}
	slices.Sort(branches)
	branches = slices.Compact(branches)
	refs := []string{"r.example/a:{branch}", "r.example/a:cache", "r.example/a:x", "r.example/a", "r.example/a:main-pr-x"}
	for _, subset := range [][]string{refs[:1], refs[1:2], refs[:2], refs} {
		var entries []config.CacheEntry
		for _, ref := range subset {
			entries = append(entries, config.CacheEntry{Type: config.CacheRegistry, Import: true, Export: true, Attrs: map[string]string{"ref": ref}})
		}
		cfg := &config.Config{Cache: entries, CacheIsolation: true}
		owner := map[string]string{}
		for _, b := range append([]string{"main"}, branches...) { // the default branch first
			list, _, _ := Caches(cfg, ci.Run{System: "a CI", Branch: b, Main: "main"}, environ())
			for _, c := range list {
				if other, taken := owner[c.Export]; taken && other != b && c.Export != "" {
					t.Errorf("%q: %q and %q both write %s", subset, other, b, c.Export)
				}
				owner[c.Export] = b
				if _, tag, _ := strings.Cut(c.Export, ":"); len(tag) > 128 || tag != "" && !plainName.MatchString(tag) {
					t.Errorf("%q writes the tag %q", b, tag)
				}
			}
		}
	}
}
