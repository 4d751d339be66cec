package cargo

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

func FuzzManifest(f *testing.F) {
	for _, fixture := range fixtures {
		for name, text := range fixture.tree {
			if strings.HasSuffix(name, ".toml") {
				f.Add(text, plainTree["crates/app/Cargo.toml"], plainTree[".cargo/config.toml"])
				f.Add(plainTree["Cargo.toml"], text, text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, root, member, config string) {
		files := tree{"secret": "secret"}
		for name, text := range plainTree {
			files["base/ws/"+name] = text
		}
		files = files.with(tree{"base/ws/Cargo.toml": root, "base/ws/crates/app/Cargo.toml": member, "base/ws/.cargo/config.toml": config})
		w, err := Load(files.fs(), "base/ws", "base")
		if err != nil {
			return
		}
		s, err := w.Skeleton()
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range s.Files {
			if !fs.ValidPath(file.Path) || w.Base == "base" && string(file.Data) == "secret" {
				t.Errorf("%s is outside of %s", file.Path, w.Base)
			}
			if strings.HasSuffix(file.Path, ".toml") {
				if _, err := parseTOML(file.Path, file.Data); err != nil {
					t.Errorf("the skeleton is broken: %v\n%s", err, file.Data)
				}
			}
		}
		for _, dir := range s.Real {
			if !fs.ValidPath(dir) {
				t.Errorf("%s is outside of %s", dir, w.Base)
			}
		}
	})
}

func FuzzLock(f *testing.F) {
	for _, text := range []string{oldLock, secondLock, twinLock, plainLock} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLock(text)
		if err != nil {
			return
		}
		dummies := l.rename(func(*LockPackage) string { return DummyVersion })
		if len(dummies.Packages) != len(l.Packages) {
			t.Errorf("%d packages of %d", len(dummies.Packages), len(l.Packages))
		}
		again, err := ParseLock(l.Encode())
		if err != nil {
			t.Fatalf("the lock is broken: %v\n%s", err, l.Encode())
		}
		if !bytes.Equal(again.Encode(), l.Encode()) {
			t.Errorf("written as\n%s\nand then\n%s", l.Encode(), again.Encode())
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(buildOutput))
	f.Add([]byte(`{"reason":"compiler-message","package_id":"a","message":{"level":"error","message":"x","spans":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadMessages(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if r := m.Reuse(nil); r.Reused+len(r.Rebuilt) > len(m.Units) {
			t.Errorf("%d units of %d", r.Reused+len(r.Rebuilt), len(m.Units))
		}
		m.Binaries()
		if m.Warnings()+m.Errors() > len(m.Diagnostics) {
			t.Error("more warnings and errors than diagnostics")
		}
	})
}
