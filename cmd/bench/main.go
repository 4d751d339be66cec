// Bench measures cranekit against what people do without it, both in one run,
// on one builder and with one toolchain image:
//
//	a  cold: the three checks against the same cargo commands one by one
//	b  one line edited: against a cargo-chef Dockerfile with the same checks
//	c  nothing changed: against the same Dockerfile
//	d  planning: a generated workspace of 100 members and 300 crates
//	e  a fresh builder and a cache in a registry: against the same Dockerfile
//	f  eight checks on two builders of one core: against one of these
//
// The builder is a private one, kept in the user's cache, so that tools are
// compiled once. What the numbers mean is written in benchmarks.md.tmpl, which
// -markdown fills in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sirupsen/logrus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	logrus.SetLevel(logrus.ErrorLevel)
	err := dispatch(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch tells the benchmark from the process of its own that the peer gets.
func dispatch(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == dockerCommand {
		return dockerMain(ctx, args[1])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return o.run(ctx)
}

// options are the arguments of the benchmark.
type options struct {
	workspace, image, cranekit, dir string
	edit                            string
	markdown                        bool
	only, checks                    []string
	set                             []string
	colds, edits, repeats           int
}

// list is a flag that takes names separated by commas.
func list(names *[]string) func(string) error {
	return func(value string) error {
		*names = strings.Split(value, ",")
		return nil
	}
}

func parse(args []string) (*options, error) {
	o := &options{only: []string{"a", "b", "c", "d", "e", "f"}, checks: []string{"clippy", "package", "tarpaulin"}}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.workspace, "workspace", "examples/workspace", "`directory` of the workspace, which is copied")
	flags.StringVar(&o.image, "image", ".cache/rust-debian", "OCI `layout` of the toolchain")
	flags.StringVar(&o.cranekit, "cranekit", "bin/cranekit", "the `program` to measure")
	flags.StringVar(&o.dir, "dir", "", "`directory` of the builder and of logs (default bench in the user's cache)")
	flags.StringVar(&o.edit, "edit", "", "`file` that b edits, below the workspace (default the first binary's)")
	flags.BoolVar(&o.markdown, "markdown", false, "write the results to "+page+" too")
	flags.Func("only", "`parts` to run, separated by commas (default all)", list(&o.only))
	flags.Func("checks", "`checks` to run, separated by commas (default clippy,package,tarpaulin)", list(&o.checks))
	flags.Func("set", "configuration `key=value` for cranekit; may be repeated", func(value string) error {
		o.set = append(o.set, value)
		return nil
	})
	flags.IntVar(&o.colds, "colds", 1, "repetitions of a")
	flags.IntVar(&o.edits, "edits", 3, "repetitions of b")
	flags.IntVar(&o.repeats, "repeats", 5, "repetitions of c")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if i := slices.IndexFunc(o.only, func(id string) bool { return parts[id] == nil }); i >= 0 {
		return nil, fmt.Errorf("-only: there is no part %q; there are a to f", o.only[i])
	}
	if min(o.colds, o.edits, o.repeats) < 1 {
		return nil, errors.New("-colds, -edits and -repeats take at least 1")
	}
	return o, o.absolute()
}

// absolute makes the paths independent of working directories.
func (o *options) absolute() error {
	if o.dir == "" {
		cache := os.Getenv("CRANEKIT_CACHE_DIR")
		if cache == "" {
			user, err := os.UserCacheDir()
			if err != nil {
				return fmt.Errorf("finding the user's cache: %w: set CRANEKIT_CACHE_DIR", err)
			}
			cache = filepath.Join(user, "cranekit")
		}
		o.dir = filepath.Join(cache, "bench")
	}
	for _, name := range []*string{&o.workspace, &o.image, &o.cranekit, &o.dir} {
		path, err := filepath.Abs(*name)
		if err != nil {
			return err
		}
		*name = path
	}
	return nil
}

// run measures the parts in order and prints the table.
func (o *options) run(ctx context.Context) (err error) {
	r := &report{options: o, machine: thisMachine()}
	b := &bench{options: o, progress: os.Stderr}
	if slices.ContainsFunc(o.only, func(id string) bool { return id != "d" }) {
		if err := b.open(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.close(ctx)) }()
		if r.versions, err = b.versions(ctx); err != nil {
			return err
		}
	}
	for _, id := range o.only {
		rows, err := parts[id](ctx, b)
		r.rows = append(r.rows, rows...)
		if err != nil {
			// Show the results of earlier parts all the same: they took many
			// minutes.
			return errors.Join(fmt.Errorf("%s: %w", id, err), r.text(os.Stdout))
		}
	}
	if err := r.text(os.Stdout); err != nil || !o.markdown {
		return err
	}
	return r.writePage()
}

// parts measure one thing each.
var parts = map[string]func(context.Context, *bench) ([]row, error){
	"a": cold, "b": edited, "c": unchanged, "d": planning, "e": elsewhere, "f": together,
}
