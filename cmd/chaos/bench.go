package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// diskSize bounds the builder's file system, which is in memory: a toolchain
// and what small workspaces compile.
const diskSize = "6g"

// bench is what the rounds happen on.
type bench struct {
	binary, layout string
	dir            string // of everything
	disk           string // the builder's file system
	state          string // the builder's state, on that disk
	registry       *registryServer
	workspace      string
	// number tells workspaces and builders apart.
	number int
	// took is how long an undisturbed run of each phase took.
	took map[phase]time.Duration
}

func newBench(ctx context.Context) (*bench, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	b := &bench{
		binary: filepath.Join(root, "bin", "cranekit"), layout: filepath.Join(root, ".cache", "rust-debian"),
		took: map[phase]time.Duration{},
	}
	for _, need := range []string{b.binary, filepath.Join(b.layout, "index.json")} {
		if _, err := os.Stat(need); err != nil {
			return nil, fmt.Errorf("%w: run make build image first", err)
		}
	}
	if b.dir, err = os.MkdirTemp("", "chaos-"); err != nil {
		return nil, err
	}
	b.disk = filepath.Join(b.dir, "disk")
	if err := os.Mkdir(b.disk, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Mount("tmpfs", b.disk, "tmpfs", 0, "size="+diskSize); err != nil {
		return nil, fmt.Errorf("making a disk for the builder (needs root): %w", err)
	}
	if b.registry, err = newRegistry(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if err := b.measure(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// measure has an undisturbed run of each phase.
func (b *bench) measure(ctx context.Context) error {
	for _, p := range phases() {
		if err := b.prepare(ctx, p, false); err != nil {
			return err
		}
		began := time.Now()
		if _, err := b.green(ctx); err != nil {
			return fmt.Errorf("an undisturbed run, %s: %w", p, err)
		}
		b.took[p] = time.Since(began)
		fmt.Printf("undisturbed, %s: %.1f s\n", p, b.took[p].Seconds())
	}
	return nil
}

// prepare brings builder and workspace to where the phase begins. With settle
// an undisturbed run comes before, where the phase needs one.
func (b *bench) prepare(ctx context.Context, p phase, settle bool) error {
	switch p {
	case phaseNew:
		if err := b.newBuilder(ctx); err != nil {
			return err
		}
		return b.newWorkspace()
	case phaseFirst:
		return b.newWorkspace()
	}
	if settle {
		if _, err := b.green(ctx); err != nil {
			return fmt.Errorf("the run before: %w", err)
		}
	}
	if p == phaseEdited {
		return b.edit()
	}
	return nil
}

// newBuilder takes a state directory that nothing is in.
func (b *bench) newBuilder(ctx context.Context) error {
	if b.state != "" {
		if _, err := embedded.Stop(ctx, embedded.Options{StateDir: b.state}); err != nil {
			return err
		}
		if err := os.RemoveAll(b.state); err != nil {
			return err
		}
	}
	b.number++
	b.state = filepath.Join(b.disk, fmt.Sprintf("state-%d", b.number))
	return nil
}

// command is a run of cranekit on the workspace.
func (b *bench) command(ctx context.Context) *exec.Cmd {
	c := exec.CommandContext(ctx, b.binary, "check", "--builder", "embedded", "--progress", "full", "--cache", "type=registry,ref="+b.registry.ref())
	c.Dir = b.workspace
	c.Env = append(os.Environ(), "CRANEKIT_STATE_DIR="+b.state, "CRANEKIT_TOOLCHAIN_OCI_LAYOUT="+b.layout, "CI=", mark+"="+filepath.Base(b.dir))
	return c
}

// close ends and removes everything.
func (b *bench) close() error {
	var errs []error
	if b.state != "" {
		_, err := embedded.Stop(context.Background(), embedded.Options{StateDir: b.state})
		errs = append(errs, err)
	}
	if b.registry != nil {
		errs = append(errs, b.registry.stop())
	}
	return errors.Join(append(errs, unix.Unmount(b.disk, unix.MNT_DETACH), os.RemoveAll(b.dir))...)
}
