package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

func TestCacheList(t *testing.T) {
	t.Parallel()
	cfg := &config.Config{Workspace: "/w", CacheIsolation: true, Cache: []config.CacheEntry{
		{Type: "registry", Import: true, Export: true, Attrs: map[string]string{"ref": "registry.example/app:{branch}"}},
		{Type: "local", Import: true, Src: ".cache"},
		{Type: "s3", Export: true, Attrs: map[string]string{"bucket": "b"}},
	}}
	for name, test := range map[string]struct {
		revision ci.Run
		out, err string
	}{
		"branch": {ci.Run{Branch: "fix-a-b", Main: "main"}, `TYPE      IMPORT FROM                                              EXPORT TO
registry  registry.example/app:fix-a-b, registry.example/app:main  registry.example/app:fix-a-b
local     /w/.cache                                                -
s3        -                                                        cranekit
`, ""},
		"change": {ci.Run{System: "a CI", Branch: "fix", Main: "main", Change: true}, `TYPE      IMPORT FROM                                          EXPORT TO
registry  registry.example/app:fix, registry.example/app:main  registry.example/app:fix
local     /w/.cache/pr-fix, /w/.cache                          -
s3        -                                                    cranekit-pr-fix
`, "cranekit: caches: the change reads those of fix and main, and writes under its own name\n"},
		"fork in CI": {ci.Run{System: "a CI", Branch: "fix", Main: "main", Change: true, Fork: true, Why: "it comes from x"}, "no shared cache in use\n", "cranekit: caches: none is read or written for a change from a fork: it comes from x\n"},
		"fork": {ci.Run{Branch: "fix", Main: "main", Fork: true, Why: "it comes from x"}, `TYPE      IMPORT FROM                                          EXPORT TO
registry  registry.example/app:fix, registry.example/app:main  -
local     /w/.cache                                            -
`, "cranekit: no cache is exported for a change from a fork: it comes from x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, stderr bytes.Buffer
			a := &app{out: &out, err: &stderr}
			if err := a.cacheList(t.Context(), cfg, test.revision); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.out || stderr.String() != test.err {
				t.Errorf("got\n%s%swant\n%s%s", &out, &stderr, test.out, test.err)
			}
		})
	}
}

// TestUntrustedCache has caches of the repository's own file.
func TestUntrustedCache(t *testing.T) {
	t.Parallel()
	out, err := execute(t, map[string]string{
		"Cargo.toml": cmdtest.Single()["Cargo.toml"], ".git/HEAD": "",
		"crane.yaml": "checks: {fmt: }\ncache-isolation: false\ncache: [r.example/a]\n",
	}, "cache", "ls")
	if err != nil || !strings.Contains(out, "cache of crane.yaml:3 is not used: the repository is not trusted with it (cranekit trust cache, or --trust cache)") ||
		!strings.Contains(out, "cache-isolation of crane.yaml:2 is not used") || !strings.Contains(out, "no shared cache in use") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestCacheListOfOwn wants the list without a cache that the repository brings
// along.
func TestCacheListOfOwn(t *testing.T) {
	t.Parallel()
	dir := cmdtest.WithCache(t)
	out, err := command(t, dir, "cache", "ls", "--cache", "type=local,path=.cache")
	if err != nil || !strings.Contains(out, ".cache/index.json is tracked by git") || !strings.Contains(out, "no shared cache") {
		t.Errorf("cache ls: %v\n%s", err, out)
	}
}
