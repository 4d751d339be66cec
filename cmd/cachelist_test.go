package cmd

import (
	"bytes"
	"testing"

	"github.com/cranekit/cranekit/config"
)

func TestCacheList(t *testing.T) {
	t.Parallel()
	cfg := &config.Config{Workspace: "/w", Cache: []config.CacheEntry{
		{Type: "registry", Import: true, Export: true, Attrs: map[string]string{"ref": "registry.example/app:{branch}"}},
		{Type: "local", Import: true, Src: ".cache"},
		{Type: "s3", Export: true, Attrs: map[string]string{"bucket": "b"}},
	}}
	for name, test := range map[string]struct {
		revision revision
		out, err string
	}{
		"branch": {revision{branch: "fix/a b", main: "main"}, `TYPE      IMPORT FROM                                              EXPORT TO
registry  registry.example/app:fix-a-b, registry.example/app:main  registry.example/app:fix-a-b
local     /w/.cache                                                -
s3        -                                                        cranekit
`, ""},
		"fork": {revision{branch: "fix", main: "main", fork: true}, `TYPE      IMPORT FROM                                          EXPORT TO
registry  registry.example/app:fix, registry.example/app:main  -
local     /w/.cache                                            -
`, "cranekit: no cache is exported: the change comes from a fork\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, stderr bytes.Buffer
			a := &app{out: &out, err: &stderr}
			if err := a.cacheList(cfg, test.revision); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.out || stderr.String() != test.err {
				t.Errorf("got\n%s%swant\n%s%s", &out, &stderr, test.out, test.err)
			}
		})
	}
}
