package cmd

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

// crates serves the configuration of a sparse registry over TLS.
func crates(t *testing.T, code int) *httptest.Server {
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

// rustImage is an image that says of itself what official ones do.
func rustImage(t *testing.T, version string) v1.Image {
	t.Helper()
	image, err := mutate.Config(empty.Image, v1.Config{Env: []string{"PATH=/bin", "RUST_VERSION=" + version}})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func writeLayout(t *testing.T, dir, version string) {
	t.Helper()
	path, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = path.AppendImage(rustImage(t, version))
	}
	if err != nil {
		t.Fatal(err)
	}
}
