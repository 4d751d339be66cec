package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
)

// machine describes the origin of the numbers.
type machine struct {
	CPU    string
	Cores  int
	Memory string
	Kernel string
	// Load is the load average of the minute before the run.
	Load string
}

// thisMachine reads /proc; missing values stay unknown.
func thisMachine() machine {
	m := machine{CPU: "unknown CPU", Cores: runtime.NumCPU(), Memory: "unknown", Kernel: "unknown", Load: "unknown"}
	if value := procField("/proc/cpuinfo", "model name"); value != "" {
		m.CPU = value
	}
	var kilobytes float64
	if _, err := fmt.Sscanf(procField("/proc/meminfo", "MemTotal"), "%g kB", &kilobytes); err == nil {
		m.Memory = fmt.Sprintf("%.0f GiB", kilobytes/(1<<20))
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(load), " ")
	}
	return m
}

// procField finds the first value of a key in a file of "key: value" lines.
func procField(file, key string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores (%s), %s of memory, Linux %s, load before %s", m.Cores, m.CPU, m.Memory, m.Kernel, m.Load)
}

// versions are the versions of everything measured, empty if no builder was
// needed.
type versions []string

func (v versions) String() string {
	if len(v) == 0 {
		return runtime.Version()
	}
	return strings.Join(v, ", ")
}

// command is how the run was started, with paths as they were given.
func (o *options) command() string {
	args := []string{"go", "run", "./cmd/bench"}
	for _, arg := range os.Args[1:] {
		if strings.ContainsAny(arg, " '\"$") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		args = append(args, arg)
	}
	return strings.Join(args, " ")
}

//go:embed benchmarks.md.tmpl
var markdown string

// page is where results are published, below the project's directory.
const page = "docs/benchmarks.md"

// writePage fills the template in.
func (r *report) writePage() error {
	tmpl, err := template.New(page).Parse(markdown)
	if err != nil {
		return err
	}
	type entry struct {
		Title   string
		Details []string
	}
	data := struct {
		Table                      string
		Entries                    []entry
		Machine, Versions, Command string
		Workspace                  string
	}{Machine: r.machine.String(), Versions: r.versions.String(), Command: r.options.command(), Workspace: filepath.Base(r.options.workspace)}
	lines := []string{"| " + strings.Join(header(), " | ") + " |", strings.Repeat("|---", len(header())) + "|"}
	for _, row := range r.rows {
		lines = append(lines, "| "+strings.Join(row.cells(), " | ")+" |")
		data.Entries = append(data.Entries, entry{Title: row.id + ": " + row.what + ", against " + row.against, Details: row.details()})
	}
	data.Table = strings.Join(lines, "\n")
	var b strings.Builder
	if err := tmpl.Execute(&b, data); err != nil {
		return fmt.Errorf("filling in the page of results: %w", err)
	}
	return os.WriteFile(page, []byte(b.String()), 0o644)
}
