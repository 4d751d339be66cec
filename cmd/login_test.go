package cmd

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/google/go-containerregistry/pkg/registry"
)

// TestLogin logs in to a registry that knows one user.
func TestLogin(t *testing.T) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "s3cret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	dockerconfig.SetDir(dir)
	login := func(stdin string, args ...string) (code int, output string) {
		var out bytes.Buffer
		a := &app{version: "1.2.3", out: &out, err: &out}
		root := a.root()
		root.SetIn(strings.NewReader(stdin))
		root.SetArgs(append([]string{"login"}, args...))
		err := root.ExecuteContext(t.Context())
		if err != nil {
			out.WriteString(err.Error())
		}
		return exitCode(err), out.String()
	}
	for name, c := range map[string]struct {
		stdin string
		args  []string
		code  int
		text  string
	}{
		"wrong password": {"wr0ng\n", []string{host, "-u", "ann", "--password-stdin"}, exitRed, "refuses the credentials"},
		"no password":    {"", []string{host, "-u", "ann", "--password-stdin"}, exitUsage, "no password"},
		"no user":        {"s3cret", []string{host, "--password-stdin"}, exitUsage, "--username"},
		"no registry":    {"s3cret", []string{"-u", "ann", "--password-stdin"}, exitUsage, "login needs REGISTRY"},
		"bad registry":   {"s3cret", []string{"a b", "-u", "ann", "--password-stdin"}, exitUsage, "a b"},
		"down":           {"s3cret", []string{"127.0.0.1:1", "-u", "ann", "--password-stdin"}, exitUnreachable, "127.0.0.1:1"},
	} {
		code, text := login(c.stdin, c.args...)
		if code != c.code || !strings.Contains(text, c.text) || strings.Contains(text, "wr0ng") || strings.Contains(text, "s3cret") {
			t.Errorf("%s: exit code %d, %s", name, code, text)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		t.Error("something was stored for a login that failed")
	}
	if code, text := login("s3cret\r\nmore\n", host, "--username", "ann", "--password-stdin"); code != exitGreen {
		t.Fatalf("exit code %d, %s", code, text)
	}
	stored, err := dockerconfig.LoadDefaultConfigFile(io.Discard).GetAuthConfig(host)
	if err != nil || stored.Username != "ann" || stored.Password != "s3cret" {
		t.Errorf("stored %+v, %v", stored, err)
	}
}
