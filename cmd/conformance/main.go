// Command conformance runs cranekit and plain cargo on a corpus of workspaces
// and compares their answers.
//
// Plain cargo is a check of kind custom: the same commands in the same image,
// in a target directory of its own that has never seen a skeleton.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// options are the flags of the command line.
type options struct {
	only   string
	crates string
	quick  bool
	keep   bool
	relock bool
	layers bool
	draw   int
	doc    string
	dir    string
}

func run(ctx context.Context) error {
	var o options
	flag.StringVar(&o.only, "only", "", "run the cases that match this pattern, or one of several with commas between")
	flag.StringVar(&o.crates, "crates", "", "in place of the corpus, run these programs of crates.io: NAME or NAME@VERSION, with commas between")
	flag.BoolVar(&o.quick, "quick", false, "run the quick cases only")
	flag.BoolVar(&o.keep, "keep", false, "do not repeat what conformed in an earlier run of the same cranekit")
	flag.BoolVar(&o.relock, "relock", false, "run nothing: make the locks of the chosen trees anew, with the cargo of this machine")
	flag.BoolVar(&o.layers, "layers", false, "run the checks with member-layers; keep the results elsewhere, with -dir")
	flag.IntVar(&o.draw, "draw", 0, "run nothing: print the first candidates of each kind in the order of the draw, this many")
	flag.StringVar(&o.doc, "doc", "", "write the results of all cases to this file")
	flag.StringVar(&o.dir, "dir", ".cache/conformance", "where results are kept")
	flag.Parse()

	if o.draw > 0 {
		return draw(ctx, o.draw)
	}
	all, err := corpus.All()
	if err != nil {
		return err
	}
	cases, err := o.choose(ctx, all)
	if err != nil {
		return err
	}
	if o.relock {
		return relock(ctx, cases)
	}
	r, err := newRunner(ctx, o.dir)
	if err != nil {
		return err
	}
	r.layers = o.layers
	failed, err := r.all(ctx, cases, o.keep)
	if err = errors.Join(err, r.close()); err != nil {
		return err
	}
	if o.doc != "" {
		if err := r.document(o.doc, all); err != nil {
			return err
		}
	}
	fmt.Printf("%d cases, %d do not conform\n", len(cases), failed)
	if failed > 0 {
		return errors.New("cranekit and cargo differ")
	}
	return nil
}

// choose returns the cases that the options select.
func (o *options) choose(ctx context.Context, all []corpus.Case) ([]corpus.Case, error) {
	var cases []corpus.Case
	if o.crates != "" {
		for spec := range strings.SplitSeq(o.crates, ",") {
			p, err := corpus.Published(ctx, spec)
			if err != nil {
				return nil, err
			}
			c := p.Case()
			c.Name += "@" + p.Version // Not the case of another version in the corpus.
			cases = append(cases, c)
		}
		return cases, nil
	}
	for _, c := range all {
		chosen := o.only == ""
		for pattern := range strings.SplitSeq(o.only, ",") {
			match, err := filepath.Match(pattern, c.Name)
			if err != nil {
				return nil, fmt.Errorf("-only %q: %w", pattern, err)
			}
			chosen = chosen || match
		}
		if chosen && (c.Quick || !o.quick) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("no case matches -only %q", o.only)
	}
	return cases, nil
}

// relock makes the locks of trees. It is for those who write trees.
func relock(ctx context.Context, cases []corpus.Case) error {
	var failed error
	for i := range cases {
		if err := relockTree(ctx, &cases[i]); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", cases[i].Name, err))
		}
	}
	return failed
}

func relockTree(ctx context.Context, c *corpus.Case) error {
	file := filepath.Join("cmd/internal/corpus/trees", c.Name+".txtar")
	archive, err := os.ReadFile(file)
	if err != nil && c.Group == corpus.GroupTree {
		return err
	}
	temp, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	server, err := corpus.Serve(ctx, filepath.Join(temp, "served"))
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	dir, err := c.Lay(ctx, filepath.Join(temp, "tree"), server)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "Cargo.lock")); err == nil && c.Group != corpus.GroupTree {
		return nil // It has its own, or the corpus keeps one.
	}
	cmd := exec.CommandContext(ctx, "cargo", "metadata", "--format-version=1")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "RUSTC_BOOTSTRAP=1")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("making the lock: %w", err)
	}
	lock, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
	if err != nil {
		return err
	}
	if c.Group != corpus.GroupTree {
		return os.WriteFile(filepath.Join("cmd/internal/corpus/locks", c.Name+".lock"), lock, 0o644)
	}
	return os.WriteFile(file, corpus.Relock(archive, c.Dir, lock, server, c.Name), 0o644)
}
