package corpus

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"
)

//go:embed trees/*.txtar
var trees embed.FS

const (
	// settingsFile of a tree has its Settings.
	settingsFile = "conformance.yaml"
	// addressMark stands in a tree for the address of the Server.
	addressMark = "SERVER"
	// executableMark at the end of a name makes the file executable.
	executableMark = "!"
	// linkMark at the end of a name makes a symbolic link to what the text is.
	linkMark = "@"
)

// Trees are the cases that are written for one situation each.
func Trees() ([]Case, error) {
	entries, err := trees.ReadDir("trees")
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, entry := range entries {
		text, err := trees.ReadFile(path.Join("trees", entry.Name()))
		if err != nil {
			return nil, err
		}
		c, err := newTree(strings.TrimSuffix(entry.Name(), ".txtar"), text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func newTree(name string, text []byte) (Case, error) {
	archive := txtar.Parse(text)
	c := Case{Name: name, About: strings.Join(strings.Fields(string(archive.Comment)), " ")}
	if c.About == "" {
		return Case{}, errors.New("the first lines have to say what the tree is for")
	}
	var files []txtar.File
	for _, f := range archive.Files {
		if f.Name != settingsFile {
			files = append(files, f)
			continue
		}
		decoder := yaml.NewDecoder(bytes.NewReader(f.Data))
		decoder.KnownFields(true)
		if err := decoder.Decode(&c.Settings); err != nil {
			return Case{}, fmt.Errorf("%s: %w", settingsFile, err)
		}
	}
	c.Quick, c.Dir = c.Settings.Quick, path.Clean(c.Settings.Dir)
	c.lay = func(ctx context.Context, dir string, s *Server) error {
		return layTree(ctx, dir, name, c.Dir, files, s)
	}
	return c, nil
}

// layTree writes the files of a tree. Those below git/REPOSITORY are
// committed to a repository and those below registry/CRATE packed for the
// registry of the server, neither of which is part of the workspace.
func layTree(ctx context.Context, dir, name, workspace string, files []txtar.File, s *Server) error {
	site := s.site(name)
	var served, own []txtar.File
	for _, f := range files {
		f.Data = bytes.ReplaceAll(f.Data, []byte(addressMark), []byte(site.url))
		if strings.HasPrefix(f.Name, "git/") || strings.HasPrefix(f.Name, "registry/") {
			served = append(served, f)
		} else {
			own = append(own, f)
		}
	}
	if err := site.publish(ctx, served); err != nil {
		return err
	}
	for _, f := range own {
		if file, linked := strings.CutSuffix(f.Name, linkMark); linked {
			if err := link(dir, file, strings.TrimSpace(string(f.Data))); err != nil {
				return err
			}
			continue
		}
		file, executable := strings.CutSuffix(f.Name, executableMark)
		mode := os.FileMode(0o644)
		if executable {
			mode = 0o755
		}
		if err := write(dir, file, f.Data, mode); err != nil {
			return err
		}
	}
	if workspace == "." {
		return nil
	}
	// The source is the repository around the workspace.
	if out, err := exec.CommandContext(ctx, "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		return fmt.Errorf("making a repository of the tree: %w: %s", err, out)
	}
	return nil
}

// Relock returns the text of a tree's archive with another lock, in which the
// address of the server is a mark again.
func Relock(archive []byte, dir string, lock []byte, s *Server, name string) []byte {
	tree := txtar.Parse(archive)
	lock = bytes.ReplaceAll(lock, []byte(s.site(name).url), []byte(addressMark))
	file := path.Join(dir, "Cargo.lock")
	for i := range tree.Files {
		if tree.Files[i].Name == file {
			tree.Files[i].Data = lock
			return txtar.Format(tree)
		}
	}
	tree.Files = append(tree.Files, txtar.File{Name: file, Data: lock})
	return txtar.Format(tree)
}
