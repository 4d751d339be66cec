package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// crane is an attack by crane.yaml, in which VICTIM stands for files of the
// machine.
func crane(name, text string) Attack {
	return Attack{Name: "crane.yaml " + name, Make: func(p *Place) error {
		return firstError(p.File("crane.yaml", strings.ReplaceAll(text, "VICTIM", p.Victim)), p.Commit())
	}}
}

// linked is an attack by a link in the place of a file.
func linked(name, target string) Attack {
	return Attack{Name: name + " is a link to " + filepath.Base(target), Make: func(p *Place) error {
		return firstError(p.Link(strings.ReplaceAll(target, "VICTIM", p.Victim), name), p.Commit())
	}}
}

// piped is an attack by a FIFO in the place of a file.
func piped(name string) Attack {
	return Attack{Name: name + " is a FIFO", Make: func(p *Place) error {
		file := filepath.Join(p.Repo, name)
		return firstError(p.Commit(), os.RemoveAll(file), os.MkdirAll(filepath.Dir(file), 0o755), unix.Mkfifo(file, 0o644))
	}}
}

// big is an attack by a large file.
func big(name string, text func() string) Attack {
	return Attack{Name: name + " is huge", Make: func(p *Place) error { return firstError(p.File(name, text()), p.Commit()) }}
}

// FileAttacks are those by the files that cranekit reads of a workspace.
func FileAttacks() []Attack {
	manifest := "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"
	return []Attack{
		linked("crane.yaml", "VICTIM/secret.yaml"), linked("Cargo.toml", "VICTIM/member/Cargo.toml"), linked("Cargo.lock", "VICTIM/secret.toml"),
		linked("Cargo.lock", "/dev/zero"), linked("Cargo.toml", "/dev/zero"), linked("crane.yaml", "/dev/zero"),
		linked(".cargo/config.toml", "VICTIM/secret.toml"), linked(".cargo", "VICTIM"), linked("rust-toolchain.toml", "VICTIM/secret.toml"),
		linked("rust-toolchain", "/dev/zero"), linked("target", "VICTIM"), linked("result", "VICTIM/empty"), linked("result", "VICTIM"),
		linked("src", "VICTIM/member/src"), linked(".dockerignore", "VICTIM/secret.txt"),
		piped("crane.yaml"), piped("Cargo.toml"), piped("Cargo.lock"), piped(".cargo/config.toml"), piped("rust-toolchain.toml"), piped("src/pipe.rs"),
		big("Cargo.toml", func() string { return manifest + "[package.metadata]\n" + numbered(700_000, "k%d = %d\n") }),
		big("Cargo.lock", func() string {
			return "version = 4\n" + numbered(200_000, "[[package]]\nname = \"p%d\"\nversion = \"1.0.%d\"\n")
		}),
		big("crane.yaml", func() string { return "checks:\n" + numbered(200_000, "  c%d: {kind: custom, run: [\"%d\"]}\n") }),
		big(".cargo/config.toml", func() string { return "[env]\n" + numbered(300_000, "K%d = \"%d\"\n") }),
		{Name: "deep TOML", Make: func(p *Place) error {
			return firstError(p.File("Cargo.toml", manifest+"[package.metadata]\na = "+strings.Repeat("[", 100_000)), p.Commit())
		}},
		{Name: "YAML bomb", Make: func(p *Place) error {
			text := "a: &a [x,x,x,x,x,x,x,x,x]\n"
			for c := 'b'; c < 'j'; c++ {
				text += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
			}
			return firstError(p.File("crane.yaml", text), p.Commit())
		}},
		{Name: "member behind a link", Make: func(p *Place) error {
			return firstError(member(p, "m"), p.Link(p.Victim+"/member", "m"), p.Commit())
		}},
		{Name: "members by a pattern through a link", Make: func(p *Place) error {
			return firstError(member(p, "crates/*"), os.RemoveAll(filepath.Join(p.Repo, "crates/*")), p.Link(p.Victim, "crates"), p.Commit())
		}},
		{Name: "path dependency outside", Make: func(p *Place) error {
			return firstError(p.File("Cargo.toml", manifest+"[dependencies]\nvictim = { path = \"../victim/member\" }\n"), p.Commit())
		}},
		{Name: "patch outside", Make: func(p *Place) error {
			return firstError(p.File("Cargo.toml", manifest+"[patch.crates-io]\nvictim = { path = \"../victim/member\" }\n"), p.Commit())
		}},
		{Name: "paths of the configuration outside", Make: func(p *Place) error {
			return firstError(p.File(".cargo/config.toml", "paths = [\"../victim/member\"]\n[env]\nX = {value = \"../victim/secret.txt\", relative = true}\n"), p.Commit())
		}},
		{Name: "include of the configuration outside", Make: func(p *Place) error {
			return firstError(p.File(".cargo/config.toml", "include = [\"../../victim/secret.toml\"]\n"), p.Commit())
		}},
		{Name: "programs of the configuration", Make: func(p *Place) error {
			return firstError(p.File(".cargo/config.toml", fmt.Sprintf("[build]\nrustc = %q\nrustc-wrapper = %q\n[registry]\nglobal-credential-providers = [%q]\n[target.x86_64-unknown-linux-gnu]\nlinker = %q\nrunner = %q\n", p.Evil(), p.Evil(), p.Evil(), p.Evil(), p.Evil())), p.Commit())
		}},
		{Name: "workspace pointer outside", Make: func(p *Place) error {
			return firstError(p.File("Cargo.toml", strings.Replace(manifest, "edition", "workspace = \"../victim\"\nedition", 1)), p.Commit())
		}},
		{Name: "links in a circle", Make: func(p *Place) error {
			return firstError(p.Link("b", "a"), p.Link("a", "b"), p.Link("../src", "src/src"), p.Link(".", "here"), p.Commit())
		}},
		{Name: "result with links to the victim", Make: func(p *Place) error {
			return firstError(p.File("result/.gitignore", "# Made by cranekit: each run replaces what is in this directory.\n*\n"),
				p.Link(p.Victim, "result/clippy"), p.Link(p.Victim+"/secret.txt", "result/summary.json"), p.Git(".", "init", "-q"), p.Git(".", "add", "-f", "-A"))
		}},
		crane("workspace", "workspace: ../victim/member\n"),
		crane("output", "output: ../victim/empty\n"), crane("output of git", "output: .git/hooks\n"), crane("absolute output", "output: VICTIM/new\n"),
		crane("file secret of fetch", "fetch: {secrets: {x: \"file:../victim/secret.txt\"}}\n"),
		crane("file secret of a check", "checks: {c: {kind: custom, run: [true], secrets: {x: \"file:VICTIM/secret.txt\"}}}\n"),
		crane("known hosts", "fetch: {known-hosts: ../victim/secret.txt}\n"), crane("authorities", "network: {ca: ../victim/secret.txt}\n"),
		crane("Dockerfile", "toolchain: {dockerfile: ../victim/secret.txt}\n"), crane("layout", "toolchain: {oci-layout: ../victim/layout}\n"),
		crane("base", "image: {oci-layout: ../victim/layout}\n"),
		crane("builder by ssh", "builder: \"ssh://host/x;touch${IFS}VICTIM/new\"\n"), crane("builder with an option", "builder: \"ssh://-oProxyCommand=touch/x\"\n"),
		crane("builder", "builder: tcp://127.0.0.1:1\n"), crane("builders", "builder: b\nbuilders: {b: {address: \"tcp://127.0.0.1:1\", ca: ../victim/secret.txt}}\n"),
		crane("pod", "builder: \"kube-pod://x?context=--kubeconfig=VICTIM/secret.yaml\"\n"),
		crane("container", "builder: \"docker-container://--privileged\"\n"),
		crane("local cache", "cache: [{type: local, path: ../victim/empty}]\n"), crane("caches", "cache: [{type: s3, bucket: b, region: r, endpoint_url: \"http://127.0.0.1:1\"}]\n"),
		crane("included ignored files", "source: {include: [\"../victim/**\", \"VICTIM/**\"]}\n"),
		crane("escapes in names", "checks: {\"../../victim\": {kind: custom, run: [true]}}\n"),
	}
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i, i)
	}
	return b.String()
}
