package cargo

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const buildOutput = `   Compiling libc v0.2.1
{"not": "cargo's"}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1","target":{"kind":["custom-build"],"crate_types":["bin"],"name":"build-script-build"},"profile":{"test":false},"filenames":["/target/build/libc-1/build-script-build"],"executable":null,"fresh":false}
{"reason":"build-script-executed","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1"}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1","target":{"kind":["lib"],"crate_types":["lib"],"name":"libc"},"profile":{"test":false},"filenames":["/target/liblibc-1.rlib"],"executable":null,"fresh":false}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.1","target":{"kind":["lib"],"crate_types":["lib"],"name":"libc"},"profile":{"test":false},"filenames":["/target/liblibc-1.rlib"],"executable":null,"fresh":true}
{"reason":"compiler-artifact","package_id":"git+https://example.org/log?rev=1#0.4.0","target":{"kind":["lib"],"crate_types":["lib"],"name":"log"},"profile":{"test":false},"filenames":["/target/liblog-1.rlib"],"executable":null,"fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///src/my%20vendor/x#1.0.0","target":{"kind":["lib"],"crate_types":["lib"],"name":"x"},"profile":{"test":false},"filenames":["/target/libx-1.rlib"],"executable":null,"fresh":true}
{"reason":"compiler-artifact","package_id":"app 0.1.0 (path+file:///src)","target":{"kind":["bin"],"crate_types":["bin"],"name":"app"},"profile":{"test":false},"filenames":["/target/app"],"executable":"/target/app","fresh":false}
{"reason":"compiler-artifact","package_id":"app 0.1.0 (path+file:///src)","target":{"kind":["bin"],"crate_types":["bin"],"name":"app"},"profile":{"test":true},"filenames":["/target/app-1"],"executable":"/target/app-1","fresh":false}
{"reason":"compiler-artifact","package_id":"path+file:///src/ffi#0.1.0","target":{"kind":["cdylib","rlib"],"crate_types":["cdylib","rlib"],"name":"ffi"},"profile":{"test":false},"filenames":["/target/libffi.so","/target/libffi.rlib"],"executable":null,"fresh":false}
{"reason":"compiler-artifact","package_id":"path+file:///src/app#0.1.0","target":{"kind":["example"],"crate_types":["bin"],"name":"e"},"profile":{"test":false},"filenames":["/target/examples/e"],"executable":"/target/examples/e","fresh":false}
{"reason":"build-finished","success":true}
{broken
`

func TestReadMessages(t *testing.T) {
	t.Parallel()
	m, err := ReadMessages(iotest.OneByteReader(strings.NewReader(buildOutput)))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Units) != 9 || !m.Success || !m.Finished {
		t.Errorf("%d units, success %v, finished %v", len(m.Units), m.Success, m.Finished)
	}
	if u := m.Units[3]; u.Name != "log" || u.Version != "0.4.0" || u.Local {
		t.Errorf("git unit is %+v", u)
	}
	if u := m.Units[4]; u.Name != "x" || !u.Local {
		t.Errorf("local unit is %+v", u)
	}
	want := Reuse{Reused: 1, Rebuilt: []string{"libc 0.2.1 (custom-build)", "libc 0.2.1 (lib)"}}
	if got := m.Reuse(nil); !reflect.DeepEqual(got, want) {
		t.Errorf("reuse is %v, want %v", got, want)
	}
	want.Reused++
	if got := m.Reuse([]string{"/src/my vendor/x"}); !reflect.DeepEqual(got, want) {
		t.Errorf("reuse with a real package is %v, want %v", got, want)
	}
	if got, want := m.Binaries(), []string{"/target/app", "/target/libffi.so"}; !slices.Equal(got, want) {
		t.Errorf("binaries are %v, want %v", got, want)
	}
}

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	const unused = `{"reason":"compiler-message","package_id":"path+file:///src/app#0.1.0","message":{"message":"unused","level":"warning","code":{"code":"dead_code"},"rendered":"warning: unused\n","spans":[{"file_name":"b.rs","line_start":1,"is_primary":false},{"file_name":"a.rs","line_start":7,"is_primary":true}]}}`
	lines := []string{unused, unused}
	for _, text := range []string{
		`"message":"2 warnings emitted","level":"warning"`,
		`"message":"1 warning emitted; 1 error emitted","level":"warning"`,
		`"message":"aborting due to 1 previous error; 2 warnings emitted","level":"error"`,
		`"message":"aborting due to 2 previous errors","level":"error"`,
		`"message":"could not compile app","level":"error"`,
		`"message":"For more information about this error, try rustc --explain E0308.","level":"failure-note"`,
		`"message":"linking failed","level":"error","rendered":"error: linking failed"`,
		`"message":"compiler broke","level":"error: internal compiler error"`,
	} {
		lines = append(lines, `{"reason":"compiler-message","package_id":"path+file:///src/app#0.1.0","message":{"spans":[],`+text+`}}`)
	}
	lines = append(lines, `{"reason":"compiler-message","message":"none"}`, `{"reason":"build-finished","success":false}`, `{"reason":"build-finished","success":true}`)
	m, err := ReadMessages(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if m.Warnings() != 1 || m.Errors() != 2 || m.Success {
		t.Errorf("%d warnings, %d errors, success %v", m.Warnings(), m.Errors(), m.Success)
	}
	want := Diagnostic{Level: "warning", Message: "unused", Rendered: "warning: unused\n", Package: "app", Code: "dead_code", File: "a.rs", Line: 7}
	if m.Diagnostics[0] != want {
		t.Errorf("got %+v", m.Diagnostics[0])
	}
}

func TestHugeAndBrokenInput(t *testing.T) {
	t.Parallel()
	huge := append(bytes.Repeat([]byte("{"), maxMessage+1), "\n"+buildOutput...)
	m, err := ReadMessages(bytes.NewReader(huge))
	if err != nil || len(m.Units) != 9 {
		t.Errorf("%d units, error %v", len(m.Units), err)
	}
	broken := io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := ReadMessages(broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func TestReadCoverage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Coverage{
		`<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "x"><coverage lines-covered="3" lines-valid="4" line-rate="0.7" branch-rate="0"><sources/></coverage>`: {Percent: 75, Covered: 3, Total: 4},
		`<coverage line-rate="0.5"/>`: {Percent: 50},
	} {
		if got, err := ReadCoverage(strings.NewReader(text)); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	for _, text := range []string{"", "<html/>", "<coverage"} {
		if _, err := ReadCoverage(strings.NewReader(text)); err == nil {
			t.Errorf("%q gives no error", text)
		}
	}
}
