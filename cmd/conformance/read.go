package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// diagnostics are those of the compiler, with the target that they are of.
func diagnostics(messages []byte) []string {
	var list []string
	for line := range bytes.Lines(messages) {
		var m struct {
			Reason    string
			PackageID string `json:"package_id"`
			Target    struct{ Name string }
			Message   json.RawMessage
		}
		if json.Unmarshal(line, &m) != nil || m.Reason != "compiler-message" {
			continue
		}
		var d struct{ Rendered string }
		if json.Unmarshal(m.Message, &d) == nil {
			list = append(list, m.PackageID+" "+m.Target.Name+"\n"+d.Rendered)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// libraries are the names of the libraries that cargo made for use outside of
// Rust, sorted.
func libraries(messages []byte) []string {
	var list []string
	for line := range bytes.Lines(messages) {
		var m struct {
			Reason    string
			PackageID string `json:"package_id"`
			Target    struct {
				CrateTypes []string `json:"crate_types"`
			}
			Filenames []string
		}
		if json.Unmarshal(line, &m) != nil || m.Reason != "compiler-artifact" || !strings.HasPrefix(m.PackageID, "path+") ||
			!slices.ContainsFunc(m.Target.CrateTypes, func(t string) bool { return t == "cdylib" || t == "dylib" || t == "staticlib" }) {
			continue
		}
		for _, file := range m.Filenames {
			if ext := filepath.Ext(file); ext == ".so" || ext == ".a" {
				list = append(list, filepath.Base(file))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// afterTest is the part of a log that the tests wrote.
func afterTest(log []byte) []byte {
	at := bytes.LastIndex(log, []byte("\n$ cargo test "))
	if at < 0 {
		return nil
	}
	return log[at:]
}

var (
	testLine    = regexp.MustCompile(`^test (.+) \.\.\. (ok|FAILED|ignored)`)
	testSection = regexp.MustCompile(`^ +(Running [^(]*|Doc-tests .*)`)
)

// testOutcomes are the tests of a log with their outcomes, sorted.
func testOutcomes(log []byte) []string {
	var list []string
	section := ""
	for lines := bufio.NewScanner(bytes.NewReader(log)); lines.Scan(); {
		if m := testSection.FindStringSubmatch(lines.Text()); m != nil {
			section = strings.TrimSpace(m[1])
		} else if m := testLine.FindStringSubmatch(lines.Text()); m != nil {
			list = append(list, section+": "+m[1]+": "+m[2])
		}
	}
	slices.Sort(list)
	return list
}

type lines struct{ hit, total int }

func covered(report []byte) map[string]lines {
	var doc struct {
		Classes []struct {
			File  string `xml:"filename,attr"`
			Lines []struct {
				Hits int `xml:"hits,attr"`
			} `xml:"lines>line"`
		} `xml:"packages>package>classes>class"`
	}
	if xml.Unmarshal(report, &doc) != nil {
		return nil
	}
	files := map[string]lines{}
	for _, class := range doc.Classes {
		l := files[class.File]
		for _, line := range class.Lines {
			l.total++
			if line.Hits > 0 {
				l.hit++
			}
		}
		files[class.File] = l
	}
	return files
}

// tail is the end of a log.
func tail(log []byte) string {
	const most = 1500
	if len(log) > most {
		log = log[len(log)-most:]
	}
	return strings.TrimSpace(string(log))
}
