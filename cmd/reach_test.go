package cmd

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/cranekit/cranekit/images/oci"
)

// TestReach has places for an image that are not there, or would not take it.
func TestReach(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	alive := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer alive.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer refusing.Close()
	for what, c := range map[string]struct {
		at   *httptest.Server
		load string
		code int
		says string
	}{
		"alive":    {at: alive, code: exitGreen},
		"closed":   {at: closed, code: exitUnreachable, says: "connection refused"},
		"refusing": {at: refusing, code: exitRed, says: "cranekit login"},
		"engine":   {load: loadByName, code: exitUnreachable, says: "/nonexistent/docker.sock"},
	} {
		t.Run(what, func(t *testing.T) {
			p := publication{publishOptions: publishOptions{load: c.load}}
			if c.at != nil {
				tag, err := oci.Tag(strings.TrimPrefix(c.at.URL, "http://") + "/app:1")
				if err != nil {
					t.Fatal(err)
				}
				p.tags = []name.Tag{tag, tag}
			}
			err := p.reach(context.Background())
			if code := exitCode(err); code != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("exit code %d, %v", code, err)
			}
		})
	}
}
