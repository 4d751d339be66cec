package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

// draw prints the first candidates of each kind in the order of the draw, with
// what decides whether a crate can be a case. It is for those who draw more.
func draw(ctx context.Context, most int) error {
	for _, kind := range []string{corpus.KindLibrary, corpus.KindProgram, corpus.KindWorkspace} {
		list, err := corpus.Draw(kind)
		if err != nil {
			return err
		}
		for _, candidate := range list[:min(most, len(list))] {
			found := ""
			if kind != corpus.KindWorkspace {
				if found, err = published(ctx, candidate); err != nil {
					return err
				}
			}
			fmt.Println(kind, candidate.Name, candidate.Version, found)
		}
	}
	return nil
}

// published describes a crate: its checksum, and whether it has a lock.
func published(ctx context.Context, candidate corpus.Candidate) (string, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := corpus.Published(ctx, candidate.Name+"@"+candidate.Version)
	if err != nil {
		return "", err
	}
	if err := p.Download(ctx, dir); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "Cargo.lock")); err != nil {
		return p.Checksum + ", no lock", nil
	}
	return p.Checksum + ", with a lock", nil
}
