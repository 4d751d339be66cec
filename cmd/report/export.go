package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/llb"
)

// The reports for CI systems, in the output directory; JUnitFile is in the
// directory of each check that ran tests.
const (
	MarkdownFile    = "summary.md"
	CodeQualityFile = "code-quality.json"
	SARIFFile       = "cranekit.sarif"
	JUnitFile       = "junit.xml"
)

// Files are the names of what every run writes into the output directory.
func Files() []string { return []string{SummaryFile, MarkdownFile, CodeQualityFile, SARIFFile} }

// ExportOptions are what reports for CI systems need to know.
type ExportOptions struct {
	// Output is the output directory.
	Output string
	// Prefix is the workspace relative to the repository's root, which is
	// what CI systems take paths to be relative to; "" or "." for the same.
	Prefix string
	// Version is that of cranekit.
	Version string
	// Rerun gives the command that runs one check again; nil for none.
	Rerun func(check string) string
}

// Export writes the reports that CI systems read. The outputs of checks in s
// get those that are written beside them.
func (s *Summary) Export(o ExportOptions) error {
	found := s.findings(o.Prefix)
	quality, err := encode(codeQuality(found))
	if err != nil {
		return err
	}
	sarif, err := encode(sarifLog(found, o.Version))
	if err != nil {
		return err
	}
	errs := []error{s.exportTests(o.Output)}
	for name, text := range map[string][]byte{
		MarkdownFile: Markdown(s, o), CodeQualityFile: quality, SARIFFile: sarif,
	} {
		if err := WriteFile(filepath.Join(o.Output, name), text); err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return out.Bytes(), err
}

// exportTests writes JUnit's XML for each check whose log has tests.
func (s *Summary) exportTests(output string) error {
	var errs []error
	for i := range s.Checks {
		c := &s.Checks[i]
		name := path.Join(c.Name, JUnitFile)
		there := slices.Contains(c.Outputs, name)
		// A runner that lines of the user start knows more than the log.
		if c.Metrics.TestsPassed == nil && len(c.details.tests.In(libtest.Cut)) == 0 || c.details.tests.Unclear || there && c.details.lines {
			continue
		}
		text, err := junit(c.Name, &c.details.tests)
		if err == nil {
			err = WriteFile(filepath.Join(output, filepath.FromSlash(name)), text)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", name, err))
		} else if !there {
			c.Outputs = append(c.Outputs, name)
		}
	}
	return errors.Join(errs...)
}

// finding is a diagnostic, and the first check that has it.
type finding struct {
	check string
	cargo.Diagnostic
	// path is relative to the repository's root, with slashes; "" for a
	// place outside of it, or none.
	path string
}

func (f *finding) isError() bool { return strings.HasPrefix(f.Level, "error") }

// rule is the lint or the number of the error.
func (f *finding) rule() string {
	switch {
	case f.Code != "":
		return f.Code
	case f.isError():
		return "error"
	default:
		return "warning"
	}
}

// findings are the errors and warnings of all checks, each once: checks that
// compile the same code say the same of it, if not as strictly.
func (s *Summary) findings(prefix string) []finding {
	var all []finding
	type key struct {
		path, message string
		line, column  int
	}
	seen := map[key]int{}
	for i := range s.Checks {
		for _, d := range s.Checks[i].details.found {
			f := finding{s.Checks[i].Name, d, sourcePath(prefix, d.File)}
			if !f.isError() && d.Level != "warning" {
				continue
			}
			k := key{f.path, d.Message, d.Line, d.Column}
			if at, again := seen[k]; !again {
				seen[k] = len(all)
				all = append(all, f)
			} else if f.isError() && !all[at].isError() {
				all[at] = f // clippy denies what others warn of
			}
		}
	}
	return all
}

// sourcePath is a path of a diagnostic relative to the repository's root.
// rustc names files relative to the workspace, or as they are in the
// container.
func sourcePath(prefix, file string) string {
	if file == "" {
		return ""
	}
	name, absolute := strings.CutPrefix(file, llb.SourceDir+"/")
	if !absolute {
		if path.IsAbs(file) {
			return "" // a dependency, or the standard library
		}
		name = path.Join(prefix, file)
	}
	if name = path.Clean(name); name == ".." || strings.HasPrefix(name, "../") {
		return ""
	}
	return name
}
