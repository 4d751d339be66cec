package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/config"
)

// health is how something that a run needs is.
type health string

const (
	healthOK   health = "ok"
	healthWarn health = "warn"
	healthFail health = "fail"
)

// finding is what the doctor says of one thing.
type finding struct {
	Name   string `json:"name"`
	Status health `json:"status"`
	// Message is one line, and Fix the one that mends it, "" when all is well
	// or nothing is known.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// doctorTimeout bounds each question to a builder or a registry.
const doctorTimeout = 20 * time.Second

// doctorIdle is how long a builder stays that only the doctor started.
const doctorIdle = time.Minute

// doctor looks at one thing after another.
type doctor struct {
	cfg     *config.Config
	project *project // nil if the workspace cannot be read
	options embedded.Options
	// choices are the builders of a run.
	choices []builder.Choice
	// trustLine is the command that trusts the repository.
	trustLine func(list string) string
	show      func(finding)
	findings  []finding
	// machine are the authorities of this machine, nil for what crypto/x509 finds.
	machine []byte
}

func (d *doctor) report(f finding) {
	d.findings = append(d.findings, f)
	if d.show != nil {
		d.show(f)
	}
}

func (d *doctor) ok(name, format string, args ...any) {
	d.report(finding{Name: name, Status: healthOK, Message: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(name, fix, format string, args ...any) {
	d.report(finding{name, healthWarn, fmt.Sprintf(format, args...), fix})
}

func (d *doctor) fail(name, fix, format string, args ...any) {
	d.report(finding{name, healthFail, fmt.Sprintf(format, args...), fix})
}

// mistakes reports what is wrong with a configuration, each with what mends it.
func (d *doctor) mistakes(name string, e *config.Error) {
	for _, p := range e.Problems {
		fix := p.Hint
		p.Hint = ""
		d.fail(name, fix, "%s", p)
	}
}

// ill reports whether something fails.
func (d *doctor) ill() bool {
	for _, f := range d.findings {
		if f.Status == healthFail {
			return true
		}
	}
	return false
}

// examine looks at everything, what is near first.
func (d *doctor) examine(ctx context.Context) {
	file := "no crane.yaml"
	if d.cfg.File != "" {
		file = shortPath(d.cfg.File)
	}
	d.ok("configuration", "%s; checks: %s", file, strings.Join(names(d.cfg.Checks), ", "))
	// Nothing is read, asked or connected to that a run would refuse.
	d.trust()
	for _, cfg := range d.cfg.Each() {
		d.cfg = cfg
		if !d.refuses(reads) {
			d.look(ctx, d.workspace, d.git)
		}
		if !d.refuses(writes) {
			d.look(ctx, d.output)
		}
	}
	if !d.refuses(reads) {
		d.look(ctx, d.toolchain)
	}
	if !d.refuses(routes) {
		d.look(ctx, d.registry)
	}
	if !d.refuses(reaches) {
		d.look(ctx, d.builders)
	}
}

// look does some examinations, each in limited time.
func (d *doctor) look(ctx context.Context, examinations ...func(context.Context)) {
	for _, examine := range examinations {
		if ctx.Err() == nil {
			within, cancel := context.WithTimeout(ctx, doctorTimeout)
			examine(within)
			cancel()
		}
	}
}
