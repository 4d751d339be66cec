package publish

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images/oci"
	"github.com/cranekit/cranekit/llb"
)

// part is the image for the platform of binaries.
func (p *Publication) part(pr *project.Project, b *binaries, dir string) (oci.Part, error) {
	part := oci.Part{Platform: b.platform}
	base, contents, err := p.below(pr.Config, b, dir)
	if err != nil {
		return part, err
	}
	layer, err := p.layer(pr, b, contents, dir)
	if err != nil {
		return part, err
	}
	env := map[string]string{}
	if p.base == nil {
		env["SSL_CERT_FILE"] = oci.CertFile
	}
	image := pr.Config.Image
	maps.Copy(env, image.Env)
	part.Image, err = oci.New(base, layer, oci.Config{
		Entrypoint: b.entrypoint, Cmd: image.Cmd, User: image.User, Env: env, Workdir: image.Workdir, Expose: image.Expose,
		Labels: b.labels(image.Labels), Created: p.created, Platform: b.platform,
	})
	if err != nil {
		return part, err
	}
	if p.SBOM {
		sbom, err := oci.SBOM(b.Material, p.created)
		if err != nil {
			return part, err
		}
		part.Predicates = append(part.Predicates, sbom)
	}
	if p.Provenance {
		part.Predicates = append(part.Predicates, oci.Provenance(b.Material))
	}
	return part, nil
}

// below returns the base with its packages, nil for scratch, and its contents if
// anything but binaries is laid over it: reading them may pull the base's layers.
func (p *Publication) below(cfg *config.Config, b *binaries, dir string) (v1.Image, oci.Contents, error) {
	if p.base == nil {
		return nil, oci.Contents{}, nil
	}
	base, err := p.base.Image(b.platform)
	if err != nil {
		return nil, nil, err
	}
	if b.installed != "" {
		if base, err = p.withPackages(base, b.installed, dir); err != nil {
			return nil, nil, err
		}
	}
	if len(cfg.Image.Files) == 0 && cfg.Image.Workdir == "" && b.installed == "" {
		return base, oci.Contents{}, nil
	}
	contents, err := oci.ReadContents(base)
	return base, contents, err
}

// withPackages puts what packages added and removed on a base. The layer is
// made in dir.
func (p *Publication) withPackages(base v1.Image, from, dir string) (v1.Image, error) {
	removed, err := os.ReadFile(filepath.Join(from, llb.RemovedFile))
	if err != nil {
		return nil, err
	}
	added, err := os.Open(filepath.Join(from, llb.AddedFile))
	if err != nil {
		return nil, err
	}
	layer, err := oci.NewTarLayer(dir, added, strings.FieldsFunc(string(removed), func(r rune) bool { return r == '\n' }), p.created)
	if err = errors.Join(err, added.Close()); err != nil {
		return nil, err
	}
	return oci.Append(base, layer, p.created)
}

// layer is the uppermost layer: binaries, files of the source and, on nothing
// else, libraries.
func (p *Publication) layer(pr *project.Project, b *binaries, contents oci.Contents, dir string) (v1.Layer, error) {
	tree := oci.Tree{}
	for _, name := range b.names {
		if err := contents.AddFile(tree, b.dir, name, path.Join(oci.BinDir, name)); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(p.source.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := p.addFiles(tree, contents, root); err != nil {
		return nil, err
	}
	if p.base == nil {
		below := oci.Tree{}
		if err := errors.Join(below.AddScratch(), below.AddFS(b.rootfs)); err != nil {
			return nil, err
		}
		maps.Copy(below, tree) // files of the source take the place of these
		tree = below
	}
	if err := addWorkdir(tree, contents, pr.Config.Image); err != nil {
		return nil, err
	}
	return oci.NewLayer(dir, tree, p.created)
}

// addWorkdir makes the directory that the image runs in, unless it is there.
func addWorkdir(tree oci.Tree, contents oci.Contents, image config.Image) error {
	if image.Workdir == "" {
		return nil
	}
	name, err := contents.Resolve(image.Workdir)
	if err != nil {
		return err
	}
	if _, there := contents[name]; there || name == "." || tree.Holds(name) {
		return nil
	}
	user, group, _ := strings.Cut(image.User, ":")
	uid, err := strconv.Atoi(user)
	if err != nil {
		return contents.Place(tree, name, oci.File{Mode: fs.ModeDir | 0o755})
	}
	gid, err := strconv.Atoi(group)
	if err != nil {
		gid = 0 // that of a user without a group
	}
	return contents.Place(tree, name, oci.File{Mode: fs.ModeDir | 0o755, UID: uid, GID: gid})
}
