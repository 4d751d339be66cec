package publish

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/images/oci"
	"github.com/cranekit/cranekit/llb"
)

// assemble makes the image of the results in the output directory. Its layers
// are in dir.
func (p *Publication) assemble(ctx context.Context, version string, pr *project.Project, outcome *buildkit.Report, dir string) (oci.Published, []oci.Part, error) {
	commit := pr.Commit(ctx)
	var parts []oci.Part
	for _, c := range p.Checks {
		b, err := p.binaries(pr, c)
		if err != nil {
			return nil, nil, fmt.Errorf("image of %s: %w", c.Name, err)
		}
		b.Builder, b.Commit, b.Toolchain = version, commit, outcome.Images[llb.ToolchainID(c)]
		part, err := p.part(pr, b, dir)
		if err != nil {
			return nil, nil, fmt.Errorf("image of %s: %w", c.Name, err)
		}
		parts = append(parts, part)
		if p.title == "" {
			p.title = b.Title
		}
	}
	image, err := oci.Join(p.title, parts)
	return image, parts, err
}

// binaries are the programs of a check for one platform, and what they are
// made of.
type binaries struct {
	oci.Material
	dir        fs.FS
	rootfs     fs.FS  // nil on a base
	installed  string // the directory of what packages added to a base, or ""
	names      []string
	platform   v1.Platform
	entrypoint []string
}

// platform is that of the binaries of a check.
func (p *Publication) platform(c config.Check) (v1.Platform, error) {
	platform, err := llb.Platform(c.Settings.Target, p.host)
	return v1.Platform{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant}, err
}

// binaries reads what a package check and the node of its image put out.
func (p *Publication) binaries(pr *project.Project, c config.Check) (*binaries, error) {
	b := &binaries{dir: os.DirFS(filepath.Join(pr.Config.Output, c.Name, "bin"))}
	var err error
	if b.platform, err = p.platform(c); err != nil {
		return nil, err
	}
	if err := b.choose(pr.Config); err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(pr.Config.Output, c.Name, llb.MessagesFile))
	if err != nil {
		return nil, err
	}
	messages, err := cargo.ReadMessages(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	b.describe(pr.Workspace, messages)
	b.Parameters = parameters(c)
	if p.base != nil {
		b.Base = p.base.Ref
	}
	if p.base != nil && !p.installs {
		return b, nil
	}
	out := filepath.Join(append([]string{pr.Config.Output}, strings.Fields(llb.ImageNode(c.Name))...)...)
	packages, err := os.ReadFile(filepath.Join(out, llb.PackagesFile))
	if err != nil {
		return nil, err
	}
	b.System = oci.ParseSystem(string(packages))
	if p.base != nil {
		b.installed = out
		return b, nil
	}
	b.System = append(b.System, oci.ScratchPackages()...)
	b.rootfs = os.DirFS(filepath.Join(out, llb.RootfsDir))
	return b, nil
}

// choose finds the wanted binaries, and the one to run.
func (b *binaries) choose(cfg *config.Config) error {
	entries, err := fs.ReadDir(b.dir, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var there []string
	for _, entry := range entries {
		there = append(there, entry.Name())
	}
	if b.names = cfg.Image.Binaries; len(b.names) == 0 {
		b.names = there
	}
	if len(there) == 0 {
		return errors.New("the package check puts out no binary")
	}
	for _, name := range b.names {
		if !slices.Contains(there, name) {
			return fmt.Errorf("image.binaries: there is no binary %s; there are %s", name, strings.Join(there, ", "))
		}
		if err := b.compare(name); err != nil {
			return err
		}
	}
	b.entrypoint = cfg.Image.Entrypoint
	if cfg.Origins["image.entrypoint"] != "default" {
		return nil
	}
	if len(b.names) > 1 {
		return fmt.Errorf("there are several binaries, %s: choose in image.binaries, or name the command in image.entrypoint", strings.Join(b.names, ", "))
	}
	b.entrypoint = []string{path.Join("/", oci.BinDir, b.names[0])}
	return nil
}

// compare fails for a binary that is not for the platform that the check's target
// stands for, as when a target is set in .cargo/config.toml.
func (b *binaries) compare(name string) error {
	file, err := b.dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	in, ok := file.(*os.File)
	if !ok {
		return nil
	}
	program, err := elf.NewFile(in)
	if err != nil {
		return fmt.Errorf("binary %s: %w", name, err)
	}
	want := map[string]elf.Machine{
		"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64, "loong64": elf.EM_LOONGARCH,
		"ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390,
	}[b.platform.Architecture]
	if program.Machine != want {
		return fmt.Errorf("binary %s is for %s, not for %s: name the target of the check in crane.yaml", name, program.Machine, b.platform)
	}
	return nil
}

// describe fills in the crates of the build, and what is known of the program
// from the package of the binary that is run, or of the first.
func (b *binaries) describe(ws *cargo.Workspace, messages *cargo.Messages) {
	for _, c := range ws.Built(messages) {
		crate := oci.Crate{Name: c.Name, Version: c.Version, Source: c.Source, Checksum: c.Checksum}
		if pkg := ws.Local(c); pkg != nil {
			crate.License = pkg.Field("license")
		}
		b.Crates = append(b.Crates, crate)
	}
	main := b.names[0]
	if len(b.entrypoint) > 0 && slices.Contains(b.names, path.Base(b.entrypoint[0])) {
		main = path.Base(b.entrypoint[0])
	}
	b.Title = main
	for i := range messages.Units {
		u := &messages.Units[i]
		if u.Test || u.Executable == "" || path.Base(u.Executable) != main || !slices.Contains(u.Kinds, "bin") {
			continue
		}
		if pkg := ws.Package(u); pkg != nil {
			b.Title, b.Version = pkg.Name, pkg.Version
			b.License, b.Repository = pkg.Field("license"), pkg.Field("repository")
			return
		}
	}
}
