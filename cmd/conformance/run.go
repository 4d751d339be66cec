package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/cranekit/cranekit/cmd/internal/cachedir"
	"github.com/cranekit/cranekit/cmd/internal/corpus"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/images"
)

//go:embed own.sh
var ownScript string

// Names of the checks of a case.
const (
	clippyCheck   = "clippy"
	packageCheck  = "package"
	coverageCheck = "coverage"
	ownCheck      = "own"
)

// tarpaulin is asked for where there is coverage, or shell lines lack it.
const tarpaulin = "cargo-tarpaulin"

// runner runs cases.
type runner struct {
	// dir keeps the results.
	dir            string
	binary, layout string
	// state is the builder's directory.
	state string
	// layers turns member layers on.
	layers bool
	// version is that of cranekit, nonce keeps results of earlier runs away.
	version, nonce string
}

func newRunner(ctx context.Context, dir string) (*runner, error) {
	r := &runner{nonce: fmt.Sprint(time.Now().UnixNano())}
	var err error
	for path, at := range map[string]*string{"bin/cranekit": &r.binary, ".cache/rust-debian": &r.layout, dir: &r.dir} {
		if *at, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	for _, need := range []string{r.binary, filepath.Join(r.layout, "index.json")} {
		if _, err := os.Stat(need); err != nil {
			return nil, fmt.Errorf("%w: run make build image first", err)
		}
	}
	if r.state = os.Getenv("CRANEKIT_STATE_DIR"); r.state == "" {
		if r.state, err = cachedir.Dir(cachedir.TestBuilder); err != nil {
			return nil, err
		}
	}
	out, err := exec.CommandContext(ctx, r.binary, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking cranekit for its version: %w", err)
	}
	r.version, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return r, os.MkdirAll(r.dir, 0o755)
}

// close stops the builder.
func (r *runner) close() error {
	// Not the context of the run: an interrupted one has to end it too.
	out, err := exec.CommandContext(context.Background(), r.binary, "builder", "stop", "--state-dir", r.state).CombinedOutput()
	if err != nil {
		return fmt.Errorf("stopping the builder: %w: %s", err, out)
	}
	return nil
}

// all runs cases, prints a line for each and returns how many do not conform.
func (r *runner) all(ctx context.Context, cases []corpus.Case, keep bool) (failed int, err error) {
	fmt.Println(tableHead)
	for i := range cases {
		c := &cases[i]
		result, err := r.result(c.Name)
		if !keep || err != nil || len(result.Differences) > 0 || result.Version != r.version {
			if result, err = r.run(ctx, c); err != nil {
				return failed, fmt.Errorf("%s: %w", c.Name, err)
			}
			if err := r.save(result); err != nil {
				return failed, err
			}
		}
		fmt.Println(result.line())
		for _, d := range result.Differences {
			fmt.Println("    " + strings.ReplaceAll(d, "\n", "\n    "))
		}
		if len(result.Differences) > 0 {
			failed++
		}
	}
	return failed, nil
}

// run lays out a case, runs cranekit on it and compares.
func (r *runner) run(ctx context.Context, c *corpus.Case) (*caseResult, error) {
	temp, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	server, err := corpus.Serve(ctx, filepath.Join(temp, "served"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = server.Close() }()
	dir, err := c.Lay(ctx, filepath.Join(temp, "tree"), server)
	if err != nil {
		return nil, err
	}
	config, err := r.config(c, dir)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(temp, "crane.yaml"), config, 0o644); err != nil {
		return nil, err
	}
	started := time.Now()
	output := filepath.Join(temp, "result")
	image := r.layout
	if c.UpstreamCargo {
		image = filepath.Join(temp, "image")
		if err := corpus.UpstreamCargo(ctx, r.layout, image); err != nil {
			return nil, err
		}
	}
	summary, log, err := r.check(ctx, image, temp, dir, output)
	if err != nil {
		return nil, err
	}
	cmp := comparison{c: c, dir: output, summary: summary, layers: r.layers, result: &caseResult{Name: c.Name, About: c.About, Version: r.version}}
	cmp.all(ctx)
	if len(cmp.result.Differences) > 0 {
		if err := keepOutput(output, filepath.Join(r.dir, c.Name), log); err != nil {
			return nil, err
		}
	}
	cmp.result.Seconds = time.Since(started).Seconds()
	return cmp.result, nil
}

// check runs cranekit check. Red checks are no error.
func (r *runner) check(ctx context.Context, image, temp, dir, output string) (*report.Summary, []byte, error) {
	// Outside of git everything but target directories is the source.
	cmd := exec.CommandContext(ctx, r.binary, "check", "-C", dir, "--config", filepath.Join(temp, "crane.yaml"), "--set", "output="+output)
	cmd.Env = append(os.Environ(), "CRANEKIT_STATE_DIR="+r.state, "CRANEKIT_TOOLCHAIN_OCI_LAYOUT="+image, "CRANEKIT_PROGRESS=full", "BUILDKIT_HOST=")
	log, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, log, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, log, fmt.Errorf("running cranekit: %w", err)
	}
	const interrupted = 130
	if cmd.ProcessState.ExitCode() == interrupted {
		return nil, log, errors.New("cranekit was interrupted")
	}
	data, err := os.ReadFile(filepath.Join(output, report.SummaryFile))
	if errors.Is(err, os.ErrNotExist) {
		return &report.Summary{ExitCode: cmd.ProcessState.ExitCode()}, log, nil
	}
	if err != nil {
		return nil, log, err
	}
	var summary report.Summary
	if err := json.Unmarshal(data, &summary); err != nil {
		return nil, log, fmt.Errorf("reading the summary: %w", err)
	}
	return &summary, log, nil
}

// locksIn are the paths of locks of a workspace: the configuration is elsewhere.
func locksIn(dir string, locks []string) []string {
	var paths []string
	for _, lock := range locks {
		paths = append(paths, filepath.Join(dir, filepath.FromSlash(lock)))
	}
	return paths
}

// config is the crane.yaml of a case. JSON is YAML, too.
func (r *runner) config(c *corpus.Case, dir string) ([]byte, error) {
	env := map[string]string{"CRANEKIT_NONCE": r.nonce}
	maps.Copy(env, c.Env)
	common := map[string]any{"profile": profile(c), "env": env, "member-layers": r.layers}
	if c.Features.All {
		common["all-features"] = true
	}
	if c.Features.NoDefault {
		common["no-default-features"] = true
	}
	if len(c.Features.Names) > 0 {
		common["features"] = c.Features.Names
	}
	if c.Target != "" {
		common["target"] = c.Target
	}
	selection := strings.TrimSpace(c.Repeated + " " + c.Selection)
	checks := map[string]any{
		clippyCheck:  map[string]any{"args": strings.TrimSpace(selection + " --all-targets --keep-going -- --deny warnings")},
		packageCheck: map[string]any{"args": selection, "test-args": strings.TrimSpace(selection + " --no-fail-fast")},
		ownCheck:     map[string]any{"kind": "custom", "run": []string{own(c)}},
	}
	toolchain := map[string]any{"packages": append([]string{}, c.Packages...)}
	if c.Coverage {
		checks[coverageCheck] = map[string]any{"kind": "tarpaulin", "out": []string{"Xml"}}
		toolchain["tools"] = map[string]string{tarpaulin: images.ToolVersion(tarpaulin)}
	}
	fetch := map[string]any{}
	if len(c.Locks) > 0 {
		fetch["locks"] = locksIn(dir, c.Locks)
	}
	return json.MarshalIndent(map[string]any{"common": common, "toolchain": toolchain, "fetch": fetch, "checks": checks}, "", "  ")
}

// own is the script of plain cargo.
func own(c *corpus.Case) string {
	flags := []string{"--locked", "--offline", "--profile", profile(c)}
	if c.Features.All {
		flags = append(flags, "--all-features")
	}
	if c.Features.NoDefault {
		flags = append(flags, "--no-default-features")
	}
	if len(c.Features.Names) > 0 {
		flags = append(flags, "--features", strings.Join(c.Features.Names, ","))
	}
	if c.Target != "" {
		flags = append(flags, "--target", c.Target)
	}
	selection := c.Selection
	if !strings.Contains(selection, "-p ") {
		selection = strings.TrimSpace("--workspace " + selection)
	}
	directory := profile(c)
	if directory == "dev" {
		directory = "debug"
	}
	return fmt.Sprintf("FLAGS='%s'\nSELECTION='%s'\nPROFILE=%s\nCOVERAGE=%t\n%s",
		strings.Join(flags, " "), selection, directory, c.Coverage, ownScript)
}

func profile(c *corpus.Case) string {
	if c.Profile == "" {
		return "dev"
	}
	return c.Profile
}

// keepOutput keeps the output of a case that does not conform for a look.
func keepOutput(output, dir string, log []byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "cranekit.log"), bytes.TrimSpace(log), 0o644); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, "result"), os.DirFS(output)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
