package cmd

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/doctor"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

// TestDoctor runs the command.
func TestDoctor(t *testing.T) {
	server, state := cmdtest.Crates(t, http.StatusOK), filepath.Join(t.TempDir(), "state")
	t.Setenv("CRANEKIT_STATE_DIR", state)
	t.Setenv("BUILDKIT_HOST", "")
	t.Setenv("CRANEKIT_TRUST", "toolchain")
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: state}); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{
		"ca.pem":             string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
		"crane.yaml":         "network: {ca: ca.pem}\ntoolchain: {oci-layout: layout}\n",
		".cargo/config.toml": "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+" + server.URL + "/index/\"\n",
	})
	cmdtest.RustLayout(t, filepath.Join(dir, "layout"), "1.96.0")
	out, err := command(t, dir, "doctor", "--format", "json")
	var said struct {
		Version  int
		OK       bool
		Findings []doctor.Finding
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Version != 1 || !said.OK || len(said.Findings) < 9 {
		t.Errorf("%v in\n%s", err, out)
	}
	out, err = command(t, dir, "doctor", "--builder", "unix:///nonexistent/sock")
	if exitCode(err) != exitRed || !strings.Contains(out, "fail  builder") || !strings.Contains(out, "→ ") || !strings.Contains(out, "ok    registry") {
		t.Errorf("%v\n%s", err, out)
	}
	cmdtest.WriteTree(t, dir, map[string]string{"crane.yaml": "jbos: 1\njobs: x\n"})
	out, err = command(t, dir, "doctor")
	if exitCode(err) != exitRed || strings.Count(out, "fail  configuration") != 2 || !strings.Contains(out, `→ did you mean "jobs"?`) {
		t.Errorf("%v\n%s", err, out)
	}
	// Each remedy is there once, also outside of a workspace.
	for _, at := range []string{dir, t.TempDir()} {
		if out, err = command(t, at, "doctor", "--set", "jobs=few", "--set", "toolchain.oci-layout=none"); exitCode(err) != exitRed || strings.Count(out, config.LayoutAdvice) != 1 || strings.Count(out, "name its directory with -C") > 1 {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if _, err = command(t, dir, "doctor", "--format", "xml"); exitCode(err) != exitUsage {
		t.Error(err)
	}
}
