package cargo

import (
	"slices"
	"strings"
	"testing"
)

const builtMessages = `{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1","target":{"kind":["custom-build"],"name":"build-script-build"},"fresh":true}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1","target":{"kind":["lib"],"name":"libc"},"fresh":true}
{"reason":"compiler-artifact","package_id":"sparse+https://crates.example/index/#libc@0.2.1","target":{"kind":["lib"],"name":"libc"},"fresh":true}
{"reason":"compiler-artifact","package_id":"git+https://example.org/log?rev=1#0.4.0","target":{"kind":["lib"],"name":"log"},"fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///src/app#0.1.0","target":{"kind":["bin"],"name":"app"},"executable":"/target/app","fresh":false}
{"reason":"build-finished","success":true}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#only-tests@1.0.0","target":{"kind":["lib"],"name":"only-tests"},"fresh":true}
{"reason":"build-finished","success":true}
`

func TestBuilt(t *testing.T) {
	t.Parallel()
	const (
		index  = "registry+https://github.com/rust-lang/crates.io-index"
		own    = "sparse+https://crates.example/index/"
		commit = "git+https://example.org/log?rev=1#aaaa"
	)
	locks := map[string]string{
		"format 4": `version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["log", "libc 0.2.1 (` + index + `)"]
[[package]]
name = "libc"
version = "0.2.1"
source = "` + index + `"
checksum = "c1"
[[package]]
name = "libc"
version = "0.2.1"
source = "` + own + `"
checksum = "c2"
[[package]]
name = "log"
version = "0.4.0"
source = "` + commit + `"
`,
		"format 1": `[[package]]
name = "app"
version = "0.1.0"
[[package]]
name = "libc"
version = "0.2.1"
source = "` + index + `"
[[package]]
name = "libc"
version = "0.2.1"
source = "` + own + `"
[[package]]
name = "log"
version = "0.4.0"
source = "` + commit + `"
[metadata]
"checksum libc 0.2.1 (` + index + `)" = "c1"
"checksum libc 0.2.1 (` + own + `)" = "c2"
`,
	}
	want := []Crate{
		{Name: "app", Version: "0.1.0"},
		{Name: "libc", Version: "0.2.1", Source: index, Checksum: "c1"},
		{Name: "libc", Version: "0.2.1", Source: own, Checksum: "c2"},
		{Name: "log", Version: "0.4.0", Source: commit},
	}
	messages, err := ReadMessages(strings.NewReader(builtMessages))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range locks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lock, err := ParseLock([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			w := &Workspace{Lock: lock, Packages: []Package{{Name: "app", Version: "0.1.0", manifest: table{"package": table{"license": "MIT"}}}}}
			if got := w.Built(messages); !slices.Equal(got, want) {
				t.Errorf("built %+v, want %+v", got, want)
			}
			if p := w.Package(&messages.Units[4]); p == nil || p.Field("license") != "MIT" || p.Field("repository") != "" {
				t.Errorf("the package of the binary is %+v", p)
			}
			if p := w.Local(want[1]); p != nil {
				t.Errorf("libc is local: %+v", p)
			}
		})
	}
}
