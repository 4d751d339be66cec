//go:build integration

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestSSHAgent fetches a dependency from git over ssh with a key that only the
// agent on this side has.
func TestSSHAgent(t *testing.T) {
	w := empty(t)
	w.layout = upstreamCargo(t, w.layout)
	dir, commit := committed(t)
	port, keys := sshd(t, "/usr/bin:/bin")
	url := fmt.Sprintf("ssh://root@127.0.0.1:%s%s", port, dir)
	w.write(t, "Cargo.toml", fmt.Sprintf("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nsecluded = { git = %q }\n", url))
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"{}\", secluded::WORD);\n}\n")
	w.write(t, "Cargo.lock", fmt.Sprintf(`version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "secluded",
]

[[package]]
name = "secluded"
version = "0.3.0"
source = "git+%s#%s"
`, url, commit))
	w.write(t, "crane.yaml", `toolchain: {packages: [openssh-client]}
fetch: {ssh: true, known-hosts: `+filepath.Join(keys, "known_hosts")+`}
checks:
  package:
  alone: {kind: custom, run: ['test -z "${SSH_AUTH_SOCK-}" && test ! -e /run/cranekit/ssh.sock']}
`)
	w.trust = "ssh,paths"
	w.env = []string{"SSH_AUTH_SOCK=" + agent(t, filepath.Join(keys, "user"))}
	o := w.check(t)
	o.wants(t, 0)
	o.noRebuilds(t)
	out, err := exec.Command(filepath.Join(w.dir, "result/package/bin/app")).Output()
	if err != nil || string(out) != "from git\n" {
		t.Errorf("app printed %q (%v)", out, err)
	}

	// Without the key, on a builder that has not got the repository yet, and
	// without an agent.
	w.state = newState(t)
	w.env = []string{"SSH_AUTH_SOCK=" + agent(t, "")}
	o = w.check(t, "package")
	if o.code == 0 {
		t.Error("the repository was fetched without a key")
	}
	contains(t, o.stdout, "Permission denied (publickey")
	w.env = []string{"SSH_AUTH_SOCK="}
	o = w.check(t, "package")
	o.wants(t, 2)
	contains(t, o.stderr, "fetch.ssh", "ssh-add")
}

// agent starts an agent with a key, "" for none, and returns its socket.
func agent(t *testing.T, key string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatal("no agent")
		}
	}
	if key != "" {
		add := exec.Command("ssh-add", "-q", key)
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("ssh-add: %v\n%s", err, out)
		}
	}
	return socket
}
