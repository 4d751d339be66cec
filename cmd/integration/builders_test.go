//go:build integration

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// formatted is a workspace with one quick check, and the address of the
// common builder, which other kinds of builders lead to.
func formatted(t *testing.T) (w *workspace, address string) {
	return unpack(t, "reruns").formatted(t)
}

func (w *workspace) formatted(t *testing.T) (self *workspace, address string) {
	t.Helper()
	w.write(t, "crane.yaml", "checks:\n  fmt:\n")
	w.check(t).wants(t, 0)
	return w, builderOf(t, w.state).Address
}

// via runs the check on the same builder by another way, which has to be named
// in the report.
func (w *workspace) via(t *testing.T, name string) {
	t.Helper()
	w.edit(t, "crates/app/src/main.rs", "fn main", "// "+t.Name()+"\nfn main") // not cached
	o := w.check(t)
	o.wants(t, 0)
	if o.Builder.Name != name || o.row(t, "fmt").Cached {
		t.Errorf("builder %q, want %q; fmt %+v", o.Builder.Name, name, o.row(t, "fmt"))
	}
}

func TestTLSBuilder(t *testing.T) {
	own := unpack(t, "reruns")
	own.state = newState(t) // to be searched as a whole
	w, socket := own.formatted(t)
	ours, other := buildkittest.NewAuthority(t), buildkittest.NewAuthority(t)
	address := ours.Secure(t, socket, "buildkit.test")
	cert, key := ours.Issue(t, "client")
	text := fmt.Sprintf("checks:\n  fmt:\nbuilder: farm\nbuilders:\n  farm:\n    address: %s\n    ca: %s\n    cert: %s\n    key: %s\n    server-name: buildkit.test\n",
		address, ours.File, cert, key)
	w.write(t, "crane.yaml", text)
	w.trust = "builder,paths"
	w.via(t, "farm ("+address+")")
	for set, want := range map[string]string{
		"ca=" + other.File:    "signed by unknown authority",
		"server-name=another": "valid for buildkit.test, not another",
		"cert=":               "cert and key need each other",
	} {
		o := w.check(t, "--set", "builders.farm."+set)
		code := 75
		if set == "cert=" {
			code = 2
		}
		o.wants(t, code)
		contains(t, o.stderr, want)
	}
	o := w.check(t, "--set", "builders.farm.cert=", "--set", "builders.farm.key=")
	o.wants(t, 75)
	contains(t, o.stderr, "certificate required", "set cert and key")

	// The key opens the way to the builder, and is in nothing that stays.
	data, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	m := markers{"key of the client": strings.Split(string(data), "\n")[1]}
	plan := w.finish(t, w.command(t.Context(), "plan"))
	config := w.finish(t, w.command(t.Context(), "config"))
	m.reported(t, "what was printed", []byte(o.stdout+o.stderr+plan.stdout+plan.stderr+config.stdout+config.stderr))
	w.finish(t, w.command(t.Context(), "builder", "stop")).wants(t, 0)
	if n := m.search(t, w.state, filepath.Join(w.dir, "result"), w.settings); n < 1000 {
		t.Errorf("only %d files were searched", n)
	}
}

// buildctl builds BuildKit's own client, which is what runs on the far side of
// ssh and kubectl, and returns its directory.
var buildctl = sync.OnceValues(func() (string, error) {
	b, err := prepare()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(b.state), "test-tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir+"/", "github.com/moby/buildkit/cmd/buildctl").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building buildctl: %w: %s", err, out)
	}
	return dir, nil
})

// script writes an executable file into a directory of the test's.
func script(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// sshd starts OpenSSH's server on loopback with a configuration and keys of
// its own, and returns its port and a directory with an ssh that knows both.
func sshd(t *testing.T, path string) (port, bin string) {
	t.Helper()
	dir := t.TempDir()
	for _, key := range []string{"host", "user"} {
		run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
	}
	port = freePort(t)
	hostKey, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"sshd_config": fmt.Sprintf("ListenAddress 127.0.0.1\nPort %s\nHostKey %s/host\nAuthorizedKeysFile %[2]s/user.pub\nStrictModes no\nUsePAM no\n"+
			"PermitRootLogin prohibit-password\nPidFile none\nSetEnv PATH=%s\n", port, dir, path),
		"ssh_config":  fmt.Sprintf("Host *\nIdentityFile %s/user\nUserKnownHostsFile %[1]s/known_hosts\n", dir),
		"known_hosts": fmt.Sprintf("[127.0.0.1]:%s %s", port, hostKey),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	server.Stderr = t.Output()
	if err := server.Start(); err != nil {
		t.Fatalf("%v (make deps installs openssh-server)", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	listening(t, "tcp", "127.0.0.1:"+port, 5*time.Second)
	// The real ssh, with a configuration that leaves that of the user alone.
	script(t, dir, "ssh", fmt.Sprintf(`exec /usr/bin/ssh -F %s/ssh_config "$@"`, dir))
	return port, dir
}

func TestSSHBuilder(t *testing.T) {
	w, socket := formatted(t)
	tools, err := buildctl()
	if err != nil {
		t.Fatal(err)
	}
	port, bin := sshd(t, tools+":/usr/bin:/bin")
	address := "ssh://root@127.0.0.1:" + port + strings.TrimPrefix(socket, "unix://")
	w.env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "CRANEKIT_BUILDER=" + address}
	w.via(t, address)

	o := w.check(t, "--builder", address+"-gone")
	o.wants(t, 75)
	contains(t, o.stderr, "no such file or directory", "a running buildkitd")

	// Without buildctl on the far side.
	port, bin = sshd(t, "/usr/bin:/bin")
	w.env[0] = "PATH=" + bin + ":" + os.Getenv("PATH")
	o = w.check(t, "--builder", "ssh://root@127.0.0.1:"+port)
	o.wants(t, 75)
	contains(t, o.stderr, "exit status 127", "buildctl: command not found", "needs BuildKit's buildctl")

	// A host whose key is not known is not trusted, and nobody is asked.
	w.env[0] = "PATH=" + os.Getenv("PATH")
	o = w.check(t, "--builder", "ssh://root@127.0.0.1:"+port)
	o.wants(t, 75)
	contains(t, o.stderr, "Host key verification failed")
}

// TestPodBuilder has a kubectl that runs commands here instead of in a pod.
func TestPodBuilder(t *testing.T) {
	w, socket := formatted(t)
	tools, err := buildctl()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script(t, bin, "kubectl", fmt.Sprintf(`case "$*" in
"--context=farm --namespace=ci exec --container= -i buildkit-0 -- "*) ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
shift 7
BUILDKIT_HOST=%s PATH=%s exec "$@"`, socket, tools))
	w.env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	address := "kube-pod://buildkit-0?context=farm&namespace=ci"
	w.env = append(w.env, "BUILDKIT_HOST="+address)
	w.via(t, address)

	o := w.check(t, "--builder", "kube-pod://other")
	o.wants(t, 75)
	contains(t, o.stderr, "kubectl ended with exit status 1: unexpected: --context= --namespace=")
}

// TestBuildxBuilder names a builder of docker buildx, which has one node and
// then two.
func TestBuildxBuilder(t *testing.T) {
	w, socket := formatted(t)
	buildx := t.TempDir()
	if err := os.Mkdir(filepath.Join(buildx, "instances"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"Name":"farm","Driver":"remote","Nodes":[{"Name":"farm0","Endpoint":%q,"Platforms":null,"DriverOpts":null,"Flags":null,"Files":null}],"Dynamic":false}`, socket)
	if err := os.WriteFile(filepath.Join(buildx, "instances", "farm"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w.env = []string{"BUILDX_CONFIG=" + buildx, "CRANEKIT_BUILDER=farm"}
	w.via(t, "farm ("+socket+")")
	o := w.check(t, "--builder", "fram")
	o.wants(t, 2)
	contains(t, o.stderr, `--builder: builder: "fram" is neither an address nor one of auto, embedded, docker, container, farm (did you mean "farm"?)`)
	node := strings.Index(text, `[{`) + 1
	both := text[:node] + strings.Replace(text[node:strings.Index(text, `]`)], "farm0", "farm1", 1) + "," + text[node:]
	if err := os.WriteFile(filepath.Join(buildx, "instances", "farm"), []byte(both), 0o644); err != nil {
		t.Fatal(err)
	}
	o = w.check(t)
	o.wants(t, 0)
	contains(t, o.stderr, "builder farm/farm1 ("+socket+"): from CRANEKIT_BUILDER")
	contains(t, o.stderr, "builder farm/farm0 ("+socket+"): from CRANEKIT_BUILDER")
	w.env = append(w.env, "CRANEKIT_BUILDER=farm/farm0")
	w.via(t, "farm/farm0 ("+socket+")")
}
