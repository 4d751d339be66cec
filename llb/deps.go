package llb

import (
	"fmt"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
)

// stage is what a check needs compiled, each on top of the one before.
type stage int

const (
	stageNone stage = iota
	stageCheck
	stageBuild
	stageTest
)

// commands of the stages: what the checks themselves will ask cargo for.
func (s stage) command(scope []string) []string {
	switch s {
	case stageCheck:
		return append(append([]string{"check"}, scope...), "--all-targets")
	case stageBuild:
		return append([]string{"build"}, scope...)
	case stageTest:
		return append([]string{"test", "--no-run"}, scope...)
	case stageNone:
	}
	return nil
}

// scopeFlags are the packages that settings select.
func scopeFlags(s config.Settings) []string {
	var flags []string
	for _, name := range s.Packages {
		flags = append(flags, "--package", name)
	}
	if flags != nil {
		return flags
	}
	flags = []string{"--workspace"}
	for _, name := range s.Exclude {
		flags = append(flags, "--exclude", name)
	}
	return flags
}

// stageNames are also those of the key deps.
var stageNames = [...]string{"none", "check", "build", "test"}

func (s stage) String() string { return stageNames[s] }

// deps returns the node of a stage for the settings, made with those below it.
// The key of a stage follows from the settings alone, never from the checks
// that were asked for.
func (b *builder) deps(s config.Settings, st stage) (*Node, error) {
	s = b.reduced(s)
	command := append(st.command(scopeFlags(s)), settingFlags(s)...)
	name := b.named("deps " + stackName(b.reduced(b.cfg.Common), s) + st.String())
	if n := b.nodes[name]; n != nil {
		return n, nil
	}
	var below *Node
	if st > stageCheck {
		var err error
		if below, err = b.deps(s, st-1); err != nil {
			return nil, err
		}
	}
	return b.cook(name, s, st, command, below)
}

// use is a cargo command of a check: the stage that it resembles, and what it
// selects.
type use struct {
	stage stage
	sel   selection
}

// selected returns the node to start from for a check with these commands.
// Where one selects packages, features or targets in another way than its
// stage, other features of dependencies can follow: the selection is cooked as
// a vertex of its own on top.
func (b *builder) selected(s config.Settings, st stage, uses []use) (*Node, error) {
	node, err := b.deps(s, st)
	if err != nil {
		return nil, err
	}
	for _, u := range uses {
		s, sel := b.reducedUse(s, u.sel)
		if sel.equal(defaultSelection(u.stage)) {
			continue
		}
		selecting := sel.flags(u.stage, s)
		name := node.Name + " + " + u.stage.String() + " " + strings.Join(selecting, " ")
		if n := b.nodes[name]; n != nil {
			node = n
			continue
		}
		command := append([]string{u.stage.command(nil)[0]}, selecting...)
		if node, err = b.cook(name, s, u.stage, append(command, settingFlags(s)...), node); err != nil {
			return nil, err
		}
	}
	return node, nil
}

// cook adds the vertex that runs a cargo command on the skeleton, on top of
// the target directory of the stage below. Its result is that directory,
// holding dependencies only.
func (b *builder) cook(name string, s config.Settings, st stage, command []string, below *Node) (*Node, error) {
	env, toolchains, err := b.compiler(s)
	if err != nil {
		return nil, err
	}
	env = b.offline(env, s)
	n := &Node{Name: name, Role: RoleStage, Dir: b.dir, below: below, plain: b.plain}
	if n.Family, err = b.family(env, s, st); err != nil {
		return nil, fmt.Errorf("naming the family of %s: %w", name, err)
	}
	target, needs := bk.Scratch(), append(slices.Clip(toolchains), b.ownFetch)
	if below != nil {
		target, needs = below.state, []string{below.Name}
	}
	command = append(command, "--offline")
	script, scripts := "deps.sh", []string{"deps.sh", "clean.sh", "wrapped.sh", "rustc-dummy", "exec.sh"}
	if n.Family != "" {
		script = "deps-earlier.sh"
		scripts = append(scripts, script, "seeded.sh", "units.sh", "weed.awk")
	}
	lib, err := library(scripts...)
	if err != nil {
		return nil, err
	}
	args := append([]string{"/bin/sh", libDir + "/" + script}, command...)
	line := CommandLine(append([]string{"cargo"}, command...))
	n.Needs, n.Commands = needs, []string{line}
	opts := []bk.RunOption{
		bk.Args(args),
		bk.WithCustomNamef("[%s] %s", name, line),
		bk.Network(bk.NetModeNone),
		bk.AddMount(libDir, lib, bk.Readonly),
		bk.AddMount(SourceDir, b.layout, bk.ForceNoOutput),
		bk.AddMount(cargoHome, b.ownHome, bk.Readonly),
		scratchTmp(),
	}
	compile := func(opts ...bk.RunOption) bk.State {
		return env.Run(opts...).AddMount(b.targetDir(), target, bk.ContentCache(bk.MountContentCacheOff))
	}
	if n.Family != "" {
		env = b.inDomain(env)
		var mount bk.RunOption
		if n.seed, mount, err = b.seedMount(compile(opts...)); err != nil {
			return nil, fmt.Errorf("naming the seed of %s: %w", name, err)
		}
		opts = append(opts, mount)
	}
	n.state = compile(opts...)
	return b.add(n), nil
}

// scratchTmp mounts a /tmp that is dropped afterwards instead of being kept in
// a layer of the root file system.
func scratchTmp() bk.RunOption {
	tmp := bk.Scratch().File(bk.Mkdir("/tmp", 0o1777, epoch), bk.WithCustomName("[internal] tmp"))
	return bk.AddMount("/tmp", tmp, bk.SourcePath("/tmp"), bk.ForceNoOutput)
}

// settingFlags renders settings as arguments of cargo.
func settingFlags(s config.Settings) []string {
	flags := []string{"--profile", s.Profile}
	if s.Profile == "release" {
		flags = []string{"--release"}
	}
	flags = append(flags, featureWords(s)...)
	if s.Target != "" {
		flags = append(flags, "--target", s.Target)
	}
	return flags
}

func featureWords(s config.Settings) []string {
	var flags []string
	if s.AllFeatures {
		flags = append(flags, "--all-features")
	}
	if s.NoDefaultFeatures {
		flags = append(flags, "--no-default-features")
	}
	if len(s.Features) > 0 {
		flags = append(flags, "--features", strings.Join(s.Features, ","))
	}
	return flags
}

// stackName tells the stacks of other settings from that of the common ones,
// which has no name.
func stackName(common, s config.Settings) string {
	flags, usual := append(settingFlags(s), scopeFlags(s)...), append(settingFlags(common), scopeFlags(common)...)
	if s.Rustflags != common.Rustflags {
		flags = append(flags, "RUSTFLAGS="+s.Rustflags)
	}
	if CommandLine(flags) == CommandLine(usual) {
		return ""
	}
	flags = slices.DeleteFunc(flags, func(flag string) bool { return flag == "--workspace" })
	return "(" + strings.Join(flags, " ") + ") "
}
