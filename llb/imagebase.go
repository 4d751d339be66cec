package llb

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
)

// What the node of an image on a base with packages leaves in /out, beside
// [PackagesFile].
const (
	// AddedFile is a tar of the files that the packages added or changed.
	AddedFile = "added.tar"
	// RemovedFile lists the paths that they removed, one a line, each as ./path.
	RemovedFile = "removed.txt"
)

// ImageBase is the base image of a package check's image, for the platform of
// its binaries.
type ImageBase struct {
	Base
	Platform ocispecs.Platform
}

// state is the base before anything is added.
func (base ImageBase) state() (bk.State, error) {
	name, platform := bk.WithCustomName("[image] "+base.Ref), bk.Platform(base.Platform)
	st := bk.Image(base.Ref, name, platform)
	if base.Store != "" {
		st = bk.OCILayout(base.Ref, bk.OCIStore("", base.Store), name, platform)
	}
	if base.Config == nil {
		return st, nil
	}
	st, err := st.WithImageConfig(base.Config)
	if err != nil {
		return st, fmt.Errorf("reading the configuration of %s: %w", base.Ref, err)
	}
	return st, nil
}

// installedNode is the name of the node that installs packages on a base.
func installedNode(check string) string { return "image-base " + check }

// listedDir is where the step that installs packages lists those that are new.
const listedDir = "/cranekit/listed"

// packages adds the nodes that install packages on the base of an image, and
// that pack what this added. The second runs in the toolchain: tar is there, and
// the base may be for another machine.
func (b *builder) packages(c config.Check, base ImageBase) error {
	if b.unmerged {
		return errors.New("image.packages needs a builder that can compare layers, which Docker's classic image store cannot (turn on the engine's containerd image store, or take --builder container or embedded)")
	}
	before, after, listed, err := b.install(c, base)
	if err != nil {
		return err
	}
	lib, err := library("image-pack.sh")
	if err != nil {
		return err
	}
	n := b.imageNode(c, installedNode(c.Name))
	n.state = b.plain.Run(
		bk.Args([]string{"/bin/sh", libDir + "/image-pack.sh"}), bk.WithCustomNamef("[image] pack the packages of %s", c.Name), bk.Network(bk.NetModeNone), scratchTmp(),
		bk.AddMount(libDir, lib, bk.Readonly), bk.AddMount(listedDir, listed, bk.Readonly),
		bk.AddMount("/before", before, bk.Readonly), bk.AddMount("/after", after, bk.Readonly), bk.AddMount("/added", bk.Diff(before, after), bk.Readonly),
	).AddMount(OutDir, bk.Scratch())
	return nil
}

// install adds the node that installs the packages, as root and with the
// environment of the base.
func (b *builder) install(c config.Check, base ImageBase) (before, after, listed bk.State, err error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(b.cfg.Image.Packages)))
	if before, err = base.state(); err != nil {
		return before, after, listed, err
	}
	network, err := b.networkOptions("image-base.sh")
	if err != nil {
		return before, after, listed, err
	}
	script := installScript(sorted)
	args := []string{"/bin/sh", "-euc", ". " + libDir + "/network.sh\n. " + libDir + "/image-base.sh\nbegin\n" + script + "\nend"}
	run := before.User("0").Dir("/").Run(append(network, bk.Platform(base.Platform), bk.Args(args),
		bk.WithCustomNamef("[image] install %s", strings.Join(sorted, " ")))...)
	listed = run.AddMount(listedDir, bk.Scratch())
	after = run.Root()
	b.add(&Node{
		Name: installedNode(c.Name), Role: RoleImage, Owner: c.Name, Network: true,
		Commands: []string{"# base " + base.Ref, script}, state: after,
	})
	return before, after, listed, nil
}

// imageCommands are what a Dockerfile would say of the image of a check.
func imageCommands(image config.Image) []string {
	from := image.Base
	if from == "" {
		from = "scratch"
	}
	if image.OCILayout != "" {
		from = "the layout " + path.Base(image.OCILayout)
	}
	lines := []string{"FROM " + from}
	for _, source := range sortedKeys(image.Files) {
		lines = append(lines, "COPY "+CommandLine([]string{source, image.Files[source]}))
	}
	binaries := []string{"*"}
	if len(image.Binaries) > 0 {
		binaries = image.Binaries
	}
	lines = append(lines, "COPY bin/"+strings.Join(binaries, " bin/")+" /usr/local/bin/")
	for _, s := range []struct{ instruction, value string }{
		{"WORKDIR", image.Workdir},
		{"EXPOSE", strings.Join(image.Expose, " ")},
		{"USER", image.User},
		{"ENTRYPOINT", CommandLine(image.Entrypoint)},
		{"CMD", CommandLine(image.Cmd)},
	} {
		if s.value != "" {
			lines = append(lines, s.instruction+" "+s.value)
		}
	}
	return lines
}
