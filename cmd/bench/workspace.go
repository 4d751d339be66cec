package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/config/cargo"
)

// copyWorkspace copies the source of the workspace, so that edits and results
// stay out of it.
func (b *bench) copyWorkspace(ctx context.Context) error {
	files, err := source.List(ctx, b.workspace, source.Options{
		Dirs: []string{"."}, Keep: []string{"Cargo.toml", "Cargo.lock"}, Drop: []string{"target", "result"},
	})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(b.tree); err != nil {
		return err
	}
	for _, name := range files.Files {
		from, to := filepath.Join(b.workspace, name), filepath.Join(b.tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := copyFile(from, to); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(link, to)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}

// editLine adds a line to a source file of a binary. It is a comment, which
// compiles as slowly as anything else and pleases every lint.
func (b *bench) editLine() error {
	name, err := b.editedFile()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(b.tree, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "// Edited by the benchmark: %s.\n", nonce())
	return errors.Join(err, f.Close())
}

// editedFile is the file that b edits, relative to the workspace.
func (b *bench) editedFile() (string, error) {
	if b.edit != "" {
		return b.edit, nil
	}
	ws, err := cargo.Load(os.DirFS(b.tree), ".", "")
	if err != nil {
		return "", err
	}
	for _, p := range ws.Packages {
		candidates := []string{"src/main.rs"}
		for _, bin := range p.Bins {
			candidates = append(candidates, "src/bin/"+bin+".rs", "src/bin/"+bin+"/main.rs")
		}
		for _, file := range candidates {
			name := path.Join(p.Dir, file)
			if _, err := os.Stat(filepath.Join(b.tree, name)); err == nil && p.Member && len(p.Bins) > 0 {
				return name, nil
			}
		}
	}
	return "", errors.New("no source file of a binary was found: name one with -edit")
}
