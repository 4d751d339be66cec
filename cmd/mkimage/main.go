// Mkimage makes an OCI layout of one image out of a root file system: the
// toolchain of cranekit's own demo, tests and benchmarks.
//
//	mkimage [-fresh] [-o DIR] SOURCE
//
// SOURCE is a directory with an executable mkrootfs, which writes the root file
// system to its standard output as a tar, and packages, a list of Debian
// packages that become labels with their versions. The layout is kept in the
// user's cache under a hash of SOURCE, and DIR is a symbolic link to it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cranekit/cranekit/cmd/internal/cachedir"
)

func main() {
	var b build
	flag.StringVar(&b.link, "o", "image", "symbolic link to make to the OCI `layout`")
	flag.BoolVar(&b.fresh, "fresh", false, "make the image again, with today's packages")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: mkimage [-fresh] [-o DIR] SOURCE")
		os.Exit(2)
	}
	b.source = flag.Arg(0)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mkimage:", err)
		os.Exit(1)
	}
}

// build is one call of the program.
type build struct {
	source string
	link   string
	fresh  bool
}

// run leaves link pointing to the layout, which it makes if need be.
func (b build) run(ctx context.Context) error {
	cache, err := cachedir.Dir("images")
	if err != nil {
		return err
	}
	key, err := hashDir(b.source)
	if err != nil {
		return err
	}
	dir := filepath.Join(cache, key)
	if _, err := os.Stat(dir); b.fresh || errors.Is(err, os.ErrNotExist) {
		start := time.Now()
		fmt.Fprintf(os.Stderr, "mkimage: making %s, about a minute\n", b.link)
		if err := b.fill(ctx, dir); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "mkimage: made %s in %s\n", b.link, time.Since(start).Round(time.Second))
	}
	return replaceLink(dir, b.link)
}

// fill makes the layout beside dir and moves it there when it is whole.
func (b build) fill(ctx context.Context, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("making the cache of images: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return fmt.Errorf("making the cache of images: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := b.writeLayout(ctx, tmp); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return fmt.Errorf("keeping the image: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing the old image: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fmt.Errorf("keeping the image: %w", err)
	}
	return nil
}

// writeLayout turns what mkrootfs writes into an OCI layout in dir.
func (b build) writeLayout(ctx context.Context, dir string) error {
	names, err := readPackages(filepath.Join(b.source, "packages"))
	if err != nil {
		return err
	}
	script, err := filepath.Abs(filepath.Join(b.source, "mkrootfs"))
	if err != nil {
		return fmt.Errorf("finding mkrootfs: %w", err)
	}
	rootfs, w := io.Pipe()
	cmd := exec.CommandContext(ctx, script)
	// It removes its temporary files on SIGTERM.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = w, os.Stderr

	done := make(chan struct{})
	go func() {
		defer close(done)
		err := cmd.Run()
		if err != nil {
			err = fmt.Errorf("running %s: %w", script, err)
		}
		w.CloseWithError(err)
	}()
	err = writeImage(dir, rootfs, names)
	rootfs.Close()
	<-done
	return err
}
