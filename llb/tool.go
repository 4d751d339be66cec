package llb

import (
	"cmp"
	"fmt"
	"slices"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/images"
)

// tool adds the two vertices that make a tool of crates.io, and returns the one
// that compiles it. They start from the plain toolchain, so that no workspace is
// in their keys. Only the first has the network, and it runs no code of crates.
// Nothing that one tool writes is there for another: no directory is kept on the
// builder but the results.
func (b *builder) tool(name string) (*Node, error) {
	if n := b.nodes[b.named("tool "+name)]; n != nil {
		return n, nil
	}
	version := cmp.Or(b.cfg.Toolchain.Tools[name], images.ToolVersion(name))
	if version == "" {
		return nil, fmt.Errorf("no version of %s is known; set toolchain.tools.%s", name, name)
	}
	install := append([]string{"install", name, "--version", "=" + version, "--locked"}, images.ToolFlags(name)...)
	crates, err := b.toolCrates(name, version, install)
	if err != nil {
		return nil, err
	}
	lib, err := library("tool.sh")
	if err != nil {
		return nil, err
	}
	node := b.named("tool " + name)
	st := b.plain.Run(
		bk.Args(append([]string{"/bin/sh", libDir + "/tool.sh"}, install...)),
		bk.WithCustomNamef("[%s] cargo install %s %s", node, name, version),
		bk.Network(bk.NetModeNone),
		bk.AddEnv("CARGO_HOME", cargoHome), bk.AddEnv("CARGO_TARGET_DIR", outsideDir),
		// The tool runs for seconds: compile it quickly (224 s become 129 s).
		bk.AddEnv("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"), bk.AddEnv("CARGO_PROFILE_RELEASE_DEBUG", "0"),
		bk.AddEnv("CARGO_PROFILE_RELEASE_LTO", "off"), bk.AddEnv("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
		bk.AddMount(libDir, lib, bk.Readonly),
		bk.AddMount(cargoHome, crates.state, bk.Readonly),
		bk.AddMount(outsideDir, bk.Scratch(), bk.ForceNoOutput),
		scratchTmp(),
	).AddMount(OutDir, bk.Scratch())
	return b.add(&Node{
		Name: node, Role: RoleTool, Needs: append(slices.Clone(b.toolchains), crates.Name),
		Commands: []string{CommandLine(append([]string{"cargo"}, install...))}, state: st,
	}), nil
}

// toolCrates adds the vertex that downloads a tool and what it depends on.
func (b *builder) toolCrates(name, version string, install []string) (*Node, error) {
	lib, err := library("network.sh", "registry.sh", "tool-fetch.sh", "rustc-absent")
	if err != nil {
		return nil, err
	}
	node := b.named("tool-fetch " + name)
	opts := append(b.network(),
		bk.Args(append([]string{"/bin/sh", libDir + "/tool-fetch.sh"}, install...)),
		bk.WithCustomNamef("[%s] download %s %s", node, name, version),
		bk.AddEnv("CARGO_HOME", cargoHome),
		bk.AddMount(libDir, lib, bk.Readonly),
		scratchTmp(),
	)
	return b.add(&Node{
		Name: node, Role: RoleTool, Needs: slices.Clone(b.toolchains), Network: true,
		Commands: []string{fmt.Sprintf("# the crates of %s %s", name, version)},
		state:    b.plain.Run(opts...).AddMount(cargoHome, bk.Scratch()),
	}), nil
}
