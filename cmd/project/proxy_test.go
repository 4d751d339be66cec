package project

import (
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/llb"
)

// TestProxyPassword has images that the repository chooses, and such that it
// does not.
func TestProxyPassword(t *testing.T) {
	t.Parallel()
	const proxy = "network.proxy=http://u:hunter2@p:1"
	for name, c := range map[string]struct {
		yaml     string
		set      []string
		trust    string
		withheld string
	}{
		"default image":    {"checks: {clippy: }\n", []string{proxy}, "", ""},
		"official image":   {"toolchain: {image: \"rust:1.90\"}\n", []string{proxy}, "", ""},
		"image":            {"toolchain: {image: evil.example/rust}\n", []string{proxy}, "", "crane.yaml:1"},
		"layout":           {"toolchain: {oci-layout: src}\n", []string{proxy}, "", "crane.yaml:1"},
		"Dockerfile":       {"toolchain: {dockerfile: Cargo.toml}\n", []string{proxy}, "", "crane.yaml:1"},
		"image of a leg":   {"matrix: {a: {toolchain: {image: evil.example/rust}}}\n", []string{proxy}, "", "crane.yaml:1"},
		"no such leg":      {"checks: {fmt: {matrix: []}}\nmatrix: {a: {toolchain: {image: evil.example/rust}}}\n", []string{proxy}, "", ""},
		"base":             {"image: {base: evil.example/base, packages: [tini]}\n", []string{proxy}, "", "crane.yaml:1"},
		"layout of a base": {"image: {oci-layout: src, packages: [tini]}\n", []string{proxy}, "", "crane.yaml:1"},
		"official base":    {"image: {base: \"debian:12\", packages: [tini]}\n", []string{proxy}, "", ""},
		"base as it is":    {"image: {base: evil.example/base}\n", []string{proxy}, "", ""},
		"the user's base":  {"image: {base: evil.example/base, packages: [tini]}\n", []string{proxy, "image.base=mine.example/base"}, "", ""},
		"the user's image": {"toolchain: {image: evil.example/rust}\n", []string{proxy, "toolchain.image=mine.example/rust"}, "", ""},
		"trusted":          {"toolchain: {image: evil.example/rust}\n", []string{proxy}, "network", ""},
		"no password":      {"toolchain: {image: evil.example/rust}\n", []string{"network.proxy=http://p:1"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := cmdtest.Single()
			files["crane.yaml"], files["src/index.json"] = c.yaml, "{}"
			p := opened(t, files, c.set, c.trust)
			selected := Names(p.Config.Checks)
			at := p.withheld(selected)
			if c.withheld != "" && !strings.HasSuffix(at, c.withheld) || c.withheld == "" && at != "" {
				t.Errorf("withheld for %q, want %q", at, c.withheld)
			}
			secrets, err := p.Secrets(selected)
			if err != nil {
				t.Fatal(err)
			}
			script := string(secrets[llb.SecretProxy])
			has := strings.Contains(strings.Join(c.set, " "), "hunter2")
			if !strings.Contains(script, "p:1") || strings.Contains(script, "hunter2") != (has && c.withheld == "") {
				t.Errorf("the steps get:\n%s", script)
			}
		})
	}
}

// TestRoute has a way to the network that the repository names, and such that
// the user names.
func TestRoute(t *testing.T) {
	t.Parallel()
	route := func(yaml string, set ...string) string {
		files := cmdtest.Single()
		files["crane.yaml"], files["ca.pem"] = yaml, cmdtest.Certificate("acme")
		p := opened(t, files, set, "network")
		way, err := p.Route()
		if err != nil {
			t.Fatal(err)
		}
		return way
	}
	for _, set := range [][]string{nil, {"network.proxy=http://p:1"}, {"network.ca=ca.pem"}, {"network.no-proxy=a"}} {
		if got := route("{}\n", set...); got != "" {
			t.Errorf("with %q of the user's the repository names the way %s", set, got)
		}
	}
	seen := map[string]string{"": ""}
	for _, yaml := range []string{"{proxy: \"http://p:1\"}", "{proxy: \"http://q:1\"}", "{ca: ca.pem}", "{no-proxy: p}", "{proxy: \"http://p:1\", ca: ca.pem}"} {
		way := route("network: " + yaml + "\n")
		if other, known := seen[way]; known {
			t.Errorf("%s is the same way as %s", yaml, other)
		}
		seen[way] = yaml
	}
	if route("network: {proxy: \"http://p:1\"}\n") != route("network: {proxy: \"http://u:hunter2@p:1\"}\n") {
		t.Error("a password is in the way")
	}
	if got := route("network: {proxy: \"http://p:1\"}\n", "network.proxy=http://mine:1"); got != "" {
		t.Errorf("the user's proxy replaced that of the repository, whose way is %s", got)
	}
}
