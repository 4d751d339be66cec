//go:build integration

package integration

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sigstore/cosign/v3/pkg/cosign"
)

// TestSecrets has a secret in every place where one can be put, and publishes an
// image. Then it looks for them in all that stays: the builder's state and log,
// results, image and attestations, shared caches, cranekit's own files. And
// while it runs, in all processes.
func TestSecrets(t *testing.T) {
	m := markers{}
	s := &secretPlaces{kept: t.TempDir(), home: t.TempDir(), local: filepath.Join(t.TempDir(), "cache")}
	w := s.workspace(t, m)
	args := []string{
		"build", "--push", s.images + "/app:1", "--oci", filepath.Join(s.kept, "app.oci"), "--sign", "env://SIGNING_KEY",
		"--cache=" + s.images + "/cache", "--cache=type=local,path=" + s.local,
		"--cache=type=s3,bucket=b,region=r,use_path_style=true,endpoint_url=" + s.refusing, "--cache=type=gha", "--cache=type=azblob,account_name=acme,account_url=" + s.refusing,
	}
	processes := watchProcesses(m)
	o := w.finish(t, w.command(t.Context(), args...))
	builder := builderOf(t, w.state).PID
	processes.end()
	o.wants(t, 0)
	for where, line := range processes.told {
		t.Errorf("%s of %q", where, line)
	}
	// What was not there cannot be found.
	for _, what := range []string{"token of a registry", "secret of a check"} {
		if !processes.inside[what] {
			t.Errorf("no process was seen with the %s, of %d", what, len(processes.seen))
		}
	}
	if s.proxied.Load() == 0 || s.pushed.Load() == 0 {
		t.Errorf("%d requests by the proxy, %d with a password to the registry", s.proxied.Load(), s.pushed.Load())
	}
	if len(o.Images) != 2 || len(o.Caches) != 5 || len(o.Caches[0].Export.Saved) == 0 || len(o.Caches[1].Export.Saved) == 0 {
		t.Errorf("published %+v, cached %+v", o.Images, o.Caches)
	}
	for _, c := range o.Caches[2:] {
		if len(c.Problems) == 0 {
			t.Errorf("nobody refused %+v", c)
		}
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", builder))
	if err != nil {
		t.Fatal(err)
	}
	m.reported(t, "the builder's environment", environ)
	m.reported(t, "what was printed", []byte(o.stdout+o.stderr))
	plan := w.finish(t, w.command(t.Context(), "plan"))
	config := w.finish(t, w.command(t.Context(), "config"))
	m.reported(t, "plan and config", []byte(plan.stdout+plan.stderr+config.stdout+config.stderr))
	// The state as a whole, once nothing changes it any more.
	stopped := w.finish(t, w.command(t.Context(), "builder", "stop"))
	stopped.wants(t, 0)
	if n := m.search(t, w.state, filepath.Join(w.dir, "result"), s.kept, s.local, filepath.Join(s.home, ".cache")); n < 1000 {
		t.Errorf("only %d files were searched", n)
	}
}

// secretPlaces is what surrounds a run with secrets.
type secretPlaces struct {
	// kept has all that was sent to the registry, local is a cache, home the
	// user's directory.
	kept, local, home string
	// images is the registry, refusing the URL of caches that take nobody.
	images, refusing string
	proxied, pushed  atomic.Int64
}

// workspace has secrets wherever the configuration takes one, and beside it.
func (s *secretPlaces) workspace(t *testing.T, m markers) *workspace {
	t.Helper()
	w := empty(t)
	w.state = newState(t)
	s.serveImages(t, m.add("password of a registry of images"))
	s.refuse(t)
	proxyPassword := m.add("password of a proxy")
	proxy := s.proxy(t, proxyPassword)
	token := m.add("token of a registry")
	s.sources(t, w, token)
	w.write(t, "../credentials", "https://ann:"+m.add("password of git")+"@git.example\n")
	w.write(t, "../key.pem", m.add("secret file of a check"))
	w.write(t, ".gitignore", "/result\n.env\n.cargo/credentials.toml\n")
	w.write(t, ".env", "PASSWORD="+m.add("file that git ignores"))
	w.write(t, ".cargo/credentials.toml", "[registries.other]\ntoken = \""+m.add("token beside the workspace")+"\"\n")
	git(t, w.dir, "init", "-q", "-b", "trunk")
	git(t, w.dir, "add", ".")
	git(t, w.dir, "commit", "-qm", "one")
	git(t, w.dir, "remote", "add", "origin", "https://ann:"+m.add("token of the remote")+"@git.example/app")
	git(t, w.dir, "config", "http.extraheader", "AUTHORIZATION: basic "+m.add("header of the remote"))
	for name, text := range map[string]string{
		".cargo/credentials.toml": "[registry]\ntoken = \"" + m.add("token of the user") + "\"\n",
		".netrc":                  "machine git.example login ann password " + m.add("netrc of the user") + "\n",
		".gitconfig":              "[url \"https://ann:" + m.add("token of the user's git") + "@git.example/\"]\n\tinsteadOf = https://git.example/\n",
	} {
		file := filepath.Join(s.home, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.trust = "secrets,ssh,cache"
	w.env = []string{
		"HOME=" + s.home, "XDG_CACHE_HOME=" + filepath.Join(s.home, ".cache"), "DOCKER_CONFIG=" + s.docker(t, m["password of a registry of images"]),
		"ACME=" + token, "CHECKED=" + m.add("secret of a check"), "CRANEKIT_NETWORK_PROXY=" + strings.Replace(proxy, "://", "://ann:"+proxyPassword+"@", 1), "CRANEKIT_NETWORK_NO_PROXY=none.example",
		"AWS_ACCESS_KEY_ID=ann", "AWS_SECRET_ACCESS_KEY=" + m.add("key of S3"), "AWS_SESSION_TOKEN=" + m.add("session of S3"),
		"BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY=" + m.add("key of Azure"),
		"ACTIONS_RUNTIME_TOKEN=" + m.add("token of GitHub's cache"), "ACTIONS_CACHE_URL=" + s.refusing + "/",
		"GITHUB_TOKEN=" + m.add("token of GitHub"), "CI_JOB_TOKEN=" + m.add("token of GitLab"), "UNRELATED=" + m.add("variable of the job"),
		"SSH_AUTH_SOCK=" + agent(t, s.sshKey(t, m)),
	}
	w.env = append(w.env, signing(t, m)...)
	return w
}

// sources are a program with a dependency from a registry that wants a token.
func (s *secretPlaces) sources(t *testing.T, w *workspace, token string) {
	t.Helper()
	crate := packed(t, map[string]string{
		"hidden-1.0.0/Cargo.toml": "[package]\nname = \"hidden\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
		"hidden-1.0.0/build.rs":   "fn main() {}\n",
		"hidden-1.0.0/src/lib.rs": "pub const WORD: &str = \"found\";\n",
	})
	own := crates{"hidden": crate}
	registry := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != token:
			http.Error(rw, "no token, no crates", http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "config.json"):
			fmt.Fprintf(rw, `{"dl":"http://%s/crates","auth-required":true}`, r.Host)
		default:
			own.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(registry.Close)
	w.write(t, ".cargo/config.toml", "[registries.acme]\nindex = \"sparse+"+registry.URL+"/\"\n")
	w.write(t, "Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nhidden = { version = \"1\", registry = \"acme\" }\n")
	w.write(t, "Cargo.lock", lock(locked{"app", "0.1.0", "", []string{"hidden"}},
		locked{"hidden", "1.0.0", fmt.Sprintf("source = \"sparse+%s/\"\nchecksum = \"%x\"\n", registry.URL, sha256.Sum256(crate)), nil}))
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"{}\", hidden::WORD);\n}\n")
	w.write(t, "crane.yaml", `common: {profile: dev}
fetch: {ssh: true, secrets: {CARGO_REGISTRIES_ACME_TOKEN: "env:ACME", git-credentials: "file:../credentials"}}
checks:
  package:
  has: {kind: custom, deps: none, secrets: {TOKEN: "env:CHECKED", key.pem: "file:../key.pem"}, run: ["test -n \"$TOKEN\" && test -s /run/secrets/key.pem", "sleep 1"]}
image: {requires: [has]}
`)
}

// serveImages starts a registry that wants a password, and keeps what it gets.
func (s *secretPlaces) serveImages(t *testing.T, password string) {
	t.Helper()
	var received atomic.Int64
	h := serveRegistry(t, func(rw http.ResponseWriter, r *http.Request) bool {
		if _, given, _ := r.BasicAuth(); given != password {
			rw.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return true
		}
		s.pushed.Add(1)
		body, err := io.ReadAll(r.Body)
		if err == nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			err = os.WriteFile(filepath.Join(s.kept, fmt.Sprint(received.Add(1))), append([]byte(nil), body...), 0o600)
		}
		if err != nil {
			t.Error(err)
		}
		return false
	})
	s.images = strings.TrimPrefix(h.URL, "http://")
}

// refuse starts what stands for caches of clouds.
func (s *secretPlaces) refuse(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Error(rw, "not for "+r.Header.Get("Authorization"), http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	s.refusing = server.URL
}

// proxy starts one that wants a password.
func (s *secretPlaces) proxy(t *testing.T, password string) string {
	t.Helper()
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.Header.Del("Proxy-Authorization") }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		login := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		if _, given, _ := login.BasicAuth(); given != password {
			rw.Header().Set("Proxy-Authenticate", `Basic realm="test"`)
			rw.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		s.proxied.Add(1)
		onward.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// docker is a directory with Docker's configuration.
func (s *secretPlaces) docker(t *testing.T, password string) string {
	t.Helper()
	dir := t.TempDir()
	config, err := json.Marshal(map[string]any{"auths": map[string]any{s.images: map[string]string{"username": "ann", "password": password}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sshKey makes a key for the agent. A line of it is the secret.
func (s *secretPlaces) sshKey(t *testing.T, m markers) string {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	m["key of the agent"] = strings.Split(string(text), "\n")[3]
	return key
}

// signing are the variables of a key that signs images.
func signing(t *testing.T, m markers) []string {
	t.Helper()
	password := m.add("password of the signing key")
	keys, err := cosign.GenerateKeyPair(func(bool) ([]byte, error) { return []byte(password), nil })
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(keys.PrivateBytes), "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return len(line) >= 60 })
	m["signing key"] = lines[i]
	return []string{"COSIGN_PASSWORD=" + password, "SIGNING_KEY=" + string(keys.PrivateBytes)}
}
