package oci

import (
	"crypto/x509"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"
)

func read(t *testing.T, tree Tree, name string) []byte {
	t.Helper()
	f, ok := tree[name]
	if !ok {
		t.Fatalf("/%s is not there", name)
	}
	in, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestScratch(t *testing.T) {
	t.Parallel()
	tree := Tree{}
	if err := tree.AddScratch(); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(read(t, tree, strings.TrimPrefix(CertFile, "/"))) {
		t.Error("no certificates")
	}
	if n := strings.Count(string(read(t, tree, strings.TrimPrefix(CertFile, "/"))), "BEGIN CERTIFICATE"); n < 80 {
		t.Errorf("only %d certificates", n)
	}
	zone, err := time.LoadLocationFromTZData("Europe/Berlin", read(t, tree, "usr/share/zoneinfo/Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).In(zone).Format(time.TimeOnly); got != "14:00:00" {
		t.Errorf("noon in Greenwich is %s in Berlin", got)
	}
	if !strings.Contains(string(read(t, tree, "etc/passwd")), "nonroot:x:65532:65532:") {
		t.Error("the user has no name")
	}
}

// TestScratchVersions keeps what the SBOM says equal to what is there. The time
// zones are those of the Go that runs the test, whose version go.mod names.
func TestScratchVersions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range file.Require {
		if r.Mod.Path == "golang.org/x/crypto/x509roots/fallback" && r.Mod.Version != rootsVersion {
			t.Errorf("go.mod has the authorities at %s, the SBOM says %s", r.Mod.Version, rootsVersion)
		}
	}
	if runtime.Version() != "go"+file.Go.Version {
		t.Logf("this is %s, not the %s of go.mod: its time zones may differ", runtime.Version(), file.Go.Version)
		return
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	lib := filepath.Join(strings.TrimSpace(string(out)), "lib", "time")
	script, err := os.ReadFile(filepath.Join(lib, "update.bash"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), "\nDATA="+zonesVersion+"\n") {
		t.Errorf("the time zones of Go are not of %s", zonesVersion)
	}
	zones, err := os.ReadFile(filepath.Join(lib, "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if string(zones) != string(zoneinfo) {
		t.Error("zoneinfo.zip is not that of Go: copy lib/time/zoneinfo.zip of its distribution")
	}
}
