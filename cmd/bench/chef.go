package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/containerd/platforms"

	"github.com/cranekit/cranekit/llb"
)

// chefVersion is that of cargo-chef, the newest when this was written.
const chefVersion = "0.1.78"

// The targets of the Dockerfile. In the second, dependencies are compiled
// ahead for coverage as well; few Dockerfiles in the field do that.
const (
	targetUsual = "checks"
	targetTuned = "checks-tuned"
)

//go:embed chef.Dockerfile.tmpl
var chefDockerfile string

// chefStage is a check in the Dockerfile.
type chefStage struct {
	Name, Commands string
	// Flags prints the compiler flags under which its dependencies are to be
	// compiled, "" for the usual ones.
	Flags string
}

type chefTarget struct {
	Name   string
	Stages []string
}

// dockerfile is the peer of b and c.
func (b *bench) dockerfile(g *llb.Graph) (string, error) {
	nodes, err := b.nodes(g)
	if err != nil {
		return "", err
	}
	cook, err := b.cookFlags()
	if err != nil {
		return "", err
	}
	data := struct {
		Online, Chef, Cook string
		Covers             bool
		Stages             []chefStage
		Targets            []chefTarget
	}{
		// Where the machine has authorities of its own, they lie over the image's.
		Online: "--mount=type=secret,id=" + llb.SecretCA + ",target=/etc/ssl/certs/ca-certificates.crt",
		Chef:   chefVersion, Cook: cook,
	}
	usual, tuned := chefTarget{Name: targetUsual}, chefTarget{Name: targetTuned}
	for _, n := range nodes {
		commands := slices.Clone(n.Commands)
		if n.Kind == "package" {
			// Binaries come out before tests can overwrite them.
			commands = slices.Insert(commands, 1, "find /target/release -maxdepth 1 -type f -perm -u+x -exec cp -t /out {} +")
		}
		stage := chefStage{Name: n.Name, Commands: strings.Join(commands, " && \\\n    ")}
		data.Stages = append(data.Stages, stage)
		usual.Stages = append(usual.Stages, stage.Name)
		if n.Kind == "tarpaulin" {
			data.Covers = true
			stage.Name += "-tuned"
			stage.Flags = n.Commands[0] + " --print-rust-flags"
			data.Stages = append(data.Stages, stage)
		}
		tuned.Stages = append(tuned.Stages, stage.Name)
	}
	data.Targets = []chefTarget{usual, tuned}
	tmpl, err := template.New("Dockerfile").Parse(chefDockerfile)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = tmpl.Execute(&text, data)
	return text.String(), err
}

// cookFlags are the settings as cargo-chef takes them.
func (b *bench) cookFlags() (string, error) {
	cfg, err := b.config()
	if err != nil {
		return "", err
	}
	s := cfg.Common
	if s.Profile != "release" || len(s.Features) > 0 || s.AllFeatures || s.NoDefaultFeatures || s.Target != "" || s.Rustflags != "" {
		return "", errors.New("the benchmark's Dockerfile is for profile release, default features and no flags")
	}
	return "--recipe-path /recipe.json --locked --release --workspace", nil
}

// chef builds a target of the Dockerfile in a process of its own, like
// cranekit, and returns the wall-clock time and how many dependencies were
// compiled.
func (b *bench) chef(ctx context.Context, name, target string, caches ...dockerCache) (time.Duration, int, error) {
	g, base, err := b.graph(platforms.DefaultSpec())
	if err != nil {
		return 0, 0, err
	}
	text, err := b.dockerfile(g)
	if err != nil {
		return 0, 0, err
	}
	if err := os.MkdirAll(b.file("docker"), 0o755); err != nil {
		return 0, 0, err
	}
	if err := os.WriteFile(b.file("docker", "Dockerfile"), []byte(text), 0o644); err != nil {
		return 0, 0, err
	}
	cfg, err := b.config()
	if err != nil {
		return 0, 0, err
	}
	_, dgst, _ := strings.Cut(base.Ref, "@")
	order, err := json.Marshal(dockerBuild{
		Address: b.address, Context: b.tree, Dockerfile: b.file("docker"), Tools: b.file("tools"),
		Digest: dgst, Layout: b.image, Target: target, CA: cfg.Network.CA, Output: b.file("result", target),
		Caches: caches,
	})
	if err != nil {
		return 0, 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	took, err := b.clock(exec.CommandContext(ctx, self, dockerCommand, string(order)), name)
	if err != nil {
		return 0, 0, err
	}
	log, err := os.ReadFile(b.logFile(name))
	return took, len(compiledDep.FindAll(log, -1)), err
}

// compiledDep is cargo's line for a package that is not a local one: those
// come with their directory.
var compiledDep = regexp.MustCompile(`(?m)^ *(Compiling|Checking) \S+ v\S+$`)
