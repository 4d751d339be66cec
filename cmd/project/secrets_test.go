package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/llb"
)

// TestSecretsOfStrangeImages has secrets that the user gives, and images that
// the repository chooses to run the steps in that get them.
func TestSecretsOfStrangeImages(t *testing.T) {
	const image, dockerfile = "toolchain: {image: evil.example/rust}\n", "toolchain: {dockerfile: Cargo.toml}\n"
	const fetch, ssh, check = "fetch.secrets.TOKEN=env:CRANE_TEST_TOKEN", "fetch.ssh=true", "checks.clippy.secrets.TOKEN=env:CRANE_TEST_TOKEN"
	t.Setenv("CRANE_TEST_TOKEN", "hunter2")
	t.Setenv("SSH_AUTH_SOCK", "/nonexistent")
	for name, c := range map[string]struct{ yaml, set, trust, refused string }{
		"secrets of fetch, image":            {image, fetch, "", "fetch.secrets: "},
		"secrets of fetch, Dockerfile":       {dockerfile, fetch, "", "fetch.secrets: "},
		"secrets of a check, Dockerfile":     {dockerfile, check, "", "checks.clippy.secrets: "},
		"ssh, image":                         {image, ssh, "", "fetch.ssh: "},
		"ssh, trusted with secrets":          {image, ssh, "secrets", "fetch.ssh: "},
		"secrets of fetch, trusted with ssh": {image, fetch, "ssh", "fetch.secrets: "},
		"trusted":                            {image, fetch, "secrets", ""},
		"trusted with ssh":                   {image, ssh, "ssh", ""},
		"official image":                     {"toolchain: {image: \"rust:1.90\"}\n", fetch, "", ""},
		"default image":                      {"", fetch, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := cmdtest.Single()
			files["crane.yaml"] = c.yaml + "checks: {clippy: }\n"
			p := opened(t, files, []string{c.set}, c.trust)
			secrets, err := p.Secrets(Names(p.Config.Checks))
			if c.refused == "" && err != nil || c.refused != "" && (!isUsage(err) || !strings.Contains(err.Error(), c.refused) || secrets != nil) {
				t.Errorf("%v, want %q", err, c.refused)
			}
		})
	}
}

// TestKnownHostsOfStrangeImages has the user's file of known hosts, and one of
// the repository's.
func TestKnownHostsOfStrangeImages(t *testing.T) {
	t.Parallel()
	hosts := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(hosts, []byte("db.internal ssh-ed25519 AAAA"), 0o600); err != nil {
		t.Fatal(err)
	}
	const image, dockerfile = "toolchain: {image: evil.example/rust}\n", "toolchain: {dockerfile: Cargo.toml}\n"
	for name, c := range map[string]struct {
		yaml, set, trust string
		want             bool
	}{
		"default image":       {"", "fetch.known-hosts=" + hosts, "", true},
		"image":               {image, "fetch.known-hosts=" + hosts, "", false},
		"Dockerfile":          {dockerfile, "fetch.known-hosts=" + hosts, "", false},
		"trusted":             {image, "fetch.known-hosts=" + hosts, "ssh", true},
		"of the repository's": {image + "fetch: {known-hosts: Cargo.toml}\n", "jobs=1", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := cmdtest.Single()
			files["crane.yaml"] = c.yaml
			p := opened(t, files, []string{c.set}, c.trust)
			secrets, err := p.Secrets(Names(p.Config.Checks))
			if _, got := secrets[llb.SecretKnownHosts]; err != nil || got != c.want {
				t.Errorf("known hosts are handed over: %v (%v), want %v", got, err, c.want)
			}
		})
	}
}
