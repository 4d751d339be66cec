package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/internal/corpus"
	"github.com/cranekit/cranekit/cmd/report"
)

// comparison compares the answers of cranekit and of plain cargo in one case.
type comparison struct {
	c *corpus.Case
	// dir is the output directory.
	dir     string
	summary *report.Summary
	result  *caseResult
	// layers reports whether the checks had member layers: more can be reused.
	layers bool
}

func (cmp *comparison) differ(format string, args ...any) {
	cmp.result.Differences = append(cmp.result.Differences, fmt.Sprintf(format, args...))
}

func (cmp *comparison) all(ctx context.Context) {
	if row := cmp.row(ownCheck); row == nil || row.Status != buildkit.StatusPassed {
		cmp.differ("plain cargo could not be run: cranekit's exit code is %d", cmp.summary.ExitCode)
		return
	}
	cmp.clippy()
	cmp.packages(ctx)
	if cmp.c.Coverage {
		cmp.coverage()
	}
	cmp.rebuilt()
	if wrapper := strings.TrimSpace(string(cmp.read(ownCheck, "own", "wrapper"))); cmp.c.Wrapped != (wrapper == "") {
		cmp.differ("RUSTC_WRAPPER is %q in shell lines", wrapper)
	}
}

func (cmp *comparison) row(name string) *report.Check {
	for i := range cmp.summary.Checks {
		if cmp.summary.Checks[i].Name == name {
			return &cmp.summary.Checks[i]
		}
	}
	return nil
}

// status compares exit codes and returns cranekit's.
func (cmp *comparison) status(check string, own int) int {
	row := cmp.row(check)
	if row == nil {
		cmp.differ("%s was not run", check)
		return -1
	}
	if row.Status == buildkit.StatusError {
		cmp.differ("%s could not be run: %s", check, row.Message)
		return -1
	}
	if row.ExitCode != own {
		cmp.differ("%s ends with exit code %d, cargo with %d\n%s", check, row.ExitCode, own, tail(cmp.read(check, "log.txt")))
	}
	return row.ExitCode
}

// ownStatus is the exit code of a command of plain cargo.
func (cmp *comparison) ownStatus(name string) int {
	code, err := strconv.Atoi(strings.TrimSpace(string(cmp.read(ownCheck, "own", name+".status"))))
	if err != nil {
		return -2
	}
	return code
}

func (cmp *comparison) read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(cmp.dir, filepath.Join(path...)))
	if err != nil {
		return nil
	}
	return data
}

func (cmp *comparison) clippy() {
	cmp.result.Clippy = cmp.status(clippyCheck, cmp.ownStatus("clippy"))
	ours := diagnostics(cmp.read(clippyCheck, "messages.json"))
	cmp.result.Diagnostics = len(ours)
	cmp.sets("diagnostic of clippy", ours, diagnostics(cmp.read(ownCheck, "own", "clippy.out")))
}

func (cmp *comparison) packages(ctx context.Context) {
	status := cmp.ownStatus("build")
	if status == 0 {
		status = cmp.ownStatus("test")
	}
	cmp.result.Package = cmp.status(packageCheck, status)
	ours := diagnostics(cmp.read(packageCheck, "messages.json"))
	own := diagnostics(cmp.read(ownCheck, "own", "build.out"))
	if cmp.ownStatus("build") == 0 {
		own = append(own, diagnostics(cmp.read(ownCheck, "own", "tests.out"))...)
		slices.Sort(own)
		own = slices.Compact(own)
		tests := testOutcomes(afterTest(cmp.read(packageCheck, "log.txt")))
		cmp.result.Tests = len(tests)
		cmp.sets("test", tests, testOutcomes(cmp.read(ownCheck, "own", "test.out")))
	}
	cmp.sets("diagnostic of the build", ours, own)
	cmp.binaries(ctx)
	cmp.sets("library", names(filepath.Join(cmp.dir, packageCheck, "lib")), libraries(cmp.read(ownCheck, "own", "build.out")))
}

// sets compares two sorted lists.
func (cmp *comparison) sets(what string, ours, own []string) {
	for _, item := range ours {
		if !slices.Contains(own, item) {
			cmp.differ("cargo does not have the %s: %s", what, item)
		}
	}
	for _, item := range own {
		if !slices.Contains(ours, item) {
			cmp.differ("cranekit does not have the %s: %s", what, item)
		}
	}
}

// binaries compares the output of the programs.
func (cmp *comparison) binaries(ctx context.Context) {
	ours, own := filepath.Join(cmp.dir, packageCheck, "bin"), filepath.Join(cmp.dir, ownCheck, "own", "bin")
	list := names(ours)
	cmp.sets("program", list, names(own))
	cmp.result.Binaries = len(list)
	for _, name := range list {
		for _, args := range [][]string{{"--version"}, {"--help"}} {
			a, b := execute(ctx, filepath.Join(ours, name), args), execute(ctx, filepath.Join(own, name), args)
			if a != b {
				cmp.differ("%s %s prints\n%s\nthat of cargo\n%s", name, args[0], a, b)
			}
		}
	}
	for name, want := range cmp.c.Prints {
		if got := execute(ctx, filepath.Join(ours, name), nil); !strings.HasSuffix(got, "\n"+want) {
			cmp.differ("%s prints %q, want %q", name, got, want)
		}
	}
}

// execute returns how a program ended and what it printed.
func execute(ctx context.Context, file string, args []string) string {
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	home, err := os.MkdirTemp("", "conformance-home-")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = os.RemoveAll(home) }()
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=dumb"}
	out, err := cmd.CombinedOutput()
	text := strings.NewReplacer(filepath.Dir(file), "", home, "").Replace(string(out))
	return fmt.Sprintf("%v\n%s", err, text)
}

func names(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

// coverage compares the covered lines file by file. Threads may take another
// turn in each run: a line more or less is no difference.
func (cmp *comparison) coverage() {
	// Where a test fails there is no coverage.
	if cmp.status(coverageCheck, cmp.ownStatus("coverage")) != 0 {
		return
	}
	ours, own := covered(cmp.read(coverageCheck, "cobertura.xml")), covered(cmp.read(ownCheck, "own", "cobertura.xml"))
	if len(own) == 0 {
		cmp.differ("cargo-tarpaulin by itself gives no coverage\n%s", tail(cmp.read(ownCheck, "own", "coverage.err")))
	}
	var files []string
	for file, lines := range ours {
		files = append(files, file)
		cmp.result.Lines += lines.total
	}
	cmp.sets("covered file", files, keys(own))
	for _, file := range files {
		a, b := ours[file], own[file]
		if d := a.hit - b.hit; a.total != b.total || d > 1 || d < -1 {
			cmp.differ("coverage of %s is %d/%d, by itself %d/%d", file, a.hit, a.total, b.hit, b.total)
		}
	}
}

func keys(m map[string]lines) []string {
	var list []string
	for key := range m {
		list = append(list, key)
	}
	return list
}

// rebuilt checks that no dependency was compiled in a check, but where cargo
// leaves no way around it.
func (cmp *comparison) rebuilt() {
	for i := range cmp.summary.Checks {
		c := &cmp.summary.Checks[i]
		if c.Name == ownCheck || c.Deps == nil {
			continue
		}
		if c.Deps.Reused != nil {
			cmp.result.Reused += *c.Deps.Reused
		}
		for _, unit := range c.Deps.Rebuilt {
			cmp.result.Rebuilt = append(cmp.result.Rebuilt, c.Name+": "+unit)
			if cmp.c.Rebuilt == "" || !strings.Contains(unit, cmp.c.Rebuilt) {
				cmp.differ("%s compiled %s", c.Name, unit)
			}
		}
	}
	if cmp.c.Rebuilt != "" && len(cmp.result.Rebuilt) == 0 && !cmp.layers {
		cmp.differ("nothing was compiled again: the case is mended, drop `rebuilt`")
	}
}
