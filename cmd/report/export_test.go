package report

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config/cargo"
)

// exported writes the reports of a run and returns the output directory.
func exported(t *testing.T, name, prefix string) (string, *Summary, ExportOptions) {
	t.Helper()
	s := summary(name)
	o := ExportOptions{Output: t.TempDir(), Prefix: prefix, Version: "1.2.3", Rerun: func(check string) string { return "cranekit check " + check }}
	for i, run := range runs[name].checks {
		if run.dir != "" {
			if err := os.CopyFS(filepath.Join(o.Output, s.Checks[i].Name), os.DirFS(filepath.Join("testdata", "out", run.dir))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Export(o); err != nil {
		t.Fatal(err)
	}
	return o.Output, s, o
}

// TestExport has the reports of a red run in golden files.
func TestExport(t *testing.T) {
	t.Parallel()
	output, s, o := exported(t, "red", "rust/greet ws")
	for _, name := range []string{MarkdownFile, CodeQualityFile, SARIFFile, "package/" + JUnitFile} {
		text, err := os.ReadFile(filepath.Join(output, name))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "export-"+strings.ReplaceAll(name, "/", "-")+".golden", text)
	}
	var out bytes.Buffer
	if err := Annotations(&out, s, o); err != nil {
		t.Fatal(err)
	}
	golden(t, "export-annotations.golden", out.Bytes())
	i := slices.IndexFunc(s.Checks, func(c Check) bool { return c.Name == "package" })
	if !slices.Contains(s.Checks[i].Outputs, "package/"+JUnitFile) {
		t.Errorf("junit.xml is not among the outputs %v", s.Checks[i].Outputs)
	}
	if _, err := os.Stat(filepath.Join(output, "clippy", JUnitFile)); err == nil {
		t.Error("clippy has no tests and a junit.xml")
	}
}

// TestExportFlaky has those of a run whose checks passed only after retries, ran
// out of time or could not be run.
func TestExportFlaky(t *testing.T) {
	t.Parallel()
	output, s, o := exported(t, "flaky", "")
	for name, file := range map[string]string{"summary.md": MarkdownFile, "junit.xml": "test/" + JUnitFile, "crashed-junit.xml": "crashed/" + JUnitFile} {
		text, err := os.ReadFile(filepath.Join(output, file))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "flaky-"+name+".golden", text)
	}
	var out bytes.Buffer
	if err := Annotations(&out, s, o); err != nil {
		t.Fatal(err)
	}
	golden(t, "flaky-annotations.golden", out.Bytes())
}

// TestExportGreen wants reports without findings to be ones that CI systems take.
func TestExportGreen(t *testing.T) {
	t.Parallel()
	output, s, o := exported(t, "green", "")
	text, err := os.ReadFile(filepath.Join(output, CodeQualityFile))
	if err != nil || strings.TrimSpace(string(text)) != "[]" {
		t.Errorf("code quality: %s, %v", text, err)
	}
	text, err = os.ReadFile(filepath.Join(output, SARIFFile))
	if err != nil || !bytes.Contains(text, []byte(`"results": []`)) {
		t.Errorf("SARIF: %s, %v", text, err)
	}
	var out bytes.Buffer
	if err := Annotations(&out, s, o); err != nil || out.Len() > 0 {
		t.Errorf("annotations: %s, %v", &out, err)
	}
	if page := string(Markdown(s, o)); !strings.HasPrefix(page, "## cranekit: 5 of 5 checks passed") || strings.Contains(page, "❌") {
		t.Errorf("page: %s", page)
	}
}

// TestAnnotationsAreOneLine wants no text of a check to end a command or begin
// another.
func TestAnnotationsAreOneLine(t *testing.T) {
	t.Parallel()
	s := &Summary{Checks: []Check{
		{Name: "clippy", Status: "failed", details: details{found: []cargo.Diagnostic{
			{Level: "error", Message: "100%\r\n::add-mask::x", File: "a,b:c%/d\n.rs", Line: 3, EndLine: 3, Column: 1, EndColumn: 2, Code: "x,y"},
			{Level: "warning", Message: "twice", File: "/cranekit/cargo/registry/x.rs", Line: 1, EndLine: 2},
			{Level: "note", Message: "never"},
		}}},
		{Name: "own", Status: "error", Message: "lost\n::stop-commands::x"},
	}}
	var out bytes.Buffer
	if err := Annotations(&out, s, ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%2Cb%3Ac%25/d%0A.rs,line=3,endLine=3,col=1,endColumn=2,title=clippy%3A x%2Cy::100%25%0D%0A::add-mask::x\n" +
		"::warning title=clippy%3A warning::twice\n" +
		"::error title=cranekit check own::lost%0A::stop-commands::x\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestSourcePath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ prefix, file, want string }{
		{"", "src/lib.rs", "src/lib.rs"},
		{".", "src/lib.rs", "src/lib.rs"},
		{"rust", "src/lib.rs", "rust/src/lib.rs"},
		{"rust", "../shared/lib.rs", "shared/lib.rs"},
		{"rust", "../../etc/passwd", ""},
		{"rust", "/src/rust/src/lib.rs", "rust/src/lib.rs"},
		{"rust", "/src/../../x", ""},
		{"rust", "/rustc/abc/library/core/src/lib.rs", ""},
		{"rust", "", ""},
	} {
		if got := sourcePath(c.prefix, c.file); got != c.want {
			t.Errorf("sourcePath(%q, %q) = %q, want %q", c.prefix, c.file, got, c.want)
		}
	}
}

// TestFingerprints wants them to outlive edits above, and to be unique.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	at := func(line int, message string) finding {
		return finding{Diagnostic: cargo.Diagnostic{Level: "warning", Message: message, Line: line}, path: "src/lib.rs"}
	}
	before := fingerprints([]finding{at(3, "a"), at(9, "a"), at(9, "b")})
	after := fingerprints([]finding{at(4, "a"), at(10, "a"), at(10, "b")})
	if !slices.Equal(before, after) || before[0] == before[1] || before[1] == before[2] {
		t.Errorf("%v\n%v", before, after)
	}
}

func TestMarkdownCannotBeLeft(t *testing.T) {
	t.Parallel()
	s := &Summary{Checks: []Check{{Name: "own", Status: "failed", Message: "a\n```\n<img src=x>", details: details{log: []byte("````\n" + strings.Repeat("x\n", 1<<20))}}}}
	page := Markdown(s, ExportOptions{})
	if len(page) > 2*maxEvidence {
		t.Errorf("the page has %d bytes", len(page))
	}
	// Outside of fences there is no text of the check.
	open := ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		fence := regexp.MustCompile("^`{3,}").FindString(line)
		switch {
		case open == "" && fence != "":
			open = fence
		case open != "" && line == open:
			open = ""
		case open == "" && strings.Contains(line, "<img"):
			t.Errorf("markup of a check: %s", line)
		}
	}
	if open != "" {
		t.Error("a fence is left open")
	}
}

// TestCodeQualityIsWhatGitLabReads decodes it with the names that GitLab asks for.
func TestCodeQualityIsWhatGitLabReads(t *testing.T) {
	t.Parallel()
	output, _, _ := exported(t, "red", "")
	f, err := os.Open(filepath.Join(output, CodeQualityFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var issues []map[string]any
	if err := json.Unmarshal(text, &issues); err != nil || len(issues) == 0 {
		t.Fatalf("%d issues, %v", len(issues), err)
	}
	for _, issue := range issues {
		for _, name := range []string{"description", "check_name", "fingerprint", "severity", "location"} {
			if issue[name] == nil || issue[name] == "" {
				t.Errorf("no %s in %v", name, issue)
			}
		}
	}
}
