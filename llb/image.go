package llb

import (
	"cmp"
	"fmt"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
)

// What the node of an image leaves in /out.
const (
	// RootfsDir has the libraries that the binaries load.
	RootfsDir = "rootfs"
	// PackagesFile lists the system packages that the libraries are of.
	PackagesFile = "packages.txt"
)

// packageDir is where an image's node finds what the package check put out.
const packageDir = "/package"

// ImageNode is the name of the node that gathers what the image of a package
// check has beside binaries: what they load at run time, or, on a base, what
// packages add to it.
func ImageNode(check string) string { return "image " + check }

// image adds that node. On a base there is nothing to gather but packages.
func (b *builder) image(c config.Check, bases map[string]ImageBase) error {
	base, based := bases[c.Name]
	switch {
	case based && len(b.cfg.Image.Packages) > 0:
		return b.packages(c, base)
	case based:
		b.imageNode(c).state = b.nodes[c.Name].state
		return nil
	case !b.cfg.Image.Scratch():
		return nil // a builder of another platform does not make it
	}
	return b.libraries(c)
}

// imageNode adds the node of an image, without a state.
func (b *builder) imageNode(c config.Check, needs ...string) *Node {
	return b.add(&Node{
		Name: ImageNode(c.Name), Role: RoleImage, Owner: c.Name, Needs: append(needs, c.Name), Dir: packageDir, Commands: imageCommands(b.cfg.Image),
	})
}

// libraries adds the node that gathers libraries. It runs in the toolchain,
// where the binaries were linked.
func (b *builder) libraries(c config.Check) error {
	platform, err := Platform(c.Settings.Target, b.graph.platform)
	if err != nil {
		return err
	}
	tools := ""
	if platform.Architecture != b.graph.platform.Architecture {
		tools = cmp.Or(crosses()[c.Settings.Target].gnu, "-")
	}
	lib, err := library("image.sh")
	if err != nil {
		return err
	}
	args := append([]string{"/bin/sh", libDir + "/image.sh", tools}, b.cfg.Image.Binaries...)
	b.imageNode(c).state = b.plain.Run(
		bk.Args(args), bk.WithCustomNamef("[image] libraries of %s", c.Name), bk.Network(bk.NetModeNone), scratchTmp(),
		bk.AddMount(libDir, lib, bk.Readonly), bk.AddMount(packageDir, b.nodes[c.Name].state, bk.Readonly),
	).AddMount(OutDir, bk.Scratch())
	return nil
}

// Platform is that of binaries for a target triple, host without one.
func Platform(target string, host ocispecs.Platform) (ocispecs.Platform, error) {
	if target == "" {
		return ocispecs.Platform{OS: host.OS, Architecture: host.Architecture, Variant: host.Variant}, nil
	}
	arch, rest, _ := strings.Cut(target, "-")
	p := ocispecs.Platform{OS: "linux"}
	switch {
	case !strings.Contains(rest, "linux"):
		return p, fmt.Errorf("target %s: an image is for Linux", target)
	case arch == "x86_64":
		p.Architecture = "amd64"
	case arch == "i586" || arch == "i686":
		p.Architecture = "386"
	case arch == "aarch64":
		p.Architecture = "arm64"
	case strings.HasPrefix(arch, "armv7") || strings.HasPrefix(arch, "thumbv7"):
		p.Architecture, p.Variant = "arm", "v7"
	case strings.HasPrefix(arch, "armv5"):
		p.Architecture, p.Variant = "arm", "v5"
	case strings.HasPrefix(arch, "arm"):
		p.Architecture, p.Variant = "arm", "v6"
	case arch == "powerpc64le":
		p.Architecture = "ppc64le"
	case strings.HasPrefix(arch, "riscv64"):
		p.Architecture = "riscv64"
	case arch == "s390x", strings.HasPrefix(arch, "loongarch64"):
		p.Architecture = strings.Replace(arch, "loongarch64", "loong64", 1)
	default:
		return p, fmt.Errorf("target %s: no platform of images is known for it", target)
	}
	return p, nil
}
