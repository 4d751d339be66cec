package source

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/config/repofs"
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
	read := func(file string, limit int64) []byte {
		// What cannot be read here is no pointer.
		text, _ := repofs.ReadWithin(t.Root, t.path(file), limit)
		return text
	}
	if !slices.ContainsFunc(t.Files, func(file string) bool {
		return path.Base(file) == ".gitattributes" && bytes.Contains(read(file, repofs.MaxFile), []byte("filter=lfs"))
	}) {
		return nil
	}
	var pointers []string
	for _, file := range t.Files {
		info, err := os.Lstat(t.path(file))
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxPointer {
			continue
		}
		if bytes.HasPrefix(read(file, maxPointer), []byte(pointerHead)) {
			pointers = append(pointers, file)
		}
	}
	return pointers
}

func (t *Tree) path(file string) string { return filepath.Join(t.Root, filepath.FromSlash(file)) }
