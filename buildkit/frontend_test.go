package buildkit

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFrontend has Dockerfiles that name what reads them.
func TestFrontend(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"FROM x\n": false,
		"# syntax=docker/dockerfile:1.7\nFROM x\n":                       false,
		"# syntax = docker.io/docker/dockerfile-upstream:master\nFROM x": false,
		"# syntax=docker/dockerfile@sha256:00\nFROM x\n":                 false,
		"FROM x\n# syntax=evil.example/x\n":                              false, // a comment
		"# syntax=evil.example/x\nFROM x\n":                              true,
		"#syntax=docker/dockerfile-evil\nFROM x\n":                       true,
		"# syntax=evil.example/docker/dockerfile\nFROM x\n":              true,
		"#!/bin/sh\n# escape=\\\n# SYNTAX = evil.example/x y\nFROM x\n":  true,
		"// syntax=evil.example/x\nFROM x\n":                             true,
		"{\"syntax\": \"evil.example/x\"}":                               true,
		"\xef\xbb\xbf# syntax=evil.example/x\nFROM x\n":                  true,
	} {
		file := filepath.Join(t.TempDir(), "Dockerfile")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Toolchain{Dockerfile: file}.check()
		if refused && (err == nil || !strings.Contains(err.Error(), "frontend")) || !refused && err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if !refused && (Toolchain{Dockerfile: file, Args: map[string]string{syntaxArg: "evil.example/x"}}).check() == nil {
			t.Errorf("%q: a frontend by a build argument is taken", text)
		}
	}
}

// TestLayoutThatNeverEnds has files of a layout that reading would never end of.
func TestLayoutThatNeverEnds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"index.json", "oci-layout"} {
		for kind, put := range map[string]func(at string) error{
			"a device": func(at string) error { return os.Symlink("/dev/zero", at) },
			"a pipe":   func(at string) error { return syscall.Mkfifo(at, 0o600) },
			"too much": func(at string) error { return os.WriteFile(at, make([]byte, 9<<20), 0o600) },
		} {
			dir := t.TempDir()
			for _, other := range []string{"index.json", "oci-layout"} {
				err := os.WriteFile(filepath.Join(dir, other), []byte("{}"), 0o600)
				if other == name {
					if err = os.Remove(filepath.Join(dir, name)); err == nil {
						err = put(filepath.Join(dir, name))
					}
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := Offline(Toolchain{Layout: dir}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s as %s: %v", kind, name, err)
			}
		}
	}
}
