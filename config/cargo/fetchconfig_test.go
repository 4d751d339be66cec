package cargo

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hostileConfig has all that runs programs, holds secrets, or leads elsewhere,
// beside what fetch needs.
const hostileConfig = `
include = ["more.toml", "gone.toml"]
paths = ["over"]
[alias]
fetch = "run"
[build]
rustc = "evil"
rustc-wrapper = "evil"
rustc-workspace-wrapper = "evil"
rustflags = ["-Clinker=evil"]
target = "evil.json"
[credential-alias]
x = ["evil"]
[doc]
browser = ["evil"]
[env]
RUSTC_WRAPPER = "evil"
[host.x]
linker = "evil"
[http]
proxy = "http://user:evil@proxy.example:3128"
cainfo = "certs/ca.pem"
timeout = 30
debug = true
[net]
offline = true
retry = 3
git-fetch-with-cli = true
[net.ssh]
known-hosts = ["example.org ssh-ed25519 AAAA"]
[registries.acme]
index = "sparse+https://acme.example/"
token = "evil"
secret-key = "evil"
credential-provider = ["./evil"]
[registry]
default = "acme"
token = "evil"
global-credential-providers = ["./evil"]
credential-provider = "./evil"
[source.crates-io]
replace-with = "mirror"
[source.mirror]
registry = "sparse+https://mirror.example/"
program = "evil"
[target.x86_64-unknown-linux-gnu]
linker = "evil"
runner = "evil"
[unstable]
bindeps = true
[patch.crates-io]
libc = { path = "../libc", run = { a = "evil" } }
[unknown]
key = "evil"
`

func hostileTree() tree {
	files := tree{}
	for name, text := range plainTree {
		files["ws/"+name] = text
	}
	return files.with(tree{
		"ws/.cargo/config.toml": hostileConfig,
		"ws/.cargo/more.toml":   "[build]\nrustc = \"evil\"\n[http]\nuser-agent = \"me\"\n",
		"ws/evil":               "#!/bin/sh",
		"ws/certs/ca.pem":       "a certificate",
		"ws/over/Cargo.toml":    "[package]\nname = \"over\"\nversion = \"1.0.0\"\n",
		"libc/Cargo.toml":       "[package]\nname = \"libc\"\nversion = \"0.2.100\"\n",
	})
}

func TestFetchConfig(t *testing.T) {
	t.Parallel()
	w := mustLoad(t, hostileTree(), "ws")
	for _, network := range []bool{false, true} {
		files, err := w.FetchConfig(network)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range files {
			if strings.Contains(string(f.Data), "evil") || f.Mode&0o111 != 0 {
				t.Errorf("network %t: %s %o:\n%s", network, f.Path, f.Mode, f.Data)
			}
			got[f.Path] = string(f.Data)
		}
		want := []string{"ws/.cargo/config.toml", "ws/.cargo/more.toml"}
		if network {
			want = append(want, "ws/certs/ca.pem")
		}
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("network %t: files are %q, want %q", network, names, want)
		}
		text := got["ws/.cargo/config.toml"]
		for _, part := range []string{
			"include = ['more.toml']", "paths = ['over']", "timeout = 30", "retry = 3", "git-fetch-with-cli = true", "known-hosts", "default = 'acme'",
			"index = 'sparse+https://acme.example/'", "replace-with = 'mirror'", "registry = 'sparse+https://mirror.example/'", "bindeps = true", "path = '../libc'",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%s is not in\n%s", part, text)
			}
		}
		if strings.Contains(text, "proxy = 'http://proxy.example:3128'") != network || strings.Contains(text, "cainfo") {
			t.Errorf("network %t:\n%s", network, text)
		}
	}
	if w.NamesRegistry("ACME") != "ws/.cargo/config.toml" || w.NamesRegistry("other") != "" {
		t.Errorf("acme is named by %q, other by %q", w.NamesRegistry("ACME"), w.NamesRegistry("other"))
	}
	// Dependencies are compiled without network.
	for _, f := range mustSkeleton(t, w).Configuration() {
		if strings.Contains(string(f.Data), "[http]") || strings.Contains(string(f.Data), "[net]") || strings.Contains(string(f.Data), "user:evil") {
			t.Errorf("%s:\n%s", f.Path, f.Data)
		}
	}
}

// FuzzFetchConfig looks for a way past the list of what fetch may have.
func FuzzFetchConfig(f *testing.F) {
	f.Add(hostileConfig, "[build]\nrustc = \"evil\"\n")
	f.Add("include = \"more.toml\"\n[registries]\nbuild = { index = \"x\", rustc = \"evil\" }\n", "include = [\"config.toml\", \"more.toml\"]\n")
	f.Add("[http]\ncainfo = \"../../secret\"\n[source]\nx.directory = \"vendor\"\n", "[unstable]\nx.y.z = true\n")
	f.Fuzz(func(t *testing.T, config, more string) {
		files := tree{"secret": "secret"}
		for name, text := range hostileTree().with(tree{"ws/.cargo/config.toml": config, "ws/.cargo/more.toml": more}) {
			files["base/"+name] = text
		}
		w, err := Load(files.fs(), "base/ws", "base")
		if err != nil {
			return
		}
		list, err := w.FetchConfig(true)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range list {
			if !fs.ValidPath(file.Path) || file.Mode != 0o644 || w.Base == "base" && string(file.Data) == "secret" {
				t.Errorf("%s %o", file.Path, file.Mode)
			}
			if w.CA() != nil && file.Path == w.CA().Path {
				continue
			}
			doc, err := parseTOML(file.Path, file.Data)
			if err != nil {
				t.Fatalf("broken: %v\n%s", err, file.Data)
			}
			for key, value := range doc {
				if !slices.Contains([]string{"http", "include", "net", "patch", "paths", "registries", "registry", "resolver", "source", "unstable"}, key) {
					t.Errorf("%s: %v", key, value)
				}
			}
			for _, name := range []string{"registry", "registries", "source", "http", "net"} {
				noPrograms(t, doc[name])
			}
		}
	})
}

// noPrograms fails the test if a table has a key for programs or credentials,
// where it is not the name of a registry.
func noPrograms(t *testing.T, value any) {
	t.Helper()
	doc, _ := value.(table)
	for key, inner := range doc {
		if below, ok := inner.(table); ok {
			noPrograms(t, below)
			continue
		}
		if strings.Contains(key, "credential") || strings.Contains(key, "token") || strings.Contains(key, "secret") || key == "cainfo" || key == "offline" {
			t.Errorf("%s = %v", key, inner)
		}
	}
}
