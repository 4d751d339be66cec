// Package publish makes an image of what checks have built, and brings it to
// registries, engines and directories.
package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images/oci"
)

// Options are the flags of cranekit build that publish.
type Options struct {
	// Dir is the directory that paths start in.
	Dir string
	// Push are references, Load is one or [LoadByName], "" for none.
	Push []string
	Load string
	// Layout is the directory of an OCI layout, "" for none.
	Layout string
	// Sign is the file or the URL of a private key of cosign's, "" for none.
	Sign string
	// SBOM and Provenance are set if they are attached.
	SBOM, Provenance bool
}

// LoadByName stands for --load without a name.
const LoadByName = "-"

// Asked reports whether an image is to go anywhere.
func (o *Options) Asked() bool { return len(o.Push) > 0 || o.Load != "" || o.Layout != "" }

// Publication is an image on its way out.
type Publication struct {
	Options
	tags   []name.Tag
	signer *oci.Signer
	base   *oci.Base // nil for scratch
	// installs is set if packages are installed on the base.
	installs bool
	// baseLayout is the directory of the base's OCI layout, "" for none.
	baseLayout string
	// source is that of the run, files what of it goes into the image.
	source  *source.Tree
	files   []sourceFiles
	created time.Time
	// Checks are the package checks that the binaries come from; Required
	// are the names of all that have to be green.
	Checks   []config.Check
	Required []string
	// host is the platform of binaries without a target.
	host ocispecs.Platform
	// context is that of Docker's whose engine is loaded into, "" for the one
	// that docker uses.
	context string
	// title is the name of the program, once it is known.
	title string
	// Told is what to say in the end.
	Told []string
}

// Open looks at all that can be wrong before anything is compiled.
func Open(ctx context.Context, cfg *config.Config, o Options) (*Publication, error) {
	p := &Publication{Options: o, installs: len(cfg.Image.Packages) > 0}
	if kind, name, ok := strings.Cut(cfg.Builder, ":"); ok && (kind == "docker" || kind == "container") {
		p.context = name
	}
	if len(cfg.Workspaces) > 1 {
		return nil, project.Usage(errors.New("an image is of one workspace: name it with --set workspace=DIR"))
	}
	if o.Sign != "" && len(o.Push) == 0 {
		return nil, project.Usage(oci.ErrNoPush)
	}
	for _, ref := range o.Push {
		tag, err := oci.Tag(ref)
		if err != nil {
			return nil, project.Usage(fmt.Errorf("--push %s: %w", ref, err))
		}
		p.tags = append(p.tags, tag)
	}
	if o.Load != "" && o.Load != LoadByName {
		if _, err := oci.Tag(o.Load); err != nil {
			return nil, project.Usage(fmt.Errorf("--load %s: %w", o.Load, err))
		}
	}
	if o.Layout != "" {
		var err error
		if p.Layout, err = o.path(o.Layout); err != nil {
			return nil, err
		}
		if err := oci.CheckLayout(p.Layout); err != nil {
			return nil, project.Usage(fmt.Errorf("--oci: %w", err))
		}
	}
	var err error
	if o.Sign != "" {
		if !strings.Contains(o.Sign, "://") {
			if p.Sign, err = o.path(o.Sign); err != nil {
				return nil, err
			}
		}
		if p.signer, err = oci.OpenKey(p.Sign, os.Getenv("COSIGN_PASSWORD"), os.Getenv); err != nil {
			return nil, project.Usage(fmt.Errorf("--sign: %w", err))
		}
	}
	if p.created, err = sourceDate(os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		return nil, project.Usage(err)
	}
	if err := p.choose(cfg); err != nil {
		return nil, project.Usage(err)
	}
	if err := p.openBase(ctx, cfg.Image); err != nil {
		return nil, err
	}
	return p, p.reach(ctx)
}

// path is what a path of the command line means, absolute.
func (o *Options) path(name string) (string, error) {
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	return filepath.Abs(filepath.Join(o.Dir, name))
}

// Private are the files that publishing reads and writes and that are not part of
// the source.
func (p *Publication) Private() []string {
	if p == nil {
		return nil
	}
	return slices.DeleteFunc([]string{p.Layout, p.Sign}, func(name string) bool { return !filepath.IsAbs(name) })
}

// sourceDate is the time that images bear: that of the convention, or none.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q, not a number of seconds", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// Publish brings the image out when the verdict on the checks is good. The
// verdict that it returns is that on all.
func (p *Publication) Publish(ctx context.Context, version string, pr *project.Project, outcome *buildkit.Report, s *report.Summary, verdict error) error {
	if verdict != nil {
		var red []string
		for i := range s.Checks {
			if c := &s.Checks[i]; c.Status != buildkit.StatusPassed {
				red = append(red, c.Name)
			}
		}
		told := "nothing published"
		if len(red) > 0 {
			told += ": not green: " + strings.Join(red, ", ")
		}
		p.Told = append(p.Told, told)
		return verdict
	}
	for _, r := range outcome.Afterwards {
		if r.Status != buildkit.StatusPassed {
			cause := cmp.Or(r.Err, fmt.Errorf("exit code %d", r.ExitCode))
			log := strings.TrimSpace(string(r.Log))
			return fmt.Errorf("nothing published: %s: %w\n%s%s", r.Name, cause, log, packagesAdvice(log))
		}
	}
	dir, err := os.MkdirTemp("", "cranekit-image-")
	if err != nil {
		return fmt.Errorf("making the image: %w", err)
	}
	image, parts, err := p.assemble(ctx, version, pr, outcome, dir)
	if err == nil {
		err = p.send(ctx, image, parts, s)
	}
	return errors.Join(err, os.RemoveAll(dir))
}
