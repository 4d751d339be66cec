package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asked are the demands of a run as text.
func asked(c *Config, checks ...string) []string {
	var rows []string
	for _, d := range c.Missing(checks) {
		rows = append(rows, strings.TrimSpace(string(d.Trust)+" "+d.Key+" "+d.Origin))
	}
	return rows
}

// asking is a repository with a file that asks for all there is.
func asking(t *testing.T) (dir string) {
	t.Helper()
	away := t.TempDir()
	dir = project(t, "in/ca.pem", "", "in/index.json", "", "real/x", "", "crane.yaml", `
fetch: {secrets: {TOKEN: "env:T", key: "file:in/key"}, ssh: true, known-hosts: link/known_hosts}
network: {ca: AWAY/ca.pem, proxy: "http://u:hunter2@p:1", no-proxy: x}
toolchain: {dockerfile: ../Dockerfile}
common: {env: {HTTPS_PROXY: "http://p:1", FOO: "1"}}
checks:
  out: {kind: custom, run: "true", network: true}
  in: {kind: custom, run: "true", network: false, secrets: {S: "env:S"}}
  clippy:
matrix:
  small: {toolchain: {oci-layout: AWAY/layout}}
builder: farm
builders:
  farm: {address: "tcp://h:1", ca: in/ca.pem, cert: AWAY/cert, key: link/key}
  unused: {address: "tcp://h:1"}
cache: [registry.example/app]
cache-isolation: false
output: link/result
image: {oci-layout: link}
`)
	file := filepath.Join(dir, FileName)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "AWAY", away)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(away, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDemands(t *testing.T) {
	t.Parallel()
	dir := asking(t)
	c := load(t, testOptions(dir))
	equal(t, "demands", asked(c, "clippy@small"), []string{
		"secrets fetch.secrets.TOKEN crane.yaml:2", "secrets fetch.secrets.key crane.yaml:2", "ssh fetch.ssh crane.yaml:2", "paths fetch.known-hosts crane.yaml:2",
		"paths network.ca crane.yaml:3", "network network.proxy crane.yaml:3", "network network.no-proxy crane.yaml:3",
		"paths toolchain.dockerfile crane.yaml:4", "toolchain toolchain.dockerfile crane.yaml:4", "network common.env.HTTPS_PROXY crane.yaml:5",
		"paths matrix.small.toolchain.oci-layout crane.yaml:11", "toolchain matrix.small.toolchain.oci-layout crane.yaml:11",
		"builder builder crane.yaml:12", "builder builders.farm.address crane.yaml:14", "builder builders.farm.ca crane.yaml:14",
		"builder builders.farm.cert crane.yaml:14", "paths builders.farm.cert crane.yaml:14", "builder builders.farm.key crane.yaml:14", "paths builders.farm.key crane.yaml:14",
		"cache cache crane.yaml:16", "cache cache-isolation crane.yaml:17", "output output crane.yaml:18", "paths image.oci-layout crane.yaml:19",
		"output output crane.yaml:18",
	})
	for _, d := range c.Demands {
		if strings.Contains(d.Value, "hunter2") {
			t.Errorf("the password is shown: %s", d.Value)
		}
	}
	if got := asked(c, "out@small"); !slices.Contains(got, "network checks.out.network crane.yaml:7") || slices.Contains(got, "secrets checks.in.secrets.S crane.yaml:8") {
		t.Errorf("a check of its own asks for %q", got)
	}
	if !c.Left("cache") || !c.Left("cache-isolation") || c.Left("output") {
		t.Error("not the optional values are left out")
	}
	c.Trust = Trusts()
	equal(t, "with all trust", asked(c), []string(nil))
}

// TestDemandsOfOthers has values that do not come from the repository's file.
func TestDemandsOfOthers(t *testing.T) {
	t.Parallel()
	dir := asking(t)
	o := testOptions(dir)
	o.Environ = []string{"BUILDKIT_HOST=tcp://h:1", "CRANEKIT_TOOLCHAIN_IMAGE=evil.example/rust", "CRANEKIT_NETWORK_PROXY=http://q:1", "CRANEKIT_CACHE=r.example/x", "CRANEKIT_CACHE_ISOLATION=false"}
	o.Set = []string{
		"fetch.secrets.TOKEN=env:T", "fetch.secrets.key=env:K", "fetch.ssh=true", "fetch.known-hosts=" + FileName, "network.ca=" + FileName, "network.no-proxy=y", "common.env.HTTPS_PROXY=x",
		"toolchain.dockerfile=", "matrix.small.toolchain.oci-layout=in", "output=/elsewhere", "image.oci-layout=in", "checks.out.network=true",
	}
	o.Fork = true
	equal(t, "demands", asked(load(t, o), "out@small"), []string(nil))
}

// TestWhoseFile is about files that lie elsewhere or are links.
func TestWhoseFile(t *testing.T) {
	t.Parallel()
	dir, own, other := project(t, "crane.yaml", "fetch: {ssh: true}\n", "ci/crane.yaml", "fetch: {ssh: true}\n", "sub/x", ""), t.TempDir(), project(t, "crane.yaml", "workspace: .\nfetch: {ssh: true}\n")
	write := func(name, text string) string {
		file := filepath.Join(own, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	link := func(name, to string) string {
		file := filepath.Join(own, name)
		if err := os.Symlink(to, file); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, c := range map[string]struct {
		file string
		want bool
	}{
		"found":               {"", true},
		"the user's own":      {write("own.yaml", "fetch: {ssh: true}\n"), false},
		"named, in it":        {filepath.Join(dir, "ci", FileName), true},
		"a link into it":      {link("link.yaml", filepath.Join(dir, "ci", FileName)), true},
		"a way into it":       {filepath.Join(link("way", dir), "ci", FileName), true},
		"with its workspace":  {filepath.Join(other, FileName), true},
		"points at another's": {write("at.yaml", "workspace: "+other+"\nfetch: {ssh: true}\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testOptions(filepath.Join(dir, "sub"))
			o.File = c.file
			if got := len(load(t, o).Missing(nil)) > 0; got != c.want {
				t.Errorf("it needs trust: %v, want %v", got, c.want)
			}
		})
	}

	// A tracked link does not make a file of the machine the configuration.
	secret := filepath.Join(own, "secret")
	write("secret", "hunter2: [")
	trap := project(t)
	if err := os.Symlink(secret, filepath.Join(trap, FileName)); err != nil {
		t.Fatal(err)
	}
	compareProblems(t, testOptions(trap), "crane.yaml: cannot be read: it is a link that leads out of the repository (name the file with --config)")
}

func TestOutputOfRepository(t *testing.T) {
	t.Parallel()
	away := t.TempDir()
	for name, c := range map[string]struct {
		yaml  string
		links map[string]string
		want  []string
		err   string
	}{
		"default":           {},
		"inside":            {yaml: "output: target/ci\n"},
		"new, deep":         {yaml: "output: a/b/c\n"},
		"above":             {yaml: "output: ../x\n", want: []string{"output output crane.yaml:1"}},
		"elsewhere":         {yaml: "output: " + away + "/site-packages\n", want: []string{"output output crane.yaml:1"}},
		"link out":          {yaml: "output: l/x\n", links: map[string]string{"l": away}, want: []string{"output output crane.yaml:1", "output output crane.yaml:1"}},
		"link to nothing":   {yaml: "output: l\n", links: map[string]string{"l": away + "/new"}, want: []string{"output output crane.yaml:1", "output output crane.yaml:1"}},
		"link inside":       {yaml: "output: l/x\n", links: map[string]string{"l": "src2"}, want: []string{"output output crane.yaml:1"}},
		"links in a ring":   {yaml: "output: l/x\n", links: map[string]string{"l": "l"}, want: []string{"output output crane.yaml:1", "output output crane.yaml:1"}},
		"default is a link": {links: map[string]string{"result": away + "/new"}, want: []string{"output output default"}},
		"git":               {yaml: "output: .git/hooks\n", err: "crane.yaml:1: output: results cannot go into a directory called .git (name one for results alone)"},
		"git, odd case":     {yaml: "output: .GIT/x\n", err: "crane.yaml:1: output: results cannot go into a directory called .GIT (name one for results alone)"},
		"cargo":             {yaml: "output: .cargo\n", err: "crane.yaml:1: output: results cannot go into a directory called .cargo (name one for results alone)"},
		"sources":           {yaml: "output: app/src/bin\n", err: "crane.yaml:1: output: results cannot go into a directory called src (name one for results alone)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "src2/x", "")
			if c.yaml != "" {
				if err := os.WriteFile(filepath.Join(dir, FileName), []byte(c.yaml), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for from, to := range c.links {
				if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
					t.Fatal(err)
				}
			}
			if c.err != "" {
				compareProblems(t, testOptions(dir), c.err)
				return
			}
			equal(t, "demands", asked(load(t, testOptions(dir))), c.want)
		})
	}
}

// TestOutputBounds has bounds that are raised, and such that are not.
func TestOutputBounds(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string][]string{
		"common: {output-size: 1GiB, output-files: 10}\n": nil,
		"common: {output-size: 4GiB}\n":                   nil,
		"common: {output-size: 5GiB}\n":                   {"output common.output-size crane.yaml:1"},
		"checks: {clippy: {output-files: 100001}}\n":      {"output checks.clippy.output-files crane.yaml:1"},
	} {
		equal(t, yaml, asked(load(t, testOptions(project(t, FileName, yaml)))), want)
	}
}

// TestStrangeToolchains: whatever image steps with network run in, it is an
// official one or somebody has said so.
func TestStrangeToolchains(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string][]string{
		"toolchain: {image: \"rust:1.90\"}\n":                    nil,
		"toolchain: {image: docker.io/library/rust:1}\n":         nil,
		"toolchain: {image: index.docker.io/library/rust:1}\n":   nil,
		"image: {base: evil/base}\n":                             nil,
		"image: {base: gcr.io/distroless/cc-debian12}\n":         nil,
		"image: {base: scratch}\n":                               nil,
		"image: {base: \"10.0.0.1:5000/base\"}\n":                {"toolchain image.base crane.yaml:1"},
		"image: {base: \"localhost/base\"}\n":                    {"toolchain image.base crane.yaml:1"},
		"image: {base: evil.example/base, packages: [curl]}\n":   {"toolchain image.base crane.yaml:1"},
		"image: {base: evil.example/base}\n":                     {"toolchain image.base crane.yaml:1"},
		"image: {base: evil/base, packages: [curl]}\n":           {"toolchain image.base crane.yaml:1"},
		"image: {base: \"debian:12\", packages: [curl]}\n":       nil,
		"toolchain: {image: evil/rust}\n":                        {"toolchain toolchain.image crane.yaml:1"},
		"toolchain: {image: docker.io.evil.example/library/x}\n": {"toolchain toolchain.image crane.yaml:1"},
		"toolchain: {image: \"localhost:5000/library/rust\"}\n":  {"toolchain toolchain.image crane.yaml:1"},
		"toolchain: {dockerfile: Cargo.toml}\n":                  {"toolchain toolchain.dockerfile crane.yaml:1"},
		"toolchain: {oci-layout: l}\n":                           {"toolchain toolchain.oci-layout crane.yaml:1"},
		"matrix: {a: {toolchain: {image: evil/rust}}}\n":         {"toolchain matrix.a.toolchain.image crane.yaml:1"},
		"matrix: {a: {toolchain: {oci-layout: l}}}\n":            {"toolchain matrix.a.toolchain.oci-layout crane.yaml:1"},
	} {
		o := testOptions(project(t, FileName, yaml, "l/index.json", ""))
		equal(t, yaml, asked(load(t, o)), want)
	}
}

// TestRedact has passwords where messages, values and places could show them.
func TestRedact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://u:hunter2@h:1/x":         "http://u:xxxxx@h:1/x",
		"http://hunter2@h":               "http://xxxxx@h",
		"sparse+https://u:hunt@er2@h/i/": "sparse+https://u:xxxxx@h/i/",
		"a http://u:hunter2@h b":         "a http://u:xxxxx@h b",
		"ssh://me@h/x":                   "ssh://me@h/x",
		"mail me@h, http://h/a@b":        "mail me@h, http://h/a@b",
	} {
		equal(t, text, Redact(text), want)
	}
	dir := project(t)
	const secret = "http://u:hunter2@h"
	for _, yaml := range []string{
		"network: " + secret + "\n", "network: {proxy: {a: \"" + secret + "\"}}\n", "network: {\"" + secret + "\": 1}\n", "network: {proxy: \"hunter2://" + secret + "\"}\n",
		"builder: \"" + secret + "\"\n", "builders: {a: {address: \"" + secret + "\"}}\n", "cache: [\"type=s3,bucket=b,endpoint_url=" + secret + "\"]\n", "cache: [\"type=azblob,account_url=" + secret + "\"]\n", "cache: [\"type=registry,ref=" + secret + "\"]\n",
		"jobs: \"" + secret + "\"\n", "toolchain: {channel: \"" + secret + "\"}\n", "fetch: {secrets: {a: \"" + secret + "\"}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(yaml), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(testOptions(dir)); err == nil || strings.Contains(err.Error(), ":hunter2@") {
			t.Errorf("%s: %v", yaml, err)
		}
	}
	o := testOptions(project(t))
	o.Set = []string{"network.proxy=" + secret, "common.env.A=" + secret, "image.labels.a=" + secret}
	for _, e := range load(t, o).Effective() {
		if strings.Contains(e.Value, "hunter2") {
			t.Errorf("shown: %s", e.Value)
		}
	}
}
