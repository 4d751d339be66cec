package cargo

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Diagnostic is a warning or an error of the compiler or of clippy.
type Diagnostic struct {
	// Level is warning, error, note, help or failure-note.
	Level   string
	Message string
	// Rendered is the text as the compiler prints it.
	Rendered string
	// Package is the name of the package that was compiled.
	Package string
	// Code is the lint or the error's number, "" without one.
	Code string
	// File, Line and Column are where the primary span starts, if there is
	// one, EndLine and EndColumn where it ends. Columns count characters.
	File      string
	Line      int
	Column    int
	EndLine   int
	EndColumn int
}

// readDiagnostic reads rustc's part of a compiler-message. It is not ok when
// it is a summary of others.
func readDiagnostic(data json.RawMessage) (d Diagnostic, ok bool) {
	var m struct {
		Level    string `json:"level"`
		Message  string `json:"message"`
		Rendered string `json:"rendered"`
		Code     *struct {
			Code string `json:"code"`
		} `json:"code"`
		Spans []struct {
			FileName    string `json:"file_name"`
			LineStart   int    `json:"line_start"`
			ColumnStart int    `json:"column_start"`
			LineEnd     int    `json:"line_end"`
			ColumnEnd   int    `json:"column_end"`
			IsPrimary   bool   `json:"is_primary"`
		} `json:"spans"`
	}
	if json.Unmarshal(data, &m) != nil {
		return Diagnostic{}, false
	}
	d = Diagnostic{Level: m.Level, Message: m.Message, Rendered: m.Rendered}
	if m.Code != nil {
		d.Code = m.Code.Code
	}
	for _, span := range m.Spans {
		if span.IsPrimary {
			d.File, d.Line, d.Column = span.FileName, span.LineStart, span.ColumnStart
			d.EndLine, d.EndColumn = span.LineEnd, span.ColumnEnd
			break
		}
	}
	return d, d.File != "" || !isSummary(m.Message)
}

// isSummary recognises the last message of a crate with diagnostics.
func isSummary(message string) bool {
	return strings.HasPrefix(message, "aborting due to ") ||
		strings.HasPrefix(message, "could not compile ") ||
		strings.HasPrefix(message, "For more information about ") ||
		strings.HasPrefix(message, "Some errors have detailed explanations") ||
		strings.HasSuffix(message, " emitted") && strings.Contains(message, " warning")
}

// key is equal for the diagnostics of a library and those of its tests.
func (d *Diagnostic) key() string {
	if d.Rendered != "" {
		return d.Rendered
	}
	return fmt.Sprintf("%s:%s:%s:%d", d.Level, d.Message, d.File, d.Line)
}

// level is the level without what may follow, as in "error: internal compiler
// error".
func (d *Diagnostic) level() string {
	level, _, _ := strings.Cut(d.Level, ":")
	return level
}

// Warnings counts the warnings.
func (m *Messages) Warnings() int { return m.count("warning") }

// Errors counts the errors, those of the compiler itself too.
func (m *Messages) Errors() int { return m.count("error") }

func (m *Messages) count(level string) int {
	n := m.more[level]
	for i := range m.Diagnostics {
		if m.Diagnostics[i].level() == level {
			n++
		}
	}
	return n
}
