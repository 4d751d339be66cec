package buildkit

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/cranekit/cranekit/config/repofs"
)

// ownFrontend is what a Dockerfile is read by: the builder's own frontend.
const ownFrontend = "docker/dockerfile"

// syntaxArg is the build argument that names a frontend, as a line with
// syntax= does.
const syntaxArg = "BUILDKIT_SYNTAX"

// official are the frontends that the builder's own one stands for.
var official = regexp.MustCompile(`^(docker\.io/)?docker/dockerfile(-upstream)?([:@].*)?$`)

// check reports what is wrong with the toolchain's files before anything is
// started.
func (t Toolchain) check() error {
	if t.Dockerfile == "" {
		return nil
	}
	if info, err := os.Stat(t.Dockerfile); err != nil {
		return fmt.Errorf("toolchain.dockerfile: %w", err)
	} else if info.IsDir() {
		return fmt.Errorf("toolchain.dockerfile: %s is a directory", t.Dockerfile)
	}
	text, err := repofs.ReadRegular(t.Dockerfile, repofs.MaxFile)
	if err != nil {
		return fmt.Errorf("toolchain.dockerfile: %w", err)
	}
	return t.checkFrontend(text)
}

// checkFrontend refuses frontends from an image. They are no step in a
// container: they ask the builder for anything, with every secret of the run,
// and can import caches that say what the steps of other workspaces made.
func (t Toolchain) checkFrontend(text []byte) error {
	if t.Args[syntaxArg] != "" {
		return fmt.Errorf("toolchain.build-args: %s is not used: Dockerfiles are read by the builder's own frontend", syntaxArg)
	}
	if name, _, _, ok := parser.DetectSyntax(text); ok && !official.MatchString(name) {
		return fmt.Errorf("toolchain.dockerfile: %s asks for the frontend %q: Dockerfiles are read by the builder's own, take the line syntax= out", t.Dockerfile, name)
	}
	return nil
}

// CheckLayout looks at what is read of an OCI layout as a whole: a link there
// may lead to a device, or a pipe never end.
func CheckLayout(dir string) error {
	for _, name := range []string{"oci-layout", "index.json"} {
		if _, err := repofs.ReadRegular(filepath.Join(dir, name), repofs.MaxFile); err != nil {
			return err
		}
	}
	return nil
}
