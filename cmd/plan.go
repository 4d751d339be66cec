package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/publish"
	"github.com/cranekit/cranekit/config"
	graph "github.com/cranekit/cranekit/llb"
)

// planOptions are the flags of cranekit plan.
type planOptions struct {
	format string
	llb    bool
	files  bool
}

func (a *app) planCommand() *cobra.Command {
	o := planOptions{}
	c := &cobra.Command{
		Use:   "plan [NAME|GLOB…]",
		Short: "Show the graph and its commands without running anything",
		Example: `  cranekit plan                          # a tree, with commands that can be copied
  cranekit plan --format dot | dot -Tsvg > plan.svg
  cranekit plan fmt --files              # the files that a check sees
  cranekit plan clippy --llb > clippy.llb # the definition, for buildctl build`,
		ValidArgsFunction: a.completeChecks,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := a.load(c.Context(), c.Flags())
			if err != nil {
				return err
			}
			if len(cfg.Workspaces) > 1 && (o.llb || o.format != "text") {
				return project.Usage(errors.New("a plan is of one workspace: name it with --set workspace=DIR"))
			}
			return a.runEach(c.Context(), cfg, func(ctx context.Context, cfg *config.Config) error { return a.plan(ctx, cfg, o, args) })
		},
	}
	c.Flags().StringVar(&o.format, "format", "text", "output format: text, json or dot")
	c.Flags().BoolVar(&o.files, "files", false, "list the files of the source that one check sees, by their paths in the repository")
	c.Flags().BoolVar(&o.llb, "llb", false, "print the LLB definition of one check in BuildKit's binary form")
	c.MarkFlagsMutuallyExclusive("files", "llb")
	c.MarkFlagsMutuallyExclusive("files", "format")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "dot"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) plan(ctx context.Context, cfg *config.Config, o planOptions, patterns []string) error {
	if err := a.permitSome(cfg, nil, project.AboutGraph); err != nil {
		return err
	}
	p, err := project.Open(ctx, cfg)
	if err != nil {
		return err
	}
	selected, _, err := project.Select(cfg.Checks, patterns, nil)
	if err != nil {
		return err
	}
	if o.files {
		return a.listFiles(ctx, p, selected)
	}
	if err := p.Verify(selected); err != nil {
		return err
	}
	if err := p.CheckLayouts(selected); err != nil {
		return err
	}
	p.WarnLeft(a.err)
	p.WarnTargets(a.err, selected)
	gitEnv, err := p.GitEnv(ctx)
	if err != nil {
		return err
	}
	options := graph.Options{Bases: map[string]graph.Base{}, GitEnv: gitEnv, Now: time.Now()}
	for id, toolchain := range p.Toolchains(selected) {
		base, platform, err := buildkit.Offline(toolchain)
		if err != nil {
			return project.Usage(err)
		}
		options.Bases[id], options.Platform = base, platform
	}
	options.Images, options.ImageBases = plannedImages(cfg, selected, options.Platform)
	g, err := graph.New(cfg, p.Workspace, p.Skeleton, options)
	if err != nil {
		return project.Usage(err)
	}
	if o.llb {
		return a.definition(ctx, g, options.Bases, selected)
	}
	return a.render(ctx, p, g, o.format, selected, options.Images)
}

// render prints the nodes of checks and of images in a format.
func (a *app) render(ctx context.Context, p *project.Project, g *graph.Graph, format string, selected, images []string) error {
	shown := slices.Clone(selected)
	for _, check := range images {
		shown = append(shown, graph.ImageNode(check))
	}
	nodes := g.Closure(shown...)
	if err := count(ctx, p, nodes); err != nil {
		return err
	}
	switch format {
	case "text":
		return graph.WriteText(a.out, nodes)
	case "dot":
		return graph.WriteDot(a.out, nodes)
	case "json":
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(nodes)
	default:
		return project.Usage(fmt.Errorf("--format %s: want text, json or dot", format))
	}
}

// plannedImages are the selected package checks that an image would be made of,
// and its bases, where the configuration says anything of an image. No base is
// looked up.
func plannedImages(cfg *config.Config, selected []string, host ocispecs.Platform) (checks []string, bases map[string]graph.ImageBase) {
	bases = map[string]graph.ImageBase{}
	if !configuresImage(cfg) {
		return nil, nil
	}
	for _, c := range cfg.Checks {
		matched := len(cfg.Image.Checks) == 0 || slices.ContainsFunc(cfg.Image.Checks, func(glob string) bool { ok, err := project.Matches(glob, c); return ok && err == nil })
		if !graph.Programs(c.Kind) || !matched || !slices.Contains(selected, c.Name) {
			continue
		}
		platform, err := graph.Platform(c.Settings.Target, host)
		if err != nil {
			continue // such as wasm
		}
		checks = append(checks, c.Name)
		switch {
		case cfg.Image.OCILayout != "":
			bases[c.Name] = graph.ImageBase{Base: graph.Base{Ref: "local/" + publish.BaseStore, Store: publish.BaseStore}, Platform: platform}
		case !cfg.Image.Scratch():
			bases[c.Name] = graph.ImageBase{Base: graph.Base{Ref: cfg.Image.Base}, Platform: platform}
		}
	}
	return checks, bases
}

// configuresImage reports whether a key of images is given.
func configuresImage(cfg *config.Config) bool {
	for key, origin := range cfg.Origins {
		if strings.HasPrefix(key, "image.") && origin != "default" {
			return true
		}
	}
	return false
}

// planRunID stands for the run in definitions that are only looked at.
const planRunID = "plan"

// definition writes the LLB of one check.
func (a *app) definition(ctx context.Context, g *graph.Graph, bases map[string]graph.Base, selected []string) error {
	if len(selected) != 1 {
		return project.Usage(errors.New("--llb prints one definition: name one check"))
	}
	for _, base := range bases {
		if base.Config == nil {
			return project.Usage(fmt.Errorf("the toolchain %s is known to the builder only; --llb needs toolchain.oci-layout", base.Ref))
		}
	}
	def, err := g.Marshal(ctx, g.Node(selected[0]), planRunID, nil)
	if err != nil {
		return err
	}
	return llb.WriteTo(def, a.out)
}
