package cargo

import (
	"errors"
	"strings"
	"testing"
)

const secretMarker = "hunter2"

// TestPasswordsAreRefused: a URL with a password is an error with its line,
// wherever it would get into a definition.
func TestPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	const url = "https://user:" + secretMarker + "@example.org/x"
	const token = "https://ghp_" + secretMarker + "@example.org/x"
	plainRoot, plainApp := plainTree["Cargo.toml"], plainTree["crates/app/Cargo.toml"]
	for name, test := range map[string]struct {
		file, text string
		line       int
	}{
		"registry":          {".cargo/config.toml", "[registries.a]\nindex = \"sparse+" + url + "\"\n", 2},
		"old registry":      {".cargo/config.toml", "[registry]\nindex = \"" + url + "\"\n", 2},
		"source":            {".cargo/config.toml", "[source.a]\nregistry = \"" + url + "\"\n", 2},
		"git source":        {".cargo/config.toml", "[source.a]\ngit = \"" + token + "\"\n", 2},
		"patched source":    {".cargo/config.toml", "[patch.\"" + url + "\"]\nlibc = { path = \"crates/core\" }\n", 1},
		"flags":             {".cargo/config.toml", "[build]\nrustflags = [\"--cfg\", \"x=\\\"" + url + "\\\"\"]\n", 2},
		"included":          {".cargo/more.toml", "[registries.a]\nindex = \"" + url + "\"\n", 2},
		"dependency":        {"crates/app/Cargo.toml", plainApp + "\n[target.'cfg(unix)'.dependencies]\nx = { git = \"" + url + "\" }\n", -1},
		"registry-index":    {"crates/app/Cargo.toml", plainApp + "\n[build-dependencies]\nx = { version = \"1\", registry-index = \"" + url + "\" }\n", -1},
		"patch":             {"Cargo.toml", plainRoot + "\n[patch.\"https://example.org/y\"]\nx = { git = \"" + token + "\" }\n", -1},
		"replace":           {"Cargo.toml", plainRoot + "\n[replace]\n\"x:1.0.0\" = { git = \"" + url + "\" }\n", -1},
		"shared dependency": {"Cargo.toml", plainRoot + "\n[workspace.dependencies.x]\ngit = \"" + url + "\"\n", -1},
		"lock":              {"Cargo.lock", plainLock + "\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\nsource = \"git+" + url + "#0123\"\n", -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := plainTree.with(tree{".cargo/config.toml": "include = [\"more.toml\"]\n"}).with(tree{test.file: test.text})
			_, err := Load(files.fs(), ".", "")
			fault, ok := errors.AsType[*FileError](err)
			if !ok {
				t.Fatalf("no error of a file: %v", err)
			}
			if fault.File != test.file || fault.Line == 0 || test.line > 0 && fault.Line != test.line || !strings.Contains(err.Error(), "fetch.secrets") {
				t.Errorf("got %v", err)
			}
			if line := strings.Split(test.text, "\n")[fault.Line-1]; !strings.Contains(line, secretMarker) {
				t.Errorf("line %d is %q", fault.Line, line)
			}
			if strings.Contains(err.Error(), secretMarker) {
				t.Errorf("the error has the password: %v", err)
			}
		})
	}
}

// TestSecretsAreStripped: what cargo needs not know to compile dependencies is
// not in the skeleton, and no error.
func TestSecretsAreStripped(t *testing.T) {
	t.Parallel()
	w := mustLoad(t, plainTree.with(tree{".cargo/config.toml": `
[http]
proxy = "http://user:hunter2@proxy.example:3128"
[env]
DATABASE_URL = "postgres://user:hunter2@localhost/x"
GITHUB_TOKEN = "hunter2"
SIGNING_PASSPHRASE = { value = "hunter2", force = true }
AWS_SECRET_ACCESS_KEY = "hunter2"
MAPS_API_KEY = "hunter2"
TOKENIZER = "kept"
KEYBOARD = "kept"
MIRROR = "https://git@example.org/kept"
`}), ".")
	kept := 0
	config, err := w.FetchConfig(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(mustSkeleton(t, w).Files, config...) {
		if strings.Contains(string(f.Data), secretMarker) {
			t.Errorf("%s:\n%s", f.Path, f.Data)
		}
		kept += strings.Count(string(f.Data), "kept")
	}
	if kept != 3 {
		t.Errorf("%d variables are left, want 3", kept)
	}
}

func TestHasPassword(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://example.org/a:b@c":                                      false,
		"https://org@dev.azure.com/org/x":                                false,
		"ssh://git@example.org:22/x":                                     false,
		"git@example.org:x/y":                                            false,
		"https://u:@example.org":                                         false,
		"https://u:p@example.org":                                        true,
		"sparse+https://:p@example.org/":                                 true,
		"a https://x/ then http://u:p@example.org":                       true,
		"https://glpat-abc@example.org/x":                                true,
		"https://0123456789abcdef0123456789abcdef01234567@example.org/x": true,
	} {
		if got := hasPassword(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
