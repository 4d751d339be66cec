package buildkit

import (
	"regexp"
	"strconv"

	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/llb"
)

// remember keeps what the run made for later ones: what the checks stand on that
// have an answer. Where that fails, later ones do without.
func (r *run) remember() {
	if r.stages == nil {
		return
	}
	var checks []string
	for _, result := range r.results {
		if result.Status == StatusPassed || result.Status == StatusFailed {
			checks = append(checks, result.Name)
		}
	}
	for _, n := range r.graph.Closure(checks...) {
		if n.Family == "" || !r.made(n) {
			continue
		}
		if stage, err := r.stage(n); err == nil {
			_ = r.stages.Remember(stage)
		}
	}
}

// made reports whether the builder has what a stage left.
func (r *run) made(n *llb.Node) bool {
	ran, _ := r.collector.Executed(r.digests[n.Name])
	return ran || r.collector.Cached(r.digests[n.Name])
}

func (r *run) stage(n *llb.Node) (s stages.Stage, err error) {
	snapshot := r.snapshot(n)
	s = stages.Stage{Key: r.digests[n.Name].String(), Name: n.Name, Family: n.Family}
	if s.Definition, err = snapshot.Stage.MarshalVT(); err == nil && snapshot.Below != nil {
		s.Below, err = snapshot.Below.MarshalVT()
	}
	return s, err
}

// unitsLine is what a stage says that started from an earlier one.
var unitsLine = regexp.MustCompile(`(?m)^([0-9]{1,6}) of ([0-9]{1,6}) units compiled(?::|$)`)

// units are those of a stage that ran, as the end of its log has them.
func (r *run) units(n *llb.Node, ran bool) (u Units) {
	if n.Family == "" || !ran {
		return u
	}
	if found := unitsLine.FindAllSubmatch(r.collector.Tail(r.digests[n.Name]), -1); found != nil {
		last := found[len(found)-1]
		u.Compiled, _ = strconv.Atoi(string(last[1])) // six digits are a number
		u.Total, _ = strconv.Atoi(string(last[2]))
	}
	return u
}
