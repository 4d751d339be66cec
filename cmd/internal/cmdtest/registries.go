package cmdtest

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Crates serves the configuration of a sparse registry over TLS.
func Crates(t *testing.T, code int) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/index/config.json" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]string{"dl": "https://" + r.Host + "/crates/{crate}"})
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// RustImage is an image that says of itself what official ones do.
func RustImage(t *testing.T, version string) v1.Image {
	t.Helper()
	image, err := mutate.Config(empty.Image, v1.Config{Env: []string{"PATH=/bin", "RUST_VERSION=" + version}})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// RustLayout writes an OCI layout of [RustImage].
func RustLayout(t *testing.T, dir, version string) {
	t.Helper()
	path, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = path.AppendImage(RustImage(t, version))
	}
	if err != nil {
		t.Fatal(err)
	}
}
