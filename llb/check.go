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
	commands := k.commands(c)
	opts, err := checkCommand(c, commands)
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
	n := &Node{Name: c.Name, Role: RoleCheck, Kind: c.Kind, Needs: needs, Commands: typed(commands), Dir: b.dir, Network: c.Network, Uncached: !c.Cache, MaxAge: c.MaxAge}
	if c.Network {
		n.Why = b.cfg.Origins["checks."+c.Name+".network"]
	}
	n.User, n.Insecure = c.User, insecureWhy(b.cfg, c)
	if st := k.deps(c); st != stageNone {
		deps, err := b.selected(c.Settings, st, k.uses(c))
		if err != nil {
			return err
		}
		members, err := b.layers(c, k, env, deps)
		if err != nil {
			return err
		}
		shared = append(shared, homeMount(c, b.home), snapshot(b.snapshotDir(c, k), members.target))
		shared = append(shared, members.mounts...)
		n.Needs = b.withGuests(members.needs)
	}
	tools, err := b.checkTools(k, n)
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
	return k, checkPatterns(c)
}

// checkCommand runs the commands of a check by the script that watches over them.
func checkCommand(c config.Check, commands []command) ([]bk.RunOption, error) {
	scripts := []string{"check.sh", "messages.awk", "rustc-record", "exec.sh", "wrapped.sh"}
	if c.Network {
		scripts = append(scripts, "network.sh")
	}
	if _, known := crosses()[c.Settings.Target]; known {
		scripts = append(scripts, "emulate.sh")
	}
	// The name makes vertices with equal commands distinct.
	args := []string{"/bin/sh", libDir + "/check.sh", script(commands), c.Name}
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
		bk.WithCustomNamef("[%s] %s", c.Name, title(commands)),
		bk.AddMount(libDir, lib, bk.Readonly),
	}, nil
}

// checkTools mounts the tools of a check, which its node then needs.
func (b *builder) checkTools(k kind, n *Node) ([]bk.RunOption, error) {
	tools, err := b.tools(k)
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
	commands := k.explaining(c)
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

// snapshotDir is where a check has the target directory.
func (b *builder) snapshotDir(c config.Check, k kind) string {
	if k.outside != nil && k.outside(c) {
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
	if k.deps(c) != stageNone || k.runs {
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
	if k.deps(c) != stageNone && b.snapshotDir(c, k) == outsideDir {
		env["CARGO_TARGET_DIR"] = outsideDir
	}
	for name, value := range c.Settings.Env {
		if common, ok := b.cfg.Common.Env[name]; !ok || common != value {
			env[name] = value
		}
	}
	if k.env != nil {
		maps.Copy(env, k.env(c))
	}
	return env
}

// tools are the tools that the check mounts: its own, and all that are configured
// if its kind has them.
func (b *builder) tools(k kind) ([]*Node, error) {
	var names []string
	if k.tool != "" {
		names = append(names, k.tool)
	}
	if k.tools {
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

// script renders commands as calls of the functions of scripts/check.sh.
func script(commands []command) string {
	lines := make([]string, len(commands))
	for i, c := range commands {
		lines[i] = strings.TrimSpace(c.verb + " " + CommandLine(c.words()))
	}
	return strings.Join(lines, "\n")
}

// typed are commands as a person would type them.
func typed(commands []command) []string {
	var lines []string
	for _, c := range commands {
		switch {
		case c.verb == "shell":
			lines = append(lines, c.program[0])
		case len(c.program) > 0:
			lines = append(lines, CommandLine(c.words()))
		}
	}
	return lines
}

// title is what the progress display calls a check: by its command, and if there
// are several, which all end under this name, by what each does. A script says
// little.
func title(commands []command) string {
	if commands[0].verb == "shell" {
		return "script"
	}
	all := typed(commands)
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
