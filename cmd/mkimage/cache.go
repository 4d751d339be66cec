package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// hashDir names an image by its inputs: the files of a directory and the
// architecture.
func hashDir(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("reading the image's sources: %w", err)
	}
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.GOARCH)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return "", fmt.Errorf("reading the image's sources: %w", err)
		}
		fmt.Fprintf(sum, "%q %q\n", entry.Name(), content)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// replaceLink makes link a symbolic link to dir, whatever link it was before.
func replaceLink(dir, link string) error {
	target, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("linking the image: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return fmt.Errorf("linking the image: %w", err)
	}
	tmp := link + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("linking the image: %w", err)
	}
	if err := os.Symlink(target, tmp); err != nil {
		return fmt.Errorf("linking the image: %w", err)
	}
	if err := os.Rename(tmp, link); err != nil {
		return fmt.Errorf("linking the image: %w: remove %s if it is a directory", err, link)
	}
	return nil
}
