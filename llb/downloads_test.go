package llb

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
)

// execs are the processes of a node and of what it needs.
func execs(t *testing.T, g *Graph, n *Node) []*pb.ExecOp {
	t.Helper()
	def, err := g.Marshal(t.Context(), n, "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []*pb.ExecOp
	for _, dt := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			t.Fatal(err)
		}
		if e := op.GetExec(); e != nil {
			list = append(list, e)
		}
	}
	return list
}

// TestSharedDirectories: what outlives a vertex on the builder is written by
// fetch alone, and what has the network runs constant scripts.
func TestSharedDirectories(t *testing.T) {
	t.Parallel()
	for _, base := range []Base{layoutBase(), hubBase()} {
		g := plan(t, "testdata/all-kinds", base, "toolchain.packages=pkg-config")
		fetches := 0
		for _, n := range g.Nodes {
			for _, e := range execs(t, g, n) {
				fetch := slices.Contains(e.Meta.Args, libDir+"/fetch.sh")
				for _, m := range e.Mounts {
					if m.MountType != pb.MountType_CACHE {
						continue
					}
					if m.Dest == seedDir && m.Readonly && strings.HasPrefix(m.CacheOpt.ID, seedCache) && n.Role != RoleTool && e.Network == pb.NetMode_NONE {
						continue // written by the seed of the stage only
					}
					fetches++
					if !fetch || m.CacheOpt.ID != downloadsCache || m.CacheOpt.Sharing != pb.CacheSharingOpt_LOCKED {
						t.Errorf("%s: %q mounts the cache %s", n.Name, e.Meta.Args, m.CacheOpt.ID)
					}
				}
				if n.Role == RoleTool && e.Network != pb.NetMode_NONE && slices.Contains(e.Meta.Args, libDir+"/tool.sh") {
					t.Errorf("%s is compiled with network", n.Name)
				}
			}
		}
		if fetches == 0 {
			t.Error("no fetch has a cache")
		}
	}
}

// TestFetchEnv: of the variables of a repository only those reach fetch that
// say what is downloaded.
func TestFetchEnv(t *testing.T) {
	t.Parallel()
	kept := map[string]string{"CARGO_REGISTRIES_A_INDEX": "x", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL": "git", "CARGO_NET_RETRY": "1", "CARGO_UNSTABLE_BINDEPS": "true", "RUSTC_BOOTSTRAP": "1", "CRANEKIT_NONCE": "1"}
	env := map[string]string{}
	for _, name := range []string{
		"PATH", "LD_PRELOAD", "RUSTC", "RUSTC_WRAPPER", "CARGO_BUILD_RUSTC", "CARGO_NET_OFFLINE", "CARGO_HTTP_PROXY", "CARGO_HTTP_CAINFO", "https_proxy", "SSL_CERT_FILE",
		"GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "named_authorities", "HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "CARGO_REGISTRIES_A_CREDENTIAL_PROVIDER", "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS", "CARGO_REGISTRIES_A_TOKEN", "IFS", "ENV", "BASH_ENV",
	} {
		env[name] = "evil"
	}
	maps.Copy(env, kept)
	got := fetchEnv(env)
	if len(got) != len(kept) {
		t.Errorf("got %q", got)
	}
	for name, value := range kept {
		if got[name] != value {
			t.Errorf("%s is %q", name, got[name])
		}
	}
}

// TestSecretsOfConfiguration puts a marker wherever a configuration can hold a
// password that cargo needs not know, and looks for it in all definitions.
func TestSecretsOfConfiguration(t *testing.T) {
	t.Parallel()
	const marker = "hunter2"
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/workspace")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/.cargo", 0o755); err != nil {
		t.Fatal(err)
	}
	text := `[http]
proxy = "http://user:hunter2@proxy.example:3128"
cainfo = "ca.pem"
[env]
DATABASE_URL = "postgres://user:hunter2@localhost/x"
API_TOKEN = "hunter2"
[registry]
token = "hunter2"
[registries.acme]
index = "sparse+https://acme.example/"
token = "hunter2"
credential-provider = ["x", "hunter2"]
[credential-alias]
x = ["hunter2"]
`
	if err := errorsOf(os.WriteFile(dir+"/.cargo/config.toml", []byte(text), 0o644), os.WriteFile(dir+"/ca.pem", []byte("certificate"), 0o755), os.WriteFile(dir+"/.cargo/credentials.toml", []byte(marker), 0o644)); err != nil {
		t.Fatal(err)
	}
	cfg, ws, skeleton := inputs(t, dir, "common.member-layers=true")
	for name, change := range map[string]func(*config.Config) (network bool){
		"plain":   func(*config.Config) bool { return true },
		"secrets": func(c *config.Config) bool { c.Fetch.Secrets = map[string]string{"netrc": "file:/x"}; return false },
		"agent":   func(c *config.Config) bool { c.Fetch.SSH = true; return false },
		"trusted": func(c *config.Config) bool {
			c.Fetch.SSH, c.Trust = true, []config.Trust{config.TrustNetwork}
			return true
		},
	} {
		own := *cfg
		network := change(&own)
		g, err := New(&own, ws, skeleton, Options{Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range g.Nodes {
			def, err := g.Marshal(t.Context(), n, "run", nil)
			if err != nil {
				t.Fatal(err)
			}
			all := bytes.Join(def.Def, nil)
			if bytes.Contains(all, []byte(marker)) {
				t.Errorf("%s: %s has a secret", name, n.Name)
			}
			if n.Role != RoleFetch {
				continue
			}
			for _, part := range []string{"proxy = 'http://proxy.example:3128'", "/src/ca.pem"} {
				if bytes.Contains(all, []byte(part)) != network {
					t.Errorf("%s: fetch has %s: %t", name, part, !network)
				}
			}
		}
	}
}

// TestAuthoritiesAreAdded: those of the machine and of the workspace are used
// beside those of the image.
func TestAuthoritiesAreAdded(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		dir := t.TempDir()
		script, err := scripts.ReadFile("scripts/network.sh")
		if err != nil {
			t.Fatal(err)
		}
		place := strings.NewReplacer("/run/secrets/cranekit/ca.pem", dir+"/secret", "/tmp/", dir+"/", "/etc/", dir+"/etc/")
		run := func(env ...string) string {
			cmd := exec.Command(shell[0], append(shell[1:], "-euc", place.Replace(string(script))+"\necho \"${CARGO_HTTP_CAINFO-none} ${SSL_CERT_FILE-none}\"; cat "+dir+"/cranekit-ca.pem 2>/dev/null || true")...)
			cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, env...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return strings.Join(strings.Fields(string(out)), " ")
		}
		put := func(name, text string) {
			if err := errorsOf(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		put("etc/ssl/certs/ca-certificates.crt", "image")
		put("own", "other")
		put("a b", "workspace")
		if got := run("named_authorities=" + dir + "/gone"); got != "none none" {
			t.Errorf("without: %s", got)
		}
		bundle := dir + "/cranekit-ca.pem"
		if got, want := run("named_authorities="+dir+"/a b"), bundle+" "+bundle+" image workspace"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		put("secret", "machine")
		if got, want := run("named_authorities="+dir+"/a b"), bundle+" "+bundle+" image machine workspace"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := run("SSL_CERT_FILE="+dir+"/own"), bundle+" "+bundle+" other machine"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestToolFetch: the download of a tool ends well when cargo comes to compile,
// and only then.
func TestToolFetch(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		for name, test := range map[string]struct {
			cargo string
			code  int
		}{
			"compiles":    {"echo ' Downloaded a v1.0.0'; echo '   Compiling a v1.0.0'; touch $CARGO_HOME/.crates.toml; $RUSTC_WRAPPER rustc --crate-name a src/lib.rs; echo 'error: noise'; exit 101", 0},
			"asks only":   {"$RUSTC_WRAPPER true -vV; $RUSTC_WRAPPER true - --crate-name ___; echo 'error: no such version'; exit 101", 101},
			"unreachable": {"echo 'error: download of config.json failed'; exit 101", 75},
			"authority":   {"echo 'error: download of config.json failed'; echo 'SSL certificate problem: x'; exit 101", 101},
			"posing":      {"$RUSTC_WRAPPER false --crate-name a --cfg ' -vV ' -- - -vV; exit 101", 0},
		} {
			r := newFetchRoot(t, shell)
			place := strings.NewReplacer("/cranekit/lib", r.dir+"/lib", "/tmp/", r.dir+"/tmp/")
			for _, file := range []string{"tool-fetch.sh", "rustc-absent"} {
				data, err := scripts.ReadFile("scripts/" + file)
				if err != nil {
					t.Fatal(err)
				}
				r.write(t, "lib/"+file, place.Replace(string(data)), 0o755)
			}
			r.write(t, "bin/cargo", "#!/bin/sh\nexec 2>&1\n"+test.cargo+"\n", 0o755)
			cmd := r.command()
			cmd.Args = append(cmd.Args[:len(cmd.Args)-1], filepath.Join(r.dir, "lib/tool-fetch.sh"), "install", "a", "--version", "=1.0.0")
			if err := os.Mkdir(r.dir+"/home", 0o755); err != nil {
				t.Fatal(err)
			}
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("%s: exit code %d, want %d\n%s", name, code, test.code, out)
			}
			if test.code == 0 && strings.Contains(string(out), "noise") {
				t.Errorf("%s: %s", name, out)
			}
		}
	})
}
