// Package doctor looks at what a run needs before it can start. What it finds is
// data.
package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// Health is how something that a run needs is.
type Health string

// What is fine, what may go wrong, and what ends a run.
const (
	OK   Health = "ok"
	Warn Health = "warn"
	Fail Health = "fail"
)

// Finding is what the doctor says of one thing.
type Finding struct {
	Name   string `json:"name"`
	Status Health `json:"status"`
	// Message is one line, and Fix the one that mends it, "" when all is well
	// or nothing is known.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// timeout bounds each question to a builder or a registry.
const timeout = 20 * time.Second

// idle is how long a builder stays that only the doctor started.
const idle = time.Minute

// Doctor looks at one thing after another.
type Doctor struct {
	// Config is that of the workspace that is looked at.
	Config  *config.Config
	project *project.Project // nil if the workspace cannot be read
	options embedded.Options
	// Choices are the builders of a run.
	Choices []builder.Choice
	// TrustLine is the command that trusts the repository.
	TrustLine func(list string) string
	// Show is called with each finding as it comes, nil for nobody.
	Show func(Finding)
	// Findings are all so far.
	Findings []Finding
	// machine are the authorities of this machine, nil for what crypto/x509 finds.
	machine []byte
}

func (d *Doctor) report(f Finding) {
	d.Findings = append(d.Findings, f)
	if d.Show != nil {
		d.Show(f)
	}
}

func (d *Doctor) ok(name, format string, args ...any) {
	d.report(Finding{Name: name, Status: OK, Message: fmt.Sprintf(format, args...)})
}

func (d *Doctor) warn(name, fix, format string, args ...any) {
	d.report(Finding{name, Warn, fmt.Sprintf(format, args...), fix})
}

func (d *Doctor) fail(name, fix, format string, args ...any) {
	d.report(Finding{name, Fail, fmt.Sprintf(format, args...), fix})
}

// Mistakes reports what is wrong with a configuration, each with what mends it.
func (d *Doctor) Mistakes(name string, e *config.Error) {
	for _, p := range e.Problems {
		fix := p.Hint
		p.Hint = ""
		d.fail(name, fix, "%s", p)
	}
}

// Ill reports whether something fails.
func (d *Doctor) Ill() bool {
	for _, f := range d.Findings {
		if f.Status == Fail {
			return true
		}
	}
	return false
}

// Examine looks at everything, what is near first.
func (d *Doctor) Examine(ctx context.Context) {
	file := "no crane.yaml"
	if d.Config.File != "" {
		file = project.ShortPath(d.Config.File)
	}
	d.ok("configuration", "%s; checks: %s", file, strings.Join(project.Names(d.Config.Checks), ", "))
	// Nothing is read, asked or connected to that a run would refuse.
	d.trust()
	for _, cfg := range d.Config.Each() {
		d.Config = cfg
		if !d.refuses(project.AboutGraph) {
			d.look(ctx, d.workspace, d.git)
		}
		if !d.refuses(writes) {
			d.look(ctx, d.output)
		}
	}
	if !d.refuses(project.AboutGraph) {
		d.look(ctx, d.toolchain)
	}
	if !d.refuses(routes) {
		d.look(ctx, d.registry)
	}
	if !d.refuses(project.AboutBuilder) {
		d.look(ctx, d.builders)
	}
}

// look does some examinations, each in limited time.
func (d *Doctor) look(ctx context.Context, examinations ...func(context.Context)) {
	for _, examine := range examinations {
		if ctx.Err() == nil {
			within, cancel := context.WithTimeout(ctx, timeout)
			examine(within)
			cancel()
		}
	}
}
