package llb

import (
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Options are the inputs of a graph beside configuration and workspace.
type Options struct {
	// Bases are the images by the ids of their toolchains, see [ToolchainID].
	Bases    map[string]Base
	Platform ocispecs.Platform
	// GitEnv are the values of the configuration's git-env.
	GitEnv map[string]string
	// Now is the time of the run. It is in the graph as the number of the period
	// of each check that has a MaxAge. If it is zero, ages do not matter.
	Now time.Time
	// Unmerged is set if the builder cannot merge states: there are no member
	// layers.
	Unmerged bool
	// Route stands for the way to the network if the repository names one.
	Route string
	// Domain names those who may start from one another's stages: a workspace and
	// a branch. It is in the keys of stages. "" is for nobody.
	Domain string
	// Images are the names of package checks that get a node of [ImageNode].
	Images []string
	// ImageBases are the bases of these images by the names of the checks, for
	// images that are not from scratch.
	ImageBases map[string]ImageBase
}
