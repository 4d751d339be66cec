package cmd

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
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images/oci"
	"github.com/cranekit/cranekit/llb"
)

// publishOptions are the flags of cranekit build that publish.
type publishOptions struct {
	push             []string
	load             string
	layout           string
	sign             string
	sbom, provenance bool
}

// loadByName stands for --load without a name.
const loadByName = "-"

func (o *publishOptions) flags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.push, "push", nil, "push the image to this `reference` once all required checks are green; without a tag it is latest; may be repeated")
	flags.StringVar(&o.load, "load", "", "load the image into the Docker engine, as --load or --load=`name`")
	flags.Lookup("load").NoOptDefVal = loadByName
	flags.StringVar(&o.layout, "oci", "", "write the image to an OCI layout in this `directory`")
	flags.BoolVar(&o.sbom, "sbom", true, "attach a list of all crates and system packages, as SPDX")
	flags.BoolVar(&o.provenance, "provenance", true, "attach what the image was made of, as SLSA provenance")
	flags.StringVar(&o.sign, "sign", "", "sign what is pushed with this private `key` of cosign's, a file or env://NAME; $COSIGN_PASSWORD is its password")
}

func (o *publishOptions) asked() bool { return len(o.push) > 0 || o.load != "" || o.layout != "" }

// publication is an image on its way out.
type publication struct {
	publishOptions
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
	// checks are the package checks that the binaries come from; required
	// are the names of all that have to be green.
	checks   []config.Check
	required []string
	// host is the platform of binaries without a target.
	host ocispecs.Platform
	// context is that of Docker's whose engine is loaded into, "" for the one
	// that docker uses.
	context string
	// title is the name of the program, once it is known.
	title string
	// told is what to say in the end.
	told []string
}

// publication looks at all that can be wrong before anything is compiled.
func (a *app) publication(ctx context.Context, cfg *config.Config, o publishOptions) (*publication, error) {
	p := &publication{publishOptions: o, installs: len(cfg.Image.Packages) > 0}
	if kind, name, ok := strings.Cut(cfg.Builder, ":"); ok && (kind == "docker" || kind == "container") {
		p.context = name
	}
	if len(cfg.Workspaces) > 1 {
		return nil, usageError{errors.New("an image is of one workspace: name it with --set workspace=DIR")}
	}
	if o.sign != "" && len(o.push) == 0 {
		return nil, usageError{oci.ErrNoPush}
	}
	for _, ref := range o.push {
		tag, err := oci.Tag(ref)
		if err != nil {
			return nil, usageError{fmt.Errorf("--push %s: %w", ref, err)}
		}
		p.tags = append(p.tags, tag)
	}
	if o.load != "" && o.load != loadByName {
		if _, err := oci.Tag(o.load); err != nil {
			return nil, usageError{fmt.Errorf("--load %s: %w", o.load, err)}
		}
	}
	if o.layout != "" {
		var err error
		if p.layout, err = a.path(o.layout); err != nil {
			return nil, err
		}
		if err := oci.CheckLayout(p.layout); err != nil {
			return nil, usageError{fmt.Errorf("--oci: %w", err)}
		}
	}
	var err error
	if o.sign != "" {
		if !strings.Contains(o.sign, "://") {
			if p.sign, err = a.path(o.sign); err != nil {
				return nil, err
			}
		}
		if p.signer, err = oci.OpenKey(p.sign, os.Getenv("COSIGN_PASSWORD"), os.Getenv); err != nil {
			return nil, usageError{fmt.Errorf("--sign: %w", err)}
		}
	}
	if p.created, err = sourceDate(os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		return nil, usageError{err}
	}
	if err := p.choose(cfg); err != nil {
		return nil, usageError{err}
	}
	if err := p.openBase(ctx, cfg.Image); err != nil {
		return nil, err
	}
	return p, p.reach(ctx)
}

// path is what a path of the command line means: -C is where it starts.
func (a *app) path(name string) (string, error) {
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	return filepath.Abs(filepath.Join(a.global.dir, name))
}

// private are the files that publishing reads and writes and that are not part of
// the source.
func (p *publication) private() []string {
	if p == nil {
		return nil
	}
	return slices.DeleteFunc([]string{p.layout, p.sign}, func(name string) bool { return !filepath.IsAbs(name) })
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

// choose finds the checks by the globs of the configuration.
func (p *publication) choose(cfg *config.Config) error {
	packages := packageChecks(cfg)
	chosen, _, err := selectChecks(packages, cfg.Image.Checks, nil)
	if err != nil {
		return fmt.Errorf("image.checks: %w", err)
	}
	var required []string
	if len(cfg.Image.Requires) > 0 || cfg.Origins["image.requires"] == "default" {
		if required, _, err = selectChecks(cfg.Checks, cfg.Image.Requires, nil); err != nil {
			return fmt.Errorf("image.requires: %w", err)
		}
	}
	for _, c := range packages {
		if slices.Contains(chosen, c.Name) {
			p.checks = append(p.checks, c)
		}
	}
	for _, c := range cfg.Checks {
		if slices.Contains(required, c.Name) || slices.Contains(chosen, c.Name) {
			p.required = append(p.required, c.Name)
		}
	}
	return nil
}

// gathered are the checks for whose images something has to be made: libraries,
// or packages on a base. Else a base has all.
func (p *publication) gathered() []string {
	if p == nil || p.base != nil && !p.installs {
		return nil
	}
	return names(p.checks)
}

// afterwards are the nodes that do so.
func (p *publication) afterwards() []buildkit.Afterwards {
	var nodes []buildkit.Afterwards
	for _, check := range p.gathered() {
		nodes = append(nodes, buildkit.Afterwards{Node: llb.ImageNode(check), Check: check})
	}
	return nodes
}

// fit looks at the platforms once that of the builder is known: no two may be
// the same, and the base has to have all.
func (p *publication) fit(host ocispecs.Platform) error {
	if p == nil {
		return nil
	}
	p.host = host
	seen := map[string]string{}
	for _, c := range p.checks {
		platform, err := p.platform(c)
		if err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		if other := seen[platform.String()]; other != "" {
			return fmt.Errorf("%s and %s are both for %s: name one check for each platform in image.checks", other, c.Name, platform)
		}
		seen[platform.String()] = c.Name
		if p.base == nil {
			continue
		}
		if _, err := p.base.Image(platform); err != nil {
			return err
		}
	}
	return nil
}

// publish brings the image out when the verdict on the checks is good. The
// verdict that it returns is that on all.
func (a *app) publish(ctx context.Context, p *project, outcome *buildkit.Report, s *report.Summary, verdict error) error {
	pub := p.publication
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
		pub.told = append(pub.told, told)
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
	image, parts, err := pub.assemble(ctx, a.version, p, outcome, dir)
	if err == nil {
		err = pub.send(ctx, image, parts, s)
	}
	return errors.Join(err, os.RemoveAll(dir))
}
