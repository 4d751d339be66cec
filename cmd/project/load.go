package project

import (
	"context"
	"os"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// Load reads the configuration of a workspace, by the directory, the file and
// the values of the options; the rest of them is of this machine. Given is what
// the repository is trusted with beside what the user's file says; the note says
// why that file is not used, "" if it is.
func Load(ctx context.Context, o config.Options, given []config.Trust) (cfg *config.Config, note string, err error) {
	o.Environ, o.Fork, o.OtherBuilders = os.Environ(), ci.Detect(os.Getenv).Fork, builder.BuildxSpecs(os.Getenv)
	o.Kinds, o.DefaultChecks = llb.Kinds(), llb.DefaultChecks()
	if cfg, err = config.Load(o); err != nil {
		return nil, "", err
	}
	cfg.Trust, note = allTrust(ctx, cfg, given)
	return cfg, note, nil
}
