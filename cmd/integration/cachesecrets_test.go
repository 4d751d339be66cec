//go:build integration

package integration

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCachePassword searches everything that a run with credentials leaves
// behind for them: output, results, the builder's state and the cache.
func TestCachePassword(t *testing.T) {
	const password = "correct-horse-battery-staple"
	h := serveRegistry(t, func(w http.ResponseWriter, r *http.Request) bool {
		if user, given, _ := r.BasicAuth(); user == "ann" && given == password {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	w := unpack(t, "reruns")
	w.nonce += "-password"
	w.write(t, "crane.yaml", "checks: {fmt: }\n")
	w.state = newState(t)
	w.env = []string{"DOCKER_CONFIG=" + t.TempDir()}
	login := w.command(t.Context(), "login", strings.TrimPrefix(h.URL, "http://"), "--username", "ann", "--password-stdin")
	login.Stdin = strings.NewReader(password + "\n")
	o := w.finish(t, login)
	o.wants(t, 0)
	said := o.stdout + o.stderr
	dir := t.TempDir()
	o = w.check(t, "--cache="+h.repository(), "--cache=type=local,path="+dir)
	o.wants(t, 0)
	for _, c := range o.Caches {
		if len(c.Problems) > 0 || !slices.Equal(c.Export.Saved, []string{"fmt"}) {
			t.Errorf("with credentials: %+v", c)
		}
	}
	if strings.Contains(said+o.stdout+o.stderr, password) {
		t.Error("the password is in the output")
	}
	leavesNo(t, []string{password}, w.dir, w.state, dir)
}

// leavesNo searches directories for secrets.
func leavesNo(t *testing.T, secrets []string, roots ...string) {
	t.Helper()
	searched := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
			// Unpacked images are not the run's; logs, databases and blobs are.
			if err != nil || entry.IsDir() && entry.Name() == "snapshots" {
				return fs.SkipDir
			}
			if info, err := entry.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > 64<<20 {
				return nil
			}
			data, err := os.ReadFile(file)
			if err == nil {
				searched++
				for i, secret := range secrets {
					if bytes.Contains(data, []byte(secret)) {
						t.Errorf("secret %d is in %s", i, file)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if searched < 20 {
		t.Errorf("only %d files were searched", searched)
	}
}
