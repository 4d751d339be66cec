package llb

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
)

// check adds the node of a check: its commands on the source, started from the
// deps stage that matches. The target directory is a copy on write of the
// stage and is dropped afterwards; what comes out is /out.
func (b *builder) check(c config.Check) error {
	k, err := b.kindOf(c)
	if err != nil {
		return err
	}
	steps := k.steps(c)
	opts, err := checkCommand(c, steps)
	if err != nil {
		return err
	}
	env, needs, err := b.compiler(c.Settings)
	if err != nil {
		return err
	}
	if !c.Network && !k.Source {
		env = b.offline(env, c.Settings)
	}
	shared := append(b.surroundings(c), b.sourceMount(c, k))
	shared = append(shared, b.realMounts()...)
	n := &Node{Name: c.Name, Role: RoleCheck, Kind: c.Kind, Needs: needs, Commands: commands(steps), Dir: b.dir, Network: c.Network, Uncached: !c.Cache, MaxAge: c.MaxAge}
	if c.Network {
		n.Why = b.cfg.Origins["checks."+c.Name+".network"]
	}
	n.User, n.Insecure = c.User, insecureWhy(b.cfg, c)
	if k.stage != stageNone {
		deps, err := b.selected(c.Settings, k.stage, k.uses(c))
		if err != nil {
			return err
		}
		members, err := b.layers(c, k, env, deps)
		if err != nil {
			return err
		}
		shared = append(shared, homeMount(c, b.home), snapshot(b.snapshotDir(c), members.target))
		shared = append(shared, members.mounts...)
		n.Needs = members.needs
	}
	tools, err := b.checkTools(c, k, n)
	if err != nil {
		return err
	}
	env = addEnv(env, b.checkEnv(c, k))
	if c.Insecure {
		opts = append(opts, bk.Security(bk.SecurityModeInsecure))
	}
	n.state = addEnv(env, b.period(c)).Run(slices.Concat(shared, opts, tools)...).AddMount(OutDir, bk.Scratch())
	if n.Explain, err = explain(c, k, env, shared); err != nil {
		return err
	}
	b.add(n)
	return nil
}

// period is the variable that makes a check run again when its result is too
// old: the number of the period that the run is in.
func (b *builder) period(c config.Check) map[string]string {
	if c.MaxAge <= 0 || b.now.IsZero() {
		return nil
	}
	return map[string]string{"CRANEKIT_PERIOD": strconv.FormatInt(b.now.UnixNano()/int64(c.MaxAge), 10)}
}

// kindOf is the kind of a check that can be made.
func (b *builder) kindOf(c config.Check) (kind, error) {
	k, ok := kinds[c.Kind]
	if !ok {
		return kind{}, fmt.Errorf("unknown kind %q", c.Kind)
	}
	if b.nodes[c.Name] != nil {
		return kind{}, fmt.Errorf("the name is that of the %s node of the graph; choose another", b.nodes[c.Name].Role)
	}
	return k.of(c), checkPatterns(c)
}

// checkCommand runs the steps of a check by the script that watches over them.
func checkCommand(c config.Check, steps []step) ([]bk.RunOption, error) {
	scripts := []string{"check.sh", "messages.awk", "rustc-record", "exec.sh", "wrapped.sh"}
	if c.Network {
		scripts = append(scripts, "network.sh")
	}
	if _, known := crosses()[c.Settings.Target]; known {
		scripts = append(scripts, "emulate.sh")
	}
	// The name makes vertices with equal commands distinct.
	args := []string{"/bin/sh", libDir + "/check.sh", script(steps), c.Name}
	if len(c.Secrets) > 0 {
		scripts = append(scripts, "masked-check.sh", "learn.sh", "secrets.awk", "mask.awk")
		args[1] = libDir + "/masked-check.sh"
		args = append(args, masked(c.Secrets)...)
	}
	args, scripts = asUser(c, args, scripts)
	lib, err := library(scripts...)
	if err != nil {
		return nil, err
	}
	return []bk.RunOption{
		bk.Args(args),
		bk.WithCustomNamef("[%s] %s", c.Name, title(c, steps)),
		bk.AddMount(libDir, lib, bk.Readonly),
	}, nil
}

// checkTools mounts the tools of a check, which its node then needs.
func (b *builder) checkTools(c config.Check, k kind, n *Node) ([]bk.RunOption, error) {
	tools, err := b.tools(c, k)
	if err != nil || len(tools) == 0 {
		return nil, err
	}
	for _, t := range tools {
		n.Needs = append(n.Needs, t.Name)
	}
	return toolMounts(tools)
}

// explain is the vertex that asks cargo why a check compiled dependencies, nil
// for a check without cargo commands of its own.
func explain(c config.Check, k kind, env bk.State, shared []bk.RunOption) (*Node, error) {
	commands := k.compiling(c)
	if len(commands) == 0 {
		return nil, nil
	}
	args, scripts := asUser(c, append([]string{"/bin/sh", libDir + "/explain.sh"}, commands...), []string{"explain.sh", "rustc-refuse"})
	lib, err := library(scripts...)
	if err != nil {
		return nil, err
	}
	opts := append(slices.Clone(shared),
		bk.Args(args),
		bk.WithCustomNamef("[%s] why dependencies were compiled", c.Name),
		bk.AddMount(libDir, lib, bk.Readonly),
	)
	return &Node{Name: c.Name + " explained", state: env.Run(opts...).AddMount(OutDir, bk.Scratch())}, nil
}

// snapshotDir is where a check has the target directory. Shell lines without
// cargo can be a tool that reads the whole tree, where no .git tells it what is
// ignored: those find it outside.
func (b *builder) snapshotDir(c config.Check) string {
	if c.Kind == "custom" && !strings.Contains(strings.Join(c.Run, "\n"), "cargo") {
		return outsideDir
	}
	return b.targetDir()
}

// snapshot mounts the target directory of a stage, writable and dropped at the
// end. Without content hashing: BuildKit would read gigabytes for a key that
// the definition gives already.
//
// Once per vertex: BuildKit loses the result of a failed one that mounts the
// same input twice ("releasing already released reference").
func snapshot(dir string, target bk.State) bk.RunOption {
	return bk.AddMount(dir, target, bk.ForceNoOutput, bk.ContentCache(bk.MountContentCacheOff))
}

// checkEnv is the environment of one check beyond what deps have too.
func (b *builder) checkEnv(c config.Check, k kind) map[string]string {
	env := b.ownEnv(c, k)
	if k.stage != stageNone || k.runs {
		maps.Copy(env, b.gitEnv)
	}
	return env
}

// ownEnv is the same without what changes with each commit.
func (b *builder) ownEnv(c config.Check, k kind) map[string]string {
	env := map[string]string{}
	if c.Network {
		env["CRANEKIT_NETWORK"] = "1"
	}
	if k.stage != stageNone && b.snapshotDir(c) == outsideDir {
		env["CARGO_TARGET_DIR"] = outsideDir
	}
	for name, value := range c.Settings.Env {
		if common, ok := b.cfg.Common.Env[name]; !ok || common != value {
			env[name] = value
		}
	}
	if k.tool == "cargo-tarpaulin" && c.Settings.Rustflags != "" {
		env["CRANEKIT_RUSTFLAGS"] = c.Settings.Rustflags
	}
	return env
}

// tools are the tools that the check mounts: its own, and for shell lines all
// that are configured.
func (b *builder) tools(c config.Check, k kind) ([]*Node, error) {
	var names []string
	if k.tool != "" {
		names = append(names, k.tool)
	}
	if c.Kind == "custom" {
		for _, name := range sortedKeys(b.cfg.Toolchain.Tools) {
			// The tool that is a default is there for the kind of check that
			// needs it; nobody asked for it here.
			if origin := b.cfg.Origins["toolchain.tools."+name]; origin != "" && origin != "default" {
				names = append(names, name)
			}
		}
	}
	var nodes []*Node
	for _, name := range names {
		n, err := b.tool(name)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// toolMounts put the executables of tools into one directory at the end of
// PATH, which is the same in every vertex whether tools are there or not.
func toolMounts(tools []*Node) ([]bk.RunOption, error) {
	shim, err := library("cargo", "rustc-coverage")
	if err != nil {
		return nil, err
	}
	action := bk.Copy(tools[0].state, "/bin", "/bin", contents(), epoch)
	names := []string{tools[0].Name}
	for _, t := range tools[1:] {
		action = action.Copy(t.state, "/bin", "/bin", contents(), epoch)
		names = append(names, t.Name)
	}
	dir := bk.Scratch().File(action, bk.WithCustomName("[internal] tools "+strings.Join(names, " ")))
	return []bk.RunOption{bk.AddMount(toolsDir, dir, bk.Readonly), bk.AddMount(shimDir, shim, bk.Readonly)}, nil
}

// script renders steps as calls of the functions of scripts/check.sh.
func script(steps []step) string {
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = strings.TrimSpace(s.verb + " " + CommandLine(s.args))
	}
	return strings.Join(lines, "\n")
}

// commands are the steps as a person would type them.
func commands(steps []step) []string {
	var lines []string
	for _, s := range steps {
		switch {
		case s.verb == "shell":
			lines = append(lines, s.args[0])
		case len(s.args) > 0:
			lines = append(lines, CommandLine(s.args))
		}
	}
	return lines
}

// title is what the progress display calls a check: by its command, and if there
// are several, which all end under this name, by what each does. A script says
// little.
func title(c config.Check, steps []step) string {
	if c.Kind == "custom" {
		return "script"
	}
	all := commands(steps)
	if len(all) == 1 {
		return strings.ReplaceAll(all[0], "\n", " ")
	}
	var does []string
	for _, command := range all {
		words := strings.Fields(command)
		if flag := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") }); flag >= 0 {
			words = words[:flag]
		}
		if what := strings.Join(words, " "); !slices.Contains(does, what) {
			does = append(does, what)
		}
	}
	return strings.Join(does, ", ")
}
