package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/publish"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// checkOptions are the arguments of a run that are no configuration keys.
type checkOptions struct {
	patterns []string
	skip     []string
	// rerun are patterns of checks to run though nothing has changed.
	rerun []string
	list  bool
	// publication is what to publish when all is green, nil for nothing.
	publication *publish.Publication
	// gather copies what was built to its place when all is well, nil for what
	// [app.regather] says.
	gather func() error
}

func (a *app) checkCommand() *cobra.Command {
	o := checkOptions{}
	c := &cobra.Command{
		Use:   "check [NAME|GLOB…]",
		Short: "Run the checks of the workspace",
		Long: `Run the checks of crane.yaml, or clippy, package and tarpaulin where there is
none. A red check does not stop the others, its reports are exported too, and
what was green is not run again.`,
		Example: `  cranekit check                       # all checks
  cranekit check clippy 'test*'        # some
  cranekit check --skip tarpaulin      # all but one
  cranekit check --rerun=test          # all, test though nothing has changed
  cranekit check --list                # what there is
  cranekit check --set common.profile=dev --jobs 1`,
		ValidArgsFunction: a.completeChecks,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := a.load(c.Context(), c.Flags())
			if err != nil {
				return err
			}
			o.patterns = args
			if o.list {
				return a.list(cfg, o)
			}
			return a.runEach(c.Context(), cfg, func(ctx context.Context, cfg *config.Config) error { return a.run(ctx, cfg, o) })
		},
	}
	runFlags(c.Flags())
	c.Flags().StringSliceVar(&o.skip, "skip", nil, "leave out checks by `NAME|GLOB`")
	a.rerunFlag(c, &o.rerun)
	c.Flags().BoolVar(&o.list, "list", false, "list the checks and end")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("skip", a.completeChecks))
	a.completeRunFlags(c)
	return c
}

func (a *app) list(cfg *config.Config, o checkOptions) error {
	selected, _, err := project.Select(cfg.Checks, o.patterns, o.skip)
	if err != nil {
		return err
	}
	for _, name := range selected {
		if _, err := fmt.Fprintln(a.out, name); err != nil {
			return err
		}
	}
	return nil
}

// run runs checks, prints the outcome and returns it as an error, nil when all
// is green.
func (a *app) run(ctx context.Context, cfg *config.Config, o checkOptions) (result error) {
	began := time.Now()
	selected, skipped, err := project.Select(cfg.Checks, o.patterns, o.skip)
	if err != nil {
		return err
	}
	if len(selected) == 0 {
		return project.Usage(errors.New("every check is skipped"))
	}
	rerun, err := reruns(cfg.Checks, selected, o.rerun)
	if err != nil {
		return err
	}
	p, err := a.openFor(ctx, cfg, selected)
	if err != nil {
		return err
	}
	p.Private = o.publication.Private()
	if o.gather == nil {
		o.gather = a.regather(cfg, selected)
	}
	members, why, err := a.members(ctx, cfg)
	if err != nil {
		return project.Usage(err)
	}
	defer func() { _ = closeAll(members) }() // nothing of the run depends on it
	if cfg.Progress != "quiet" && cfg.Progress != "json" {
		fmt.Fprintln(a.err, why)
	}
	j := &judge{project: p, stop: ctx.Err, rows: map[string]report.Check{}}
	request, plan, err := request(ctx, p, o.publication, selected, j)
	if err != nil {
		return err
	}
	request.Rerun = rerun
	a.warn(p, request.Tree, selected)
	j.tree = request.Tree
	request.Caches = p.Caches(ctx, a.err)
	request.Docker = a.access(p, selected, request.Caches)
	if j.results, err = project.TakeResults(ctx, cfg, o.gather != nil, a.err); err != nil {
		return err
	}
	defer func() { result = errors.Join(result, j.results.Release()) }()
	outcome, runErr := a.watch(ctx, p, members, plan, request)
	if outcome == nil {
		return runErr
	}
	summary := j.summary(outcome, skipped)
	summary.Save(outcome.Nodes)
	summary.Builder = report.Builder{Name: memberNames(members), Reason: why, Notes: outcome.Notes}
	verdict := j.verdict(summary, runErr)
	if o.publication != nil {
		verdict = o.publication.Publish(ctx, a.version, p, outcome, summary, verdict)
	}
	summary.Seconds = report.Seconds(time.Since(began))
	result = errors.Join(verdict, a.print(cfg, summary, verdict, runErr), j.results.Remark())
	if result == nil && o.gather != nil {
		return o.gather()
	}
	return result
}

// openFor opens the workspace for a run of checks, if it may be and everything
// that is known before is right.
func (a *app) openFor(ctx context.Context, cfg *config.Config, selected []string) (*project.Project, error) {
	if err := a.permit(cfg, selected); err != nil {
		return nil, err
	}
	if err := project.RefuseTrackedOutput(ctx, cfg); err != nil {
		return nil, err
	}
	p, err := project.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := p.Verify(selected); err != nil {
		return nil, err
	}
	return p, p.CheckLayouts(selected)
}

// rerun is the command that runs one check again as this run did.
func (a *app) rerun(cfg *config.Config, check string) string {
	args := []string{"cranekit", "check", check}
	if a.global.dir != "" {
		args = append(args, "-C", a.global.dir)
	}
	if a.global.file != "" {
		args = append(args, "--config", a.global.file)
	}
	for _, set := range a.global.set {
		args = append(args, "--set", config.Redact(set))
	}
	for _, trust := range a.global.trust {
		args = append(args, "--trust", trust)
	}
	if len(cfg.Workspaces) > 1 {
		args = append(args, "--set", "workspace="+project.ShortPath(cfg.Workspace))
	}
	return llb.CommandLine(args)
}

// access is what a run hands to the builder of Docker's configuration.
func (a *app) access(p *project.Project, selected []string, caches []cache.Cache) *configfile.ConfigFile {
	file, note := p.Access(selected, dockerconfig.LoadDefaultConfigFile(a.err), caches)
	if note != "" {
		fmt.Fprintln(a.err, "cranekit: "+note)
	}
	return file
}
