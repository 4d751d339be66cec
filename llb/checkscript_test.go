package llb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkCargo stands for cargo in a check: it says what the file messages holds,
// and ends as the file status says.
const checkCargo = `#!/bin/sh
echo "cargo $*" >>"$OUT/../calls"
cat messages 2>/dev/null
exit "$(cat status 2>/dev/null || echo 0)"
`

// Messages of cargo's, on one line each.
const (
	ownArtifact = `{"reason":"compiler-artifact","package_id":"path+file:///src/app#0.1.0","target":{"kind":["bin"],"crate_types":["bin"],"name":"app"},"profile":{"test":false},"filenames":["PROGRAM"],"executable":"PROGRAM","fresh":false}`
	depArtifact = `{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#itoa@1.0.0","target":{"kind":["lib"],"crate_types":["lib"],"name":"itoa"},"profile":{"test":false},"filenames":["/x"],"executable":null,"fresh":false}`
	diagnostic  = `{"reason":"compiler-message","package_id":"path+file:///src/app#0.1.0","message":{"rendered":"warning: \"unused\"\n"}}`
)

// TestCheckScript runs checks with a cargo of ours: what they say, how they end
// and what comes out.
func TestCheckScript(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, limits, messages, status string
		env                              []string
		code                             int
		log                              []string // parts of the log, in this order
		files                            map[string]string
		absent                           []string
	}{
		"compile and collect": {
			script: "compile cargo build --workspace\ncollect", messages: diagnostic + "\n" + ownArtifact + "\nplain text\n",
			log:    []string{"$ cargo build --workspace", "warning: \"unused\"", "plain text"},
			files:  map[string]string{"bin/app": "program", "../calls": "cargo build --message-format=json --workspace\n"},
			absent: []string{"rebuilt.txt", "flaky.txt", "timeout.txt", "deps.txt", "compiled.txt"},
		},
		"a red one ends the check": {
			script: "compile cargo build\nonce echo more", status: "101", code: 101, log: []string{"$ cargo build"}, absent: []string{"bin"},
		},
		"a dependency is compiled": {
			script: "compile cargo clippy", messages: depArtifact + "\n", files: map[string]string{"rebuilt.txt": ""},
		},
		"passes when tried again": {
			script: "run sh -c 'echo x >>tries; test $(wc -l <tries) -gt 2'", limits: "retries=3\n",
			log: []string{"attempt 1 of 4", "attempt 2 of 4", "attempt 3 of 4"}, files: map[string]string{"flaky.txt": "2\n"},
		},
		"fails each time": {
			script: "run sh -c 'exit 7'", limits: "retries=1\n", code: 7, log: []string{"attempt 2 of 2"}, absent: []string{"flaky.txt"},
		},
		"flakiness cannot be made up": {
			script: "run sh -c 'mkdir \"$OUT/flaky.txt\"'", absent: []string{"flaky.txt"},
		},
		"a script": {
			script: `shell 'test -n "$RUSTC_WRAPPER"; echo one; false; echo two'`, code: 1, log: []string{"one"}, files: map[string]string{"compiled.txt": ""},
		},
		"a script with a wrapper of its own": {
			script: `shell 'test "$RUSTC_WRAPPER" = sccache'`, env: []string{"RUSTC_WRAPPER=sccache"}, absent: []string{"compiled.txt"},
		},
		"a script for another program": {
			script: `shell 'print(6 * 7)' python3 -c`, log: []string{"$ print(6 * 7)", "42"},
		},
		"what was reused cannot be made up": {
			script: `once sh -c 'echo forged >target/cranekit-deps.txt; mkdir "$OUT/deps.txt"'`, files: map[string]string{"deps.txt": "3 cargo check\n"},
		},
		"out of time": {
			script: "once sh -c 'echo began; sleep 100; echo never'", limits: "timeout=1\n", code: 124,
			log: []string{"began", "timed out after 1 s"}, files: map[string]string{"timeout.txt": "1\n"},
		},
		"out of time, and deaf": {
			script: `once sh -c 'trap "" TERM; echo began; while :; do sleep 1; done'`, limits: "timeout=1\n", code: 124,
			log: []string{"began", "timed out after 1 s"}, files: map[string]string{"timeout.txt": "1\n"},
		},
		"a process stays behind": {
			script: "once sh -c 'sleep 100 & echo done'", log: []string{"done"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachShell(t, func(t *testing.T, shell []string) {
				t.Parallel()
				r := newCheckRoot(t, shell, os.Getenv("PATH"))
				r.write(t, "bin/cargo", checkCargo)
				r.write(t, "src/program/app", "program")
				r.write(t, "src/messages", strings.ReplaceAll(c.messages, "PROGRAM", r.dir+"/src/program/app"))
				if c.status != "" {
					r.write(t, "src/status", c.status)
				}
				if c.limits != "" {
					r.write(t, "secrets/cranekit/limits", c.limits)
				}
				if strings.Contains(c.script, "cranekit-deps") {
					r.write(t, "src/target/cranekit-deps.txt", "3 cargo check\n")
				}
				code, out := finish(t, first(t, r.command(c.env, "check.sh", c.script, "name")))
				if code != c.code {
					t.Errorf("exit code %d, want %d\n%s", code, c.code, out)
				}
				log := r.read("out/log.txt")
				rest := log
				for _, part := range c.log {
					_, after, found := strings.Cut(rest, part)
					if !found {
						t.Errorf("%q is not there, or not in order, in\n%s", part, log)
					}
					rest = after
				}
				for file, want := range c.files {
					if got, err := os.ReadFile(filepath.Join(r.dir, "out", file)); err != nil || string(got) != want {
						t.Errorf("%s is %q (%v), want %q", file, got, err, want)
					}
				}
				for _, file := range c.absent {
					if _, err := os.Lstat(filepath.Join(r.dir, "out", file)); err == nil {
						t.Errorf("%s came out", file)
					}
				}
			})
		})
	}
}
