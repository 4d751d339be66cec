package embedded

import (
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"runtime/debug"

	"github.com/moby/buildkit/version"
)

const buildkitModule = "github.com/moby/buildkit"

// buildkitVersion returns the version of BuildKit that is compiled in. Its own
// version variable is only set by its own Makefile.
func buildkitVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == buildkitModule {
				return module.Version
			}
		}
	}
	return version.Version
}

// buildID identifies the running binary by what is in it, so that two copies
// of one cranekit are equal. Without an ID, all binaries are taken for equal.
func buildID() string {
	exe, err := elf.Open("/proc/self/exe")
	if err != nil {
		return ""
	}
	defer exe.Close()
	section := exe.Section(".note.go.buildid")
	if section == nil {
		return ""
	}
	note, err := section.Data()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(note))[:12]
}
