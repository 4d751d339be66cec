package buildkit

import (
	"time"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/llb"
)

// Plan makes the graph of a run for a builder. It is a function, as a builder is
// opened when it gets checks, and each has a graph for what it is and can.
type Plan func(Target) (*llb.Graph, error)

// Request is one run of some checks of a graph.
type Request struct {
	Inputs
	// Platforms are those that checks compile for, as in linux/arm64, where
	// their target says one. Builders for such platforms get these checks.
	Platforms map[string]string
	// Checks are the names of the nodes to run.
	Checks []string
	// Rerun are those of them to execute though the builder has their results.
	// What they stand on is not made again.
	Rerun []string
	// Afterwards are nodes to solve when all checks are there and Done called
	// none of them red.
	Afterwards []Afterwards
	// Affinity names the workspace: of several builders, runs of the same one
	// prefer the same.
	Affinity string
	// Costs are what checks cost in an earlier run, and Transfer is what it
	// took to bring another builder what they stand on. They decide how checks
	// are spread over several builders.
	Costs    map[string]time.Duration
	Transfer time.Duration
	// Caches are asked before anything is executed, and get what was.
	Caches []cache.Cache
	// Stages is where it is remembered what builders have made, so that stages
	// start from there; nil for nowhere.
	Stages *stages.Place
	// Output is the directory that receives a directory per check.
	Output string
	// Previous is a directory below Output, "" for none, with results of
	// earlier runs. Files that are the same again are linked from there.
	Previous string
	// Limits bound what comes out of checks, by their names.
	Limits map[string]output.Limits
	// Jobs is how many checks run at once, 0 for all.
	Jobs int
	// FailFast cancels the other checks when Done calls one red.
	FailFast bool
	// Events receives BuildKit's events in order; it may be nil. The run
	// closes it.
	Events chan<- *client.SolveStatus
	// Done is called once per check, one call at a time, and reports whether the
	// result is red. It is asked while other checks run, which it can stop; what
	// red means is not known here.
	Done func(Result) (red bool)
}

// Afterwards is a node that stands on the output of a check. Of several builders
// it is solved on the one that has that.
type Afterwards struct{ Node, Check string }

// Status is how a check ended.
type Status string

// The ways in which a check can end.
const (
	StatusPassed   Status = "passed"
	StatusFailed   Status = "failed"
	StatusError    Status = "error"
	StatusSkipped  Status = "skipped"
	StatusCanceled Status = "canceled"
)

// Result is the end of one check.
type Result struct {
	Name   string
	Status Status
	// Builder is the name of the one of several that gave the answer, "" where
	// there is one only.
	Builder string
	// Cached is set when the builder had the result already.
	Cached bool
	// Took is the time that the check's own vertex ran.
	Took time.Duration
	// ExitCode is that of the check's command, 0 when it did not fail.
	ExitCode int
	// Dir holds what the check wrote to /out, "" when nothing came out.
	Dir string
	// Err says why a check with StatusError could not be run.
	Err error
	// Log is the end of the log of the vertex that failed.
	Log []byte
}

// NodeFact says what a run did with a node of the graph.
type NodeFact struct {
	Name string
	Role llb.Role
	// Owner is as in [llb.Node].
	Owner string
	// Commands are those of the node.
	Commands []string
	Cached   bool
	Took     time.Duration
	// Units are those of a stage that started from an earlier one, of zero else.
	Units Units
}

// Units counts calls of the compiler and runs of build scripts.
type Units struct {
	// Compiled are those that a stage made, Total all that it left.
	Compiled, Total int
}

// Report is what a run did.
type Report struct {
	Results []Result
	// Afterwards are the results of the nodes that the request named for then,
	// as far as the run came.
	Afterwards []Result
	// Nodes are the facts of the nodes that the checks needed, in graph order.
	Nodes []NodeFact
	// Caches are what the run did with its caches, in the order of the
	// request.
	Caches []cache.Fact
	// Costs are what the checks cost that were executed: their share of the
	// time in which any of them ran.
	Costs map[string]time.Duration
	// Notes say what each of several builders did, and what one cannot do.
	Notes []string
	// Image is the toolchain's image with its digest.
	Image string
	// Images are those of all toolchains, by their ids.
	Images map[string]string
}
