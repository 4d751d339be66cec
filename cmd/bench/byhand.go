package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/llb"
)

// Directories of the vertex that runs the commands by hand. The source and
// CARGO_HOME are where cranekit has them, so that paths are no difference.
const (
	handSource = "/src"
	handHome   = "/cranekit/cargo"
	handTarget = "/target"
	handTools  = "/cranekit/tools"
	handOut    = "/out"
)

// byHand runs the commands of the checks one after another in a single vertex
// with an empty target directory, no network and every dependency downloaded.
func (b *bench) byHand(ctx context.Context, title string, set ...string) (time.Duration, []string, error) {
	log, err := os.Create(b.logFile(title))
	if err != nil {
		return 0, nil, err
	}
	defer log.Close()
	var text strings.Builder
	began := time.Now()
	err = b.build(ctx, io.MultiWriter(log, &text), set, func(ctx context.Context, s scene) (*gateway.Result, error) {
		st, err := b.handState(ctx, s)
		if err != nil {
			return nil, err
		}
		_, err = s.solve(ctx, st)
		return gateway.NewResult(), err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w (log in %s)", title, err, log.Name())
	}
	took := time.Since(began)
	b.say("%-36s %7s s", title, seconds(took))
	return took, steps(text.String()), nil
}

func (b *bench) handState(ctx context.Context, s scene) (bk.State, error) {
	nodes, err := b.nodes(s.graph)
	if err != nil {
		return bk.State{}, err
	}
	root, err := s.root(ctx)
	if err != nil {
		return bk.State{}, err
	}
	home, err := s.state(ctx, s.graph.Node(llb.NodeFetch))
	if err != nil {
		return bk.State{}, err
	}
	path, _, err := root.GetEnv(ctx, "PATH")
	if err != nil {
		return bk.State{}, err
	}
	var commands []string
	for _, n := range nodes {
		commands = append(commands, n.Commands...)
	}
	opts := []bk.RunOption{
		bk.Args([]string{"/bin/sh", "-euc", handScript(commands)}),
		bk.WithCustomName("by hand"),
		bk.IgnoreCache,
		bk.Network(bk.NetModeNone),
		bk.Dir(nodes[0].Dir),
		bk.AddEnv("PATH", path+":"+handTools+"/bin"),
		bk.AddEnv("CARGO_HOME", handHome),
		bk.AddEnv("CARGO_TARGET_DIR", handTarget),
		bk.AddMount(handSource, bk.Local(sourceMount, bk.SharedKeyHint(sourceMount)), bk.ForceNoOutput),
		bk.AddMount(handHome, home, bk.ForceNoOutput),
		bk.AddMount(handTarget, bk.Scratch(), bk.ForceNoOutput),
	}
	if b.covers(s.graph) {
		tool, err := s.state(ctx, s.graph.Node(tarpaulinNode))
		if err != nil {
			return bk.State{}, err
		}
		opts = append(opts, bk.AddMount(handTools, tool, bk.Readonly))
	}
	return root.Run(opts...).AddMount(handOut, bk.Scratch()), nil
}

// handScript notes the seconds of each command.
func handScript(commands []string) string {
	var script strings.Builder
	for _, line := range commands {
		fmt.Fprintf(&script, "began=$(date +%%s)\n%s\necho \"by hand: $(($(date +%%s) - began)) s %s\"\n", line, title(line))
	}
	return script.String()
}

// title is a command without its options.
func title(command string) string {
	words := strings.Fields(command)
	n := 2
	if len(words) > n && words[n] == "--no-run" {
		n++
	}
	return strings.Join(words[:min(n, len(words))], " ")
}

var handStep = regexp.MustCompile(`(?m)^by hand: (\d+ s) (.*)$`)

// steps are the commands with their seconds.
func steps(log string) []string {
	var found []string
	for _, match := range handStep.FindAllStringSubmatch(log, -1) {
		found = append(found, match[2]+" "+match[1])
	}
	return found
}
