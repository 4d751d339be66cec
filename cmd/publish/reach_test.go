package publish

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
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
		// lost is what the error is, nil for one of a place that answers.
		lost    error
		refused bool
		says    string
	}{
		"alive":    {at: alive},
		"closed":   {at: closed, lost: buildkit.ErrRegistry, says: "connection refused"},
		"refusing": {at: refusing, refused: true, says: "cranekit login"},
		"engine":   {load: LoadByName, lost: builder.ErrUnreachable, says: "/nonexistent/docker.sock"},
	} {
		t.Run(what, func(t *testing.T) {
			p := Publication{Options: Options{Load: c.load}}
			if c.at != nil {
				tag, err := oci.Tag(strings.TrimPrefix(c.at.URL, "http://") + "/app:1")
				if err != nil {
					t.Fatal(err)
				}
				p.tags = []name.Tag{tag, tag}
			}
			err := p.reach(context.Background())
			if (err != nil) != (c.lost != nil || c.refused) || !errors.Is(err, c.lost) && !c.refused || c.refused && errors.Is(err, buildkit.ErrRegistry) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}
