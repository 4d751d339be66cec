//go:build integration

package integration

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCacheTogether has twenty runs on one registry at once, each with another
// source.
func TestCacheTogether(t *testing.T) {
	h := serveRegistry(t, nil)
	var runs sync.WaitGroup
	for i := range 20 {
		w := unpack(t, "reruns")
		w.nonce += "-together"
		w.write(t, "crane.yaml", "checks: {fmt: }\ncache: ["+h.repository()+"]\n")
		w.trust = "cache"
		w.write(t, "crates/util/src/lib.rs", fmt.Sprintf("// %d\n", i))
		runs.Go(func() {
			o := w.check(t)
			if o.code != 0 || len(o.Caches) != 1 || len(o.Caches[0].Problems) > 0 {
				t.Errorf("exit code %d, caches %+v\n%s", o.code, o.Caches, o.stderr)
			}
		})
	}
	runs.Wait()
	if tags := h.tags(t); len(tags) != 1 || !strings.HasPrefix(tags[0], "fmt-") {
		t.Errorf("tags: %q", tags)
	}
}

// TestCacheCommands shows and prunes what the builder holds.
func TestCacheCommands(t *testing.T) {
	w := unpack(t, "reruns")
	o := w.finish(t, w.command(t.Context(), "cache", "du"))
	o.wants(t, 0)
	contains(t, o.stdout, "TYPE", "all ")
	o = w.finish(t, w.command(t.Context(), "cache", "prune", "--keep-storage", "1000GB"))
	o.wants(t, 0)
	contains(t, o.stdout, "removed 0 records")
	w.finish(t, w.command(t.Context(), "cache", "prune", "--keep-storage", "much")).wants(t, 2)
}

// TestCacheFaults has caches that are no use. The exit code is that of the
// checks, unless it is asked for otherwise.
func TestCacheFaults(t *testing.T) {
	silent := make(chan struct{})
	t.Cleanup(func() { close(silent) })
	refuse := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			return true
		}
	}
	for fault, ref := range map[string]string{
		"down":         "127.0.0.1:1/app/cache",
		"unauthorized": serveRegistry(t, refuse(http.StatusUnauthorized)).repository(),
		"broken":       serveRegistry(t, refuse(http.StatusInternalServerError)).repository(),
		"slow": serveRegistry(t, func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-silent:
			case <-r.Context().Done():
			}
			return true
		}).repository(),
	} {
		t.Run(fault, func(t *testing.T) {
			w := unpack(t, "reruns")
			w.nonce += "-" + fault
			w.write(t, "crane.yaml", "checks: {fmt: }\ncache: [\""+ref+"\"]\n")
			w.trust = "cache"
			began := time.Now()
			o := w.check(t, "fmt")
			o.wants(t, 0)
			t.Logf("%s: %q", time.Since(began), o.cache(t).Problems)
			if len(o.cache(t).Problems) == 0 {
				t.Error("no warning")
			}
			contains(t, o.stdout, "warning: cache registry")
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			w.check(t, "fmt", "--cache-required").wants(t, 75)
		})
	}
}

// TestLogin stores credentials where docker login does, and uses them.
func TestLogin(t *testing.T) {
	h := serveRegistry(t, func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if user == "ann" && password == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	w := unpack(t, "reruns")
	w.nonce += "-login"
	w.write(t, "crane.yaml", "checks: {fmt: }\n")
	w.env = []string{"DOCKER_CONFIG=" + t.TempDir()}
	login := func(password string) *outcome {
		cmd := w.command(t.Context(), "login", strings.TrimPrefix(h.URL, "http://"), "--username", "ann", "--password-stdin")
		cmd.Stdin = bytes.NewBufferString(password + "\n")
		return w.finish(t, cmd)
	}
	o := login("wrong")
	if o.code == 0 || strings.Contains(o.stderr+o.stdout, "wrong") {
		t.Errorf("a wrong password: exit code %d\n%s\n%s", o.code, o.stderr, o.stdout)
	}
	login("secret").wants(t, 0)
	o = w.check(t, "--cache="+h.repository())
	o.wants(t, 0)
	if got := o.cache(t); len(got.Problems) > 0 || !slices.Equal(got.Export.Saved, []string{"fmt"}) {
		t.Errorf("with credentials: %+v", got)
	}
}
