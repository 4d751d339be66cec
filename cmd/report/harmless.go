package report

import (
	"github.com/cranekit/cranekit/buildkit/sanitize"
	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config/cargo"
)

// harmless makes all of a row that comes out of containers and builders fit to
// be shown and written anywhere: what is made of the row needs no care. The files
// that checks put out stay as they are.
func (c *Check) harmless() {
	c.Message = sanitize.Text(c.Message)
	each(c.Outputs, sanitize.Line)
	if c.Deps != nil {
		each(c.Deps.Rebuilt, sanitize.Line)
	}
	c.details.log = []byte(sanitize.Colored(string(c.details.log)))
	for i := range c.details.found {
		harmlessDiagnostic(&c.details.found[i])
	}
	each(c.Flaky, sanitize.Line)
	for i := range c.details.tests.Suites {
		harmlessSuite(&c.details.tests.Suites[i])
	}
}

func harmlessSuite(s *libtest.Suite) {
	s.Name = sanitize.Line(s.Name)
	for i := range s.Tests {
		t := &s.Tests[i]
		t.Name, t.Reason, t.Output = sanitize.Line(t.Name), sanitize.Line(t.Reason), sanitize.Text(t.Output)
		each(t.Earlier, sanitize.Text)
	}
}

func harmlessDiagnostic(d *cargo.Diagnostic) {
	d.Message, d.Rendered = sanitize.Text(d.Message), sanitize.Text(d.Rendered)
	for _, field := range []*string{&d.Level, &d.Package, &d.Code, &d.File} {
		*field = sanitize.Line(*field)
	}
}

func each(texts []string, change func(string) string) {
	for i := range texts {
		texts[i] = change(texts[i])
	}
}
