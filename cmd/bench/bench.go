package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
	cranekit "github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/images"
)

// bench is a copy of the workspace and a builder to measure it on.
type bench struct {
	*options
	progress io.Writer
	// tree is the copy of the workspace.
	tree string
	// state is the directory of the builder.
	state   string
	address string
	client  *client.Client
}

// open copies the workspace, starts the private builder, and prepares what
// neither side measures: the image on the builder, the tools.
func (b *bench) open(ctx context.Context) (err error) {
	for file, made := range map[string]string{b.cranekit: "make build", b.image: "make image"} {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("%w: %s makes it", err, made)
		}
	}
	b.tree = b.file("workspace")
	if err := b.copyWorkspace(ctx); err != nil {
		return fmt.Errorf("copying the workspace: %w", err)
	}
	if err := os.MkdirAll(b.file("log"), 0o755); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close(ctx))
		}
	}()
	b.state = b.file("builder")
	if err := b.start(ctx); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return fmt.Errorf("preparing tools: %w", err)
	}
	return nil
}

// start starts the builder; launcher, if given, is a command that starts a command.
func (b *bench) start(ctx context.Context, launcher ...string) error {
	cmd := b.command(ctx, "builder", "start")
	if len(launcher) > 0 {
		launched := exec.CommandContext(ctx, launcher[0], slices.Concat(launcher[1:], cmd.Args)...)
		launched.Env = cmd.Env
		cmd = launched
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("starting the builder: %w: %s", err, bytes.TrimSpace(out))
	}
	state, err := embedded.Status(ctx, embedded.Options{StateDir: b.state})
	if err != nil {
		return fmt.Errorf("finding the builder: %w", err)
	}
	b.address = state.Address
	b.client, err = b.connect(ctx)
	return err
}

func (b *bench) connect(ctx context.Context) (*client.Client, error) {
	found, _, err := builder.Select(ctx, builder.Choice{Spec: b.address, From: "the benchmark"})
	if err != nil {
		return nil, err
	}
	return found.Client(ctx)
}

// close stops the builder; what it has cached stays for the next run.
func (b *bench) close(ctx context.Context) error {
	var err error
	if b.client != nil {
		err = b.client.Close()
	}
	if out, failed := b.command(context.WithoutCancel(ctx), "builder", "stop").CombinedOutput(); failed != nil {
		err = errors.Join(err, fmt.Errorf("stopping the builder: %w: %s", failed, bytes.TrimSpace(out)))
	}
	return err
}

// file is a path below the benchmark's directory.
func (b *bench) file(name ...string) string {
	return filepath.Join(append([]string{b.dir}, name...)...)
}

// logFile is where the output of a measured command goes.
func (b *bench) logFile(title string) string {
	return b.file("log", strings.NewReplacer(" ", "-", ",", "").Replace(title)+".log")
}

// environ is the environment of measured runs, with the benchmark's own
// builder, toolchain and place for durations.
func (b *bench) environ() []string {
	return append(os.Environ(), "CRANEKIT_STATE_DIR="+b.state, "CRANEKIT_TOOLCHAIN_OCI_LAYOUT="+b.image, "CRANEKIT_BUILDER=embedded", "XDG_CACHE_HOME="+b.file("cache"))
}

func (b *bench) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.cranekit, args...)
	cmd.Env = b.environ()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// check runs the checks by cranekit and returns the wall-clock time and the
// summary.
func (b *bench) check(ctx context.Context, title string, set ...string) (time.Duration, *cranekit.Summary, error) {
	output := b.file("result", "cranekit")
	args := append([]string{"check"}, b.checks...)
	args = append(args, "-C", b.tree, "--output", output, "--progress", "quiet")
	for _, pair := range slices.Concat(b.set, set) {
		args = append(args, "--set", pair)
	}
	took, err := b.clock(b.command(ctx, args...), title)
	if err != nil {
		return 0, nil, err
	}
	data, err := os.ReadFile(filepath.Join(output, cranekit.SummaryFile))
	if err != nil {
		return 0, nil, err
	}
	summary := &cranekit.Summary{}
	if err := json.Unmarshal(data, summary); err != nil {
		return 0, nil, fmt.Errorf("reading the summary: %w", err)
	}
	return took, summary, nil
}

// clock runs a command with its output in a log file and returns how long it
// took.
func (b *bench) clock(cmd *exec.Cmd, title string) (time.Duration, error) {
	log, err := os.Create(b.logFile(title))
	if err != nil {
		return 0, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: every check has to be green (log in %s)", title, err, log.Name())
	}
	took := time.Since(began)
	b.say("%-36s %7s s", title, seconds(took))
	return took, nil
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, format+"\n", args...)
}

// nonce makes vertices with it new to the builder.
func nonce() string { return strconv.FormatInt(time.Now().UnixNano(), 36) }

// versions are the versions of everything measured.
func (b *bench) versions(ctx context.Context) (versions, error) {
	out, err := b.command(ctx, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", b.cranekit, err)
	}
	compiler, err := b.compiler(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking rustc for its version: %w", err)
	}
	v := versions{strings.TrimSpace(string(out)), "BuildKit " + buildkitVersion(), compiler}
	return append(v, tarpaulin+" "+images.ToolVersion(tarpaulin), "cargo-chef "+chefVersion), nil
}

// buildkitVersion is the version of the module, the only one that the
// compiled-in builder has.
func buildkitVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/moby/buildkit" {
				return dep.Version
			}
		}
	}
	return "of an unknown version"
}
