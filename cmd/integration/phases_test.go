//go:build integration

package integration

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestKilled kills the builder or cranekit itself while a stage runs. The next
// run finishes, and no process of a container is left.
func TestKilled(t *testing.T) {
	w := machine(t, newState(t))
	w.write(t, "crane.yaml", "checks: {clippy: }\n")
	nonce := w.nonce
	for _, test := range []struct {
		name, victim, at string
		code             int
	}{
		{"builder in fetch", "builder", " [fetch] ", 75},
		{"builder in deps", "builder", " [deps check] ", 75},
		{"builder in a check", "builder", " [clippy] ", 75},
		{"cranekit in deps", "cranekit", " [deps check] ", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.nonce = nonce + "-" + strings.ReplaceAll(test.name, " ", "-")
			cmd, stdout := startUntilText(t, w, test.at, 1)
			pid := cmd.Process.Pid
			if test.victim == "builder" {
				pid = builderOf(t, w.state).PID
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d\n%s", code, test.code, stdout)
			}
			o := w.check(t)
			o.wants(t, 0)
			o.noRebuilds(t)
			if again := w.check(t); len(again.ran()) > 0 {
				t.Errorf("executed again: %q", again.ran())
			}
			if left := compilers(t, w.nonce); len(left) > 0 {
				t.Errorf("processes that were left: %q", left)
			}
		})
	}
}

// TestKilledInExport kills the builder while it exports a stage, and while it
// exports a check after the last one is done. The answers that are there by
// then stay.
func TestKilledInExport(t *testing.T) {
	for _, test := range []struct {
		name, at string
		code     int
	}{
		{"a stage", "/fetch-", 75},
		{"a check", "/clippy-", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var pid atomic.Int64
			h := serveRegistry(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, test.at) {
					return false
				}
				if victim := pid.Swap(0); victim != 0 {
					_ = syscall.Kill(int(victim), syscall.SIGKILL)
				}
				return false
			})
			w := machine(t, newState(t))
			w.nonce += "-export-" + strings.ReplaceAll(test.name, " ", "-")
			w.write(t, "crane.yaml", "checks: {clippy: }\ncache: [\""+h.repository()+"\"]\n")
			w.trust = "cache"
			cmd, stdout := startUntilText(t, w, " [fetch] ", 1)
			pid.Store(int64(builderOf(t, w.state).PID))
			_ = cmd.Wait()
			if pid.Load() != 0 {
				t.Fatalf("nothing was exported\n%s", stdout)
			}
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d\n%s", code, test.code, stdout)
			}
			t.Logf("%s", stdout)
			o := w.check(t)
			o.wants(t, 0)
			o.noRebuilds(t)
			w.state = newState(t) // another machine
			w.check(t).executed(t)
		})
	}
}

// compilers are the processes with this nonce in their environment that are in
// containers.
func compilers(t *testing.T, nonce string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(env), "CRANEKIT_NONCE="+nonce+"\x00") {
			continue
		}
		if line, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline")); err == nil {
			found = append(found, string(line))
		}
	}
	return found
}

// TestRegistryLost has a registry that goes away, or takes back the
// credentials, in the middle of an export and of an import.
func TestRegistryLost(t *testing.T) {
	for _, test := range []struct {
		name   string
		method string
		status int // 0 for a registry that is killed
	}{
		{"killed in export", http.MethodPost, 0},
		{"killed in import", http.MethodGet, 0},
		{"token expired in export", http.MethodPut, http.StatusUnauthorized},
		{"token expired in import", http.MethodGet, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h *host
			var mu sync.Mutex
			blobs, armed := 0, test.method != http.MethodGet
			h = serveRegistry(t, func(rw http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				// The second of a kind: something was read or written before.
				if armed && r.Method == test.method && strings.Contains(r.URL.Path, "/blobs/") {
					blobs++
				}
				switch {
				case !armed || blobs < 2:
					return false
				case test.status != 0:
					rw.WriteHeader(test.status)
				default:
					_ = h.Listener.Close()
					h.CloseClientConnections()
				}
				return true
			})
			w := machine(t, newState(t))
			w.nonce += "-" + strings.ReplaceAll(test.name, " ", "-")
			w.write(t, "crane.yaml", "checks: {clippy: }\ncache: [\""+h.repository()+"\"]\n")
			w.trust = "cache"
			if test.method == http.MethodGet {
				w.check(t).wants(t, 0)
				w.state = newState(t)
				w.edit(t, "crates/util/src/lib.rs", "pub fn", "// edited\npub fn")
				mu.Lock()
				armed = true
				mu.Unlock()
			}
			o := w.check(t)
			o.wants(t, 0)
			o.noRebuilds(t)
			if len(o.cache(t).Problems) == 0 {
				t.Error("no warning")
			}
			t.Logf("after %d requests: %q", blobs, o.cache(t).Problems)
			again := w.check(t)
			again.wants(t, 0)
			again.executed(t)
		})
	}
}

// TestSourceOfTheFuture has a machine whose clock was years ahead when files
// were written, and was then set right.
func TestSourceOfTheFuture(t *testing.T) {
	w := unpack(t, "reruns")
	w.nonce += "-future"
	w.write(t, "crane.yaml", "checks: {clippy: , package: }\n")
	future := time.Now().AddDate(14, 0, 0)
	if err := filepath.WalkDir(w.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, future, future)
	}); err != nil {
		t.Fatal(err)
	}
	o := w.check(t)
	o.wants(t, 0)
	o.noRebuilds(t)
	w.edit(t, "crates/util/src/lib.rs", "pub fn", "compile_error!(\"seen\");\npub fn")
	o = w.check(t)
	o.wants(t, 1)
	contains(t, o.stdout, "seen")
}

// TestNetworkCut stops all traffic with the builder for a minute while a check
// runs. Either the run lives through it or it ends as one whose builder is
// gone; the next one finishes.
func TestNetworkCut(t *testing.T) {
	w := unpack(t, "reruns")
	w.nonce += "-cut"
	state := newState(t)
	cut := newCutProxy(t, strings.TrimPrefix(startBuilder(t, state), "unix://"))
	w.env = []string{"BUILDKIT_HOST=tcp://" + cut.address}
	w.write(t, "crane.yaml", "checks:\n  wait: {kind: custom, run: [\"echo waiting; sleep 65\"]}\n")
	cmd, stdout := start(t, w)
	cut.hold(time.Minute)
	_ = cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	t.Logf("exit code %d\n%s", code, stdout)
	if code != 0 && code != 75 {
		t.Errorf("exit code %d, want 0 or 75", code)
	}
	w.edit(t, "crane.yaml", "sleep 65", "true")
	w.check(t).wants(t, 0)
}

// cutProxy passes bytes on in both directions, unless it is held.
type cutProxy struct {
	address string
	mu      sync.RWMutex
}

func newCutProxy(t *testing.T, socket string) *cutProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &cutProxy{address: listener.Addr().String()}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", socket)
			if err != nil {
				_ = from.Close()
				continue
			}
			go p.pass(from, to)
			go p.pass(to, from)
		}
	}()
	return p
}

func (p *cutProxy) pass(from, to net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.RLock()
		_, failed := to.Write(buffer[:n])
		p.mu.RUnlock()
		if err != nil || failed != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

// hold passes nothing on for a while.
func (p *cutProxy) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	time.Sleep(d)
}
