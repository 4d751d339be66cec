package cmd

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
)

func TestDoctorRegistry(t *testing.T) {
	t.Parallel()
	sound, broken := crates(t, http.StatusOK), crates(t, http.StatusForbidden)
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
		status  health
		message string
		fix     string
	}{
		"trusted":          {"sparse+" + sound.URL + "/index/", []string{withCA}, healthOK, "answers, authorities from", ""},
		"not trusted":      {"sparse+" + sound.URL + "/index/", nil, healthFail, "certificate", "set network.ca"},
		"refuses":          {"sparse+" + broken.URL + "/index/", []string{withCA}, healthFail, "answers 403 Forbidden", ".cargo/config.toml"},
		"refused":          {"sparse+https://127.0.0.1:1/", nil, healthFail, "connection refused", "check the network"},
		"no such host":     {"sparse+https://crates.invalid/", nil, healthFail, "crates.invalid", "network.proxy"},
		"no proxy there":   {"sparse+https://crates.invalid/", []string{"network.proxy=http://127.0.0.1:1"}, healthFail, "connection refused", "correct network.proxy, which is from --set"},
		"past the proxy":   {"sparse+" + sound.URL + "/index/", []string{withCA, "network.proxy=http://127.0.0.1:1"}, healthOK, "proxy from --set", ""},
		"proxy wants more": {"sparse+https://crates.invalid/", []string{"network.proxy=" + wary.URL}, healthFail, "Proxy Authentication Required", "USER:PASSWORD"},
		"no certificates":  {"sparse+" + sound.URL + "/index/", []string{"network.ca=Cargo.toml"}, healthFail, "no certificate in", "PEM"},
		"by ssh":           {"ssh://git@crates.invalid/index", nil, healthWarn, "not tried", ""},
		"vendored":         {"", nil, healthOK, "from a directory", ""},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeTree(t, dir, single())
			text := "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"" + c.index + "\"\n"
			if c.index == "" {
				text = "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n"
			}
			writeTree(t, dir, map[string]string{".cargo/config.toml": text, "vendor/x": ""})
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
	sound := crates(t, http.StatusOK)
	dir := t.TempDir()
	writeTree(t, dir, single())
	writeTree(t, dir, map[string]string{
		".cargo/config.toml": "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+" + sound.URL + "/index/\"\n",
		"other.pem":          certificate("none that can be read"),
	})
	d := newDoctor(t, dir, "network.ca="+filepath.Join(dir, "other.pem"))
	d.machine = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sound.Certificate().Raw})
	d.workspace(t.Context())
	d.registry(t.Context())
	d.expect(t, "registry", healthWarn, "network.ca does not have it", "add the authority")
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
	if err := remote.Write(ref, rustImage(t, "1.90.0")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeTree(t, dir, single())
	writeTree(t, dir, map[string]string{"Cargo.toml": single()["Cargo.toml"] + "rust-version = \"1.80\"\n", "Dockerfile": "FROM scratch\n", "broken/index.json": "{"})
	writeLayout(t, filepath.Join(dir, "old"), "1.70.0")
	for _, c := range []struct {
		set, finding string
		status       health
		message, fix string
	}{
		{"toolchain.image=" + host + "/rust:1.90", "toolchain", healthOK, "@sha256:", ""},
		{"toolchain.image=" + host + "/rust:1.91", "toolchain", healthFail, "cannot be had", "toolchain.oci-layout"},
		{"toolchain.image=127.0.0.1:1/rust:1.91", "toolchain", healthFail, "connection refused", "toolchain.oci-layout"},
		{"toolchain.image=A:b:c", "toolchain", healthFail, "A:b:c", "toolchain.image"},
		{"toolchain.oci-layout=" + dir + "/old", "toolchain", healthOK, "OCI layout", ""},
		{"toolchain.oci-layout=" + dir + "/old", "rust", healthFail, "is Rust 1.70.0", "1.80"},
		{"toolchain.oci-layout=" + dir + "/broken", "toolchain", healthFail, "broken", "toolchain.oci-layout"},
		{"toolchain.dockerfile=" + dir + "/Dockerfile", "toolchain", healthOK, "not tried", ""},
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
