// Package corpus is a collection of Cargo workspaces for trying cranekit:
// published programs, and trees that are written for one situation each.
package corpus

import (
	"context"
	"os"
	"path/filepath"
)

// Case is a workspace to try.
type Case struct {
	Name string
	// About is the purpose of the workspace, in one line.
	About string
	// Group is where the workspace comes from.
	Group Group
	// Quick marks those that run with every `make test`.
	Quick bool
	// Dir is the directory of the workspace below the one that it is laid out
	// in, "." for that one itself.
	Dir string
	Settings
	// lay writes the files of the workspace below a directory.
	lay func(ctx context.Context, dir string, s *Server) error
}

// Group is where a case comes from.
type Group int

// Groups.
const (
	GroupTree Group = iota
	GroupProgram
	GroupRepository
)

// Settings are how a case is run. In trees they are the file conformance.yaml.
type Settings struct {
	// Dir is Case.Dir.
	Dir string `yaml:"dir"`
	// Quick is Case.Quick.
	Quick bool `yaml:"quick"`
	// Profile is cargo's profile, "dev" when nothing is said.
	Profile string `yaml:"profile"`
	// Features are the flags by which features are chosen, Selection those by
	// which packages are, such as "-p NAME".
	Features  Features `yaml:"features"`
	Selection string   `yaml:"selection"`
	// Repeated are flags that cranekit writes itself and that its arguments have
	// all the same, which plain cargo would refuse.
	Repeated string `yaml:"repeated"`
	// Target is a target triple, "" for none.
	Target string `yaml:"target"`
	// Env is set in every step, Packages are Debian's.
	Env      map[string]string `yaml:"env"`
	Packages []string          `yaml:"packages"`
	// UpstreamCargo reports whether the image's cargo will not do, see
	// [UpstreamCargo].
	UpstreamCargo bool `yaml:"upstream-cargo"`
	// Locks are further locks whose crates are fetched, relative to the workspace.
	Locks []string `yaml:"locks"`
	// Coverage reports whether cargo-tarpaulin is run too.
	Coverage bool `yaml:"coverage"`
	// Wrapped reports whether the configuration names a wrapper around the
	// compiler, which cranekit must not replace.
	Wrapped bool `yaml:"wrapped"`
	// Rebuilt is cargo's reason if dependencies are unavoidably compiled again,
	// "" if none may be.
	Rebuilt string `yaml:"rebuilt"`
	// Prints is what each program has to print when it is run without
	// arguments. It keeps both sides from being wrong in the same way.
	Prints map[string]string `yaml:"prints"`
}

// Features choose the features of the workspace's packages.
type Features struct {
	All       bool     `yaml:"all"`
	NoDefault bool     `yaml:"no-default"`
	Names     []string `yaml:"names"`
}

// Lay writes the workspace below dir and returns the workspace's directory.
// Repositories and registries of the case are served by s.
func (c *Case) Lay(ctx context.Context, dir string, s *Server) (string, error) {
	if err := c.lay(ctx, dir, s); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.FromSlash(c.Dir)), nil
}

// All are all cases: trees, programs, those that were drawn, and repositories.
func All() ([]Case, error) {
	cases, err := Trees()
	if err != nil {
		return nil, err
	}
	for _, programs := range [][]Program{Programs, DrawnPrograms} {
		for i := range programs {
			cases = append(cases, programs[i].Case())
		}
	}
	for i := range Repositories {
		cases = append(cases, Repositories[i].Case())
	}
	return cases, nil
}

// write writes a file of a workspace, with the directories that it needs.
func write(dir, name string, data []byte, mode os.FileMode) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, mode)
}
