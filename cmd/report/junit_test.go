package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/report/libtest"
)

// junitElement is a row of junit-10.xsd of Jenkins' xUnit plugin, which is the
// schema with Surefire's elements: attributes that have to be there, those that
// may be, and elements that may be in it. The children of rerun elements stand
// in an order, of the others in any.
//
// See https://github.com/jenkinsci/xunit-plugin, src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd
type junitElement struct{ required, optional, children, once string }

var (
	junitSchema = map[string]junitElement{
		"testsuites":   {optional: "name time tests failures errors", children: "testsuite"},
		"testsuite":    {required: "name tests failures errors", optional: "group time skipped timestamp hostname id package file log url", children: "testsuite properties testcase system-out system-err"},
		"testcase":     {required: "name", optional: "time classname group", children: "skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err"},
		"properties":   {children: "property"},
		"property":     {required: "name value"},
		"failure":      {optional: "type message"},
		"error":        {optional: "type message"},
		"skipped":      {optional: "type message"},
		"flakyFailure": {required: "type", optional: "message", once: "stackTrace system-out system-err"},
		"rerunFailure": {required: "type", optional: "message", once: "stackTrace system-out system-err"},
		"stackTrace":   {},
		"system-out":   {},
		"system-err":   {},
	}
	// surefireTime is the form of time at suites.
	surefireTime = regexp.MustCompile(`^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$`)
)

// validJUnit reports where a document breaks the schema.
func validJUnit(text []byte) error {
	decoder := xml.NewDecoder(strings.NewReader(string(text)))
	var errs []error
	var inside []string
	before := map[string][]string{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return errors.Join(errs...)
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			errs = append(errs, junitAttributes(token))
			if len(inside) == 0 {
				if name != "testsuites" && name != "testsuite" {
					errs = append(errs, fmt.Errorf("the root is %s", name))
				}
			} else {
				parent := inside[len(inside)-1]
				row := junitSchema[parent]
				before[parent] = append(before[parent], name)
				if !slices.Contains(strings.Fields(row.children), name) && !inOrder(strings.Fields(row.once), before[parent]) {
					errs = append(errs, fmt.Errorf("%s in %s", name, parent))
				}
			}
			inside = append(inside, name)
			before[name] = nil
		case xml.EndElement:
			inside = inside[:len(inside)-1]
		}
	}
}

func inOrder(all, some []string) bool {
	for _, name := range some {
		i := slices.Index(all, name)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}

func junitAttributes(e xml.StartElement) error {
	row, known := junitSchema[e.Name.Local]
	if !known {
		return fmt.Errorf("no element %s in the schema", e.Name.Local)
	}
	required := strings.Fields(row.required)
	for _, a := range e.Attr {
		if !slices.Contains(append(strings.Fields(row.optional), strings.Fields(row.required)...), a.Name.Local) {
			return fmt.Errorf("%s has the attribute %s", e.Name.Local, a.Name.Local)
		}
		if a.Name.Local == "time" && !surefireTime.MatchString(a.Value) {
			return fmt.Errorf("%s takes %q", e.Name.Local, a.Value)
		}
		required = slices.DeleteFunc(required, func(name string) bool { return name == a.Name.Local })
	}
	if len(required) > 0 {
		return fmt.Errorf("%s lacks %s", e.Name.Local, strings.Join(required, ", "))
	}
	return nil
}

// TestJUnitIsValid checks every report of the golden runs, and wants each test
// to be there once.
func TestJUnitIsValid(t *testing.T) {
	t.Parallel()
	if validJUnit([]byte(`<testsuites skipped="1"/>`)) == nil || validJUnit([]byte(`<testsuite name="a" tests="1" failures="0" errors="0"><testcase name="b"><flakyFailure message="c"/></testcase></testsuite>`)) == nil {
		t.Error("the validator takes anything")
	}
	count := 0
	for name := range runs {
		output, _, _ := exported(t, name, "")
		files, err := filepath.Glob(filepath.Join(output, "*", JUnitFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			count++
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := validJUnit(text); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, text)
			}
			var report junitReport
			if err := xml.Unmarshal(text, &report); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, suite := range report.Suites {
				for _, c := range suite.Cases {
					if key := c.Class + " " + c.Name; seen[key] {
						t.Errorf("%s twice in %s", key, file)
					} else {
						seen[key] = true
					}
				}
			}
		}
	}
	if count < 5 {
		t.Errorf("only %d reports", count)
	}
}

// TestJUnitOfWhatIsOdd has suites that are not counted, and text that XML
// cannot hold.
func TestJUnitOfWhatIsOdd(t *testing.T) {
	t.Parallel()
	text, err := junit("own", &libtest.Log{Suites: []libtest.Suite{
		{Name: "a", Announced: 3, Passed: 2, Failed: 1, Tests: []libtest.Test{{Name: "x", Outcome: libtest.Failed, Output: "\x01]]>&\nthread 'x' panicked at src/lib.rs:1:2:\nno"}}},
		{Name: "b", State: libtest.Unclear, Announced: 1},
		{Name: "c", State: libtest.Cut, Announced: 1},
		{Name: "d", Announced: 1, Passed: 1, Tests: []libtest.Test{{Name: "y", Outcome: libtest.Passed, Earlier: []string{"once", ""}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := validJUnit(text); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	var report junitReport
	if err := xml.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if report.Tests != 3 || report.Failures != 1 || report.Errors != 1 || len(report.Suites) != 4 {
		t.Errorf("%+v", report)
	}
	if a := report.Suites[0]; a.Cases[0].Failure.Message != "no" || !strings.HasPrefix(a.Cases[0].Failure.Text, "]]>&") || !strings.Contains(a.Out, "does not name 2 tests of 3") {
		t.Errorf("%+v", a)
	}
	if d := report.Suites[3].Cases[0]; len(d.Flaky) != 2 || d.Flaky[0].Trace != "once" || d.Failure != nil {
		t.Errorf("%+v", d)
	}
}
