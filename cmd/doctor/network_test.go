package doctor

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

func TestDoctorRegistry(t *testing.T) {
	t.Parallel()
	sound, broken := cmdtest.Crates(t, http.StatusOK), cmdtest.Crates(t, http.StatusForbidden)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: sound.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o644); err != nil {
		t.Fatal(err)
	}
	wary := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(wary.Close)
	withCA := "network.ca=" + ca
	for label, c := range map[string]struct {
		index   string
		set     []string
		status  Health
		message string
		fix     string
	}{
		"trusted":          {"sparse+" + sound.URL + "/index/", []string{withCA}, OK, "answers, authorities from", ""},
		"not trusted":      {"sparse+" + sound.URL + "/index/", nil, Fail, "certificate", "set network.ca"},
		"refuses":          {"sparse+" + broken.URL + "/index/", []string{withCA}, Fail, "answers 403 Forbidden", ".cargo/config.toml"},
		"refused":          {"sparse+https://127.0.0.1:1/", nil, Fail, "connection refused", "check the network"},
		"no such host":     {"sparse+https://crates.invalid/", nil, Fail, "crates.invalid", "network.proxy"},
		"no proxy there":   {"sparse+https://crates.invalid/", []string{"network.proxy=http://127.0.0.1:1"}, Fail, "connection refused", "correct network.proxy, which is from --set"},
		"past the proxy":   {"sparse+" + sound.URL + "/index/", []string{withCA, "network.proxy=http://127.0.0.1:1"}, OK, "proxy from --set", ""},
		"proxy wants more": {"sparse+https://crates.invalid/", []string{"network.proxy=" + wary.URL}, Fail, "Proxy Authentication Required", "USER:PASSWORD"},
		"no certificates":  {"sparse+" + sound.URL + "/index/", []string{"network.ca=Cargo.toml"}, Fail, "no certificate in", "PEM"},
		"by ssh":           {"ssh://git@crates.invalid/index", nil, Warn, "not tried", ""},
		"vendored":         {"", nil, OK, "from a directory", ""},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmdtest.WriteTree(t, dir, cmdtest.Single())
			text := "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"" + c.index + "\"\n"
			if c.index == "" {
				text = "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n"
			}
			cmdtest.WriteTree(t, dir, map[string]string{".cargo/config.toml": text, "vendor/x": ""})
			for i := range c.set {
				c.set[i] = strings.Replace(c.set[i], "=Cargo.toml", "="+dir+"/Cargo.toml", 1)
			}
			// What the environment says of the network is not that of the test.
			if !strings.Contains(strings.Join(c.set, " "), "network.ca") {
				c.set = append(c.set, "network.ca=")
			}
			d := newDoctor(t, dir, c.set...)
			d.workspace(t.Context())
			d.registry(t.Context())
			d.expect(t, "registry", c.status, c.message, c.fix)
		})
	}
}

// TestDoctorHalfTrusted: what an authority of this machine signs, and none of
// network.ca, may work in a container or not.
func TestDoctorHalfTrusted(t *testing.T) {
	t.Parallel()
	sound := cmdtest.Crates(t, http.StatusOK)
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{
		".cargo/config.toml": "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+" + sound.URL + "/index/\"\n",
		"other.pem":          cmdtest.Certificate("none that can be read"),
	})
	d := newDoctor(t, dir, "network.ca="+filepath.Join(dir, "other.pem"))
	d.machine = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sound.Certificate().Raw})
	d.workspace(t.Context())
	d.registry(t.Context())
	d.expect(t, "registry", Warn, "network.ca does not have it", "add the authority")
}

func TestDoctorToolchain(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(host + "/rust:1.90")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, cmdtest.RustImage(t, "1.90.0")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"Cargo.toml": cmdtest.Single()["Cargo.toml"] + "rust-version = \"1.80\"\n", "Dockerfile": "FROM scratch\n", "broken/index.json": "{"})
	cmdtest.RustLayout(t, filepath.Join(dir, "old"), "1.70.0")
	for _, c := range []struct {
		set, finding string
		status       Health
		message, fix string
	}{
		{"toolchain.image=" + host + "/rust:1.90", "toolchain", OK, "@sha256:", ""},
		{"toolchain.image=" + host + "/rust:1.91", "toolchain", Fail, "cannot be had", "toolchain.oci-layout"},
		{"toolchain.image=127.0.0.1:1/rust:1.91", "toolchain", Fail, "connection refused", "toolchain.oci-layout"},
		{"toolchain.image=A:b:c", "toolchain", Fail, "A:b:c", "toolchain.image"},
		{"toolchain.oci-layout=" + dir + "/old", "toolchain", OK, "OCI layout", ""},
		{"toolchain.oci-layout=" + dir + "/old", "rust", Fail, "is Rust 1.70.0", "1.80"},
		{"toolchain.oci-layout=" + dir + "/broken", "toolchain", Fail, "broken", "toolchain.oci-layout"},
		{"toolchain.dockerfile=" + dir + "/Dockerfile", "toolchain", OK, "not tried", ""},
	} {
		t.Run(c.set+" "+c.finding, func(t *testing.T) {
			t.Parallel()
			d := newDoctor(t, dir, c.set)
			d.workspace(t.Context())
			d.toolchain(t.Context())
			d.expect(t, c.finding, c.status, strings.ReplaceAll(c.message, "@", ", "), c.fix)
		})
	}
}
