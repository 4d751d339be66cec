// Package cachedir finds the user's cache of things that are expensive to make:
// toolchain images, and the builder of tests.
package cachedir

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir returns the directory name in the cache that all checkouts of the user
// share: $CRANEKIT_CACHE_DIR, else cranekit in the user's cache directory.
func Dir(name string) (string, error) {
	if dir := os.Getenv("CRANEKIT_CACHE_DIR"); dir != "" {
		return filepath.Join(dir, name), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's cache: %w: set CRANEKIT_CACHE_DIR", err)
	}
	return filepath.Join(dir, "cranekit", name), nil
}

// TestBuilder is the name of the directory that holds the state of the builder
// of tests.
const TestBuilder = "test-builder"
