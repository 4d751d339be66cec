//go:build integration

package integration

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
)

// program is a published program with its lock.
type program struct {
	name, version, checksum string
	profile                 string
	// binary prints the version when asked.
	binary string
}

// TestPrograms runs published programs and compares with what cargo says of
// them: a custom check runs the same commands in the same image, in a target
// directory of its own that has never seen a skeleton.
func TestPrograms(t *testing.T) {
	for _, p := range []program{
		{"hexyl", "0.16.0", "43d56dd04872b6c6d429f18d2e03df95f853feb618c7cd8bf22d0e6851ce5ef8", "release", "hexyl"},
		{"sd", "1.0.0", "70613c41881ca1e5b69e6bb110f2ac499739c03a151b00e41e16090974b826a8", "dev", "sd"},
		{"zoxide", "0.9.8", "c2f67db392d321a1128bb291cc6bc074851942e63f6fe38232e1974721787520", "dev", "zoxide"},
	} {
		t.Run(p.name, func(t *testing.T) {
			w := empty(t)
			p.download(t, w)
			w.write(t, "crane.yaml", fmt.Sprintf(`common: {profile: %s}
checks:
  clippy:
  package:
  coverage: {kind: tarpaulin}
  cargo-clippy: {kind: custom, run: ["CARGO_TARGET_DIR=/tmp/own cargo clippy --all-targets --locked --offline --profile %[1]s -- --deny warnings"]}
  cargo-test: {kind: custom, run: ["CARGO_TARGET_DIR=/tmp/own cargo test --locked --offline --profile %[1]s"]}
`, p.profile))
			o := w.check(t)
			o.noRebuilds(t)
			for ours, cargos := range map[string]string{"clippy": "cargo-clippy", "package": "cargo-test"} {
				a, b := o.row(t, ours), o.row(t, cargos)
				if a.Status != b.Status || a.ExitCode != b.ExitCode {
					t.Errorf("%s is %s with exit code %d, cargo by itself %s with %d\n%s", ours, a.Status, a.ExitCode, b.Status, b.ExitCode, o.stdout)
				}
			}
			ours, cargos := o.row(t, "package").Metrics, o.row(t, "cargo-test").Metrics
			if ours.TestsPassed == nil || cargos.TestsPassed == nil || *ours.TestsPassed != *cargos.TestsPassed || *ours.TestsPassed == 0 {
				t.Errorf("tests passed: %v, by cargo itself %v", ours.TestsPassed, cargos.TestsPassed)
			}
			coverage := o.row(t, "coverage")
			if coverage.Status != buildkit.StatusPassed || coverage.Metrics.LinesCovered == nil || *coverage.Metrics.LinesCovered == 0 {
				t.Errorf("coverage is %s\n%s", coverage.Status, o.stdout)
			}
			out, err := exec.Command(filepath.Join(w.dir, "result/package/bin", p.binary), "--version").Output()
			if err != nil || !strings.Contains(string(out), p.version) {
				t.Errorf("%s --version printed %q (%v)", p.binary, out, err)
			}
		})
	}
}

// download unpacks the program from the crate registry.
func (p program) download(t *testing.T, w *workspace) {
	t.Helper()
	name := p.name + "-" + p.version
	url := fmt.Sprintf("https://static.crates.io/crates/%s/%s.crate", p.name, name)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.checksum {
		t.Fatalf("%s: %s, checksum %x, want %s", url, response.Status, sum, p.checksum)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			w.write(t, strings.TrimPrefix(header.Name, name+"/"), string(text))
		}
	}
}
