package llb

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cranekit/cranekit/config/cargo"
)

// TestFetchRunsNothingOfTheWorkspace gives cargo itself what a workspace can say
// of programs: as it stands something runs, in fetch nothing does.
func TestFetchRunsNothingOfTheWorkspace(t *testing.T) {
	t.Parallel()
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/config.json" && r.Header.Get("Authorization") != "" {
			fmt.Fprintf(w, `{"dl": "http://%s/dl", "auth-required": true}`, r.Host)
			return
		}
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}))
	t.Cleanup(private.Close)
	acme := "[registries.acme]\nindex = \"sparse+" + private.URL + "/\"\n"
	for name, test := range map[string]struct {
		files map[string]string
		// private is set where a dependency is from a registry with tokens, which
		// fetch has not got.
		private bool
	}{
		"compiler":             {map[string]string{".cargo/config.toml": "[build]\nrustc = \"evil/run\"\n"}, false},
		"wrapper":              {map[string]string{".cargo/config.toml": "[build]\nrustc-wrapper = \"evil/run\"\n"}, false},
		"workspace wrapper":    {map[string]string{".cargo/config.toml": "[build]\nrustc-workspace-wrapper = \"evil/run\"\n"}, false},
		"old name":             {map[string]string{".cargo/config": "[build]\nrustc-wrapper = \"evil/run\"\n"}, false},
		"level above":          {map[string]string{"../.cargo/config.toml": "[build]\nrustc-wrapper = \"ws/evil/run\"\n"}, false},
		"offline, too":         {map[string]string{".cargo/config.toml": "[net]\noffline = true\n[build]\nrustc-wrapper = \"evil/run\"\n"}, false},
		"provider":             {map[string]string{".cargo/config.toml": acme + "credential-provider = [\"./evil/run\"]\n"}, true},
		"global provider":      {map[string]string{".cargo/config.toml": acme + "[registry]\nglobal-credential-providers = [\"./evil/run\"]\n"}, true},
		"alias of a provider":  {map[string]string{".cargo/config.toml": acme + "credential-provider = \"x\"\n[credential-alias]\nx = [\"./evil/run\"]\n"}, true},
		"token from a program": {map[string]string{".cargo/config.toml": acme + "credential-provider = [\"cargo:token-from-stdout\", \"./evil/run\"]\n"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newFetchRoot(t, []string{"sh"})
			canary := filepath.Join(r.dir, "canary")
			ws := "workspace/ws/"
			dependency := ""
			if test.private {
				dependency = "hidden = { version = \"1\", registry = \"acme\" }\n"
			}
			r.write(t, ws+"Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n"+dependency, 0o644)
			lock := "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n"
			if test.private {
				lock += "dependencies = [\n \"hidden\",\n]\n\n[[package]]\nname = \"hidden\"\nversion = \"1.0.0\"\nsource = \"sparse+" + private.URL + "/\"\nchecksum = \"" + sumOf("x") + "\"\n"
			}
			r.write(t, ws+"Cargo.lock", lock, 0o644)
			r.write(t, ws+"src/main.rs", "fn main() {}", 0o644)
			r.write(t, ws+"evil/run", "#!/bin/sh\necho \"$0 $*\" >>"+canary+"\nexec \"$@\"\n", 0o755)
			for file, text := range test.files {
				r.write(t, ws+file, text, 0o644)
			}

			raw := exec.Command("cargo", "fetch", "--locked")
			raw.Dir = filepath.Join(r.dir, ws)
			raw.Env = append(os.Environ(), "CARGO_HOME="+r.dir+"/rawhome", "CARGO_NET_OFFLINE=false", "CARGO_TARGET_DIR="+r.dir+"/rawtarget")
			out, _ := raw.CombinedOutput()
			if r.read("canary") == "" {
				t.Fatalf("cargo on its own runs nothing: the test tries nothing\n%s", out)
			}
			if err := os.Remove(canary); err != nil {
				t.Fatal(err)
			}

			layForFetch(t, r, filepath.Join(r.dir, "workspace"))
			cmd := r.command()
			cmd.Dir = filepath.Join(r.dir, "src/ws")
			cmd.Env = append(os.Environ(), "CARGO_HOME="+r.dir+"/home", "RUSTC_WRAPPER=evil/run", "RUSTUP_HOME="+rustupHome(t))
			text, err := cmd.CombinedOutput()
			if (err != nil) != test.private {
				t.Errorf("fetch ended with %v\n%s", err, text)
			}
			if ran := r.read("canary"); ran != "" {
				t.Errorf("fetch ran %s\n%s", ran, text)
			}
		})
	}
}

// rustupHome is where rustup is, if it is here: the script sets another HOME.
func rustupHome(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("RUSTUP_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".rustup")
}

// layForFetch lays out what fetch has of the workspace ws in a directory, and
// beside it the programs that it must not run.
func layForFetch(t *testing.T, r fetchRoot, dir string) {
	t.Helper()
	ws, err := cargo.Load(os.DirFS(dir), "ws", ".")
	if err != nil {
		t.Fatal(err)
	}
	skeleton, err := ws.Skeleton()
	if err != nil {
		t.Fatal(err)
	}
	config, err := ws.FetchConfig(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := errorsOf(os.RemoveAll(r.dir+"/src"), os.Remove(r.dir+"/bin/cargo")); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(skeleton.Plain(), config...) {
		r.write(t, "src/"+f.Path, string(f.Data), f.Mode)
	}
	r.write(t, "src/ws/evil/run", r.read("workspace/ws/evil/run"), 0o755)
}
