package project

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// TestAuthorities: steps with network get what this machine trusts, unless
// network.ca says something else.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := cmdtest.Certificate("one"), cmdtest.Certificate("two")
	cmdtest.WriteTree(t, dir, map[string]string{
		"one.pem": "text\n" + one, "two.pem": one + two, "none.pem": "nothing", "dir/b.pem": two + one, "dir/c.txt": "x", "dir/sub/d.pem": cmdtest.Certificate("three"),
		"large.pem": cmdtest.Certificate(strings.Repeat("x", maxSecret)),
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, test := range map[string]struct {
		ca, origin, dirs  string
		want, fails, note string
	}{
		"named":              {at("two.pem"), "crane.yaml:1", at("dir"), one + two, "", ""},
		"named by the user":  {at("one.pem"), "SSL_CERT_FILE", "", one, "", ""},
		"and directories":    {at("one.pem"), "SSL_CERT_FILE", at("gone") + ":" + at("dir"), one + two, "", ""},
		"none":               {"", "--set", at("dir"), "", "", ""},
		"not there":          {at("gone"), "--set", "", "", "network.ca", ""},
		"no certificates":    {at("none.pem"), "--set", "", "", "no certificate", ""},
		"too large":          {at("large.pem"), "--set", "", "", "more than 500000 bytes", ""},
		"machine's is large": {at("large.pem"), "SSL_CERT_FILE", "", "", "", "name in network.ca"},
	} {
		cfg := &config.Config{Network: config.Network{CA: test.ca}, Origins: map[string]string{"network.ca": test.origin}}
		got, err := FindAuthorities(cfg, func(name string) string { return map[string]string{"SSL_CERT_DIR": test.dirs}[name] })
		switch {
		case test.fails != "":
			if err == nil || !strings.Contains(err.Error(), test.fails) || !isUsage(err) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case string(got.Bundle) != test.want || !strings.Contains(got.Note, test.note) || (test.note == "") != (got.Note == ""):
			t.Errorf("%s: %q, note %q", name, got.Bundle, got.Note)
		}
	}
	// Here, without any setting, what crypto/x509 would find.
	got, err := FindAuthorities(&config.Config{Origins: map[string]string{"network.ca": "default"}}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range bundleFiles() {
		if data, err := os.ReadFile(file); err == nil {
			if !bytes.Equal(got.Bundle, certificates(nil, data)) {
				t.Errorf("%d bytes from %s, want those of %s", len(got.Bundle), got.From, file)
			}
			break
		}
	}
}

// TestTokensNeedTrust: a token does not go to a registry that the repository
// names, unless somebody says so.
func TestTokensNeedTrust(t *testing.T) {
	t.Setenv("SOME_TOKEN", "x")
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{".cargo/config.toml": "[registries.ac-me]\nindex = \"sparse+https://acme.example/\"\n"})
	for name, test := range map[string]struct {
		set     []string
		trust   []config.Trust
		refused bool
	}{
		"token":        {[]string{"fetch.secrets.CARGO_REGISTRIES_AC_ME_TOKEN=env:SOME_TOKEN"}, nil, true},
		"trusted":      {[]string{"fetch.secrets.CARGO_REGISTRIES_AC_ME_TOKEN=env:SOME_TOKEN"}, []config.Trust{config.TrustSecrets}, false},
		"other trust":  {[]string{"fetch.secrets.CARGO_REGISTRIES_AC_ME_TOKEN=env:SOME_TOKEN"}, []config.Trust{config.TrustNetwork}, true},
		"no such name": {[]string{"fetch.secrets.CARGO_REGISTRIES_OTHER_TOKEN=env:SOME_TOKEN"}, nil, false},
		"by variable":  {[]string{"fetch.secrets.CARGO_REGISTRIES_OTHER_TOKEN=env:SOME_TOKEN", "common.env.CARGO_REGISTRIES_OTHER_INDEX=sparse+https://x/"}, nil, true},
		"crates.io":    {[]string{"fetch.secrets.CARGO_REGISTRY_TOKEN=env:SOME_TOKEN"}, nil, false},
		"by host":      {[]string{"fetch.secrets.netrc=file:" + filepath.Join(dir, "Cargo.toml")}, nil, false},
	} {
		p, err := Open(t.Context(), loaded(t, dir, append(test.set, "network.ca="), test.trust...))
		if err != nil {
			t.Fatal(err)
		}
		secrets, err := p.Secrets(nil)
		if test.refused != (err != nil) || err != nil && (!isUsage(err) || !strings.Contains(err.Error(), "--trust secrets")) {
			t.Errorf("%s: %v", name, err)
		}
		if _, handed := secrets[llb.SecretCA]; handed {
			t.Errorf("%s: authorities are handed over", name)
		}
	}
}
