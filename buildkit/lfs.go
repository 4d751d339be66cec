package buildkit

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
)

const (
	// maxPointer is more than any pointer of git LFS has, in bytes.
	maxPointer = 1024
	// pointerHead starts every pointer, by the specification of git LFS.
	pointerHead = "version https://git-lfs.github.com/spec/"
)

// LFSPointers are the files of the tree that git LFS keeps elsewhere and that
// were not downloaded: checks would see a few lines of text in their place.
// Files are only looked at where a .gitattributes of the tree names LFS.
func (t *Tree) LFSPointers() []string {
	used := false
	for _, file := range t.Files {
		if path.Base(file) == ".gitattributes" {
			text, err := os.ReadFile(t.path(file))
			used = used || err == nil && bytes.Contains(text, []byte("filter=lfs"))
		}
	}
	if !used {
		return nil
	}
	var pointers []string
	for _, file := range t.Files {
		info, err := os.Lstat(t.path(file))
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxPointer {
			continue
		}
		if text, err := os.ReadFile(t.path(file)); err == nil && bytes.HasPrefix(text, []byte(pointerHead)) {
			pointers = append(pointers, file)
		}
	}
	return pointers
}

func (t *Tree) path(file string) string { return filepath.Join(t.Root, filepath.FromSlash(file)) }
