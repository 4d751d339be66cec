//go:build integration && clouds

package integration

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// cloud is a service that keeps caches.
type cloud struct {
	// cache is the value of --cache for it, with a name for each branch.
	cache string
	// main and topic are the environments of jobs on the default branch and on
	// another, wrong one with credentials that are not good.
	main, topic, wrong []string
	// secrets must be found nowhere.
	secrets []string
	// stop ends the service.
	stop func()
}

// TestClouds has two machines on two branches that share nothing but a cache
// in a service. Each is new to both machines.
func TestClouds(t *testing.T) {
	one, two := newState(t), newState(t)
	for _, c := range []struct {
		name  string
		serve func(*testing.T) *cloud
	}{
		{"s3", serveS3},
		{"azblob", serveAzblob},
		{"gha", serveActions},
		{"gha2", serveResults},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := machine(t, one), machine(t, two)
			a.nonce += "-" + t.Name()
			b.nonce = a.nonce
			cloud := c.serve(t)
			a.env = append(slices.Clone(cloud.main), "GITLAB_CI=true", "CI_COMMIT_BRANCH=main", "CI_DEFAULT_BRANCH=main")
			b.env = append(slices.Clone(cloud.topic), "GITLAB_CI=true", "CI_COMMIT_BRANCH=fix/a", "CI_DEFAULT_BRANCH=main")
			said := cloud.shares(t, a, b)
			said += cloud.refuses(t, a)
			cloud.stop()
			said += fault(t, a, "--cache="+cloud.cache)
			for i, secret := range cloud.secrets {
				if strings.Contains(said, secret) {
					t.Errorf("secret %d is in the output", i)
				}
			}
			leavesNo(t, cloud.secrets, a.dir, b.dir, one, two)
		})
	}
}

// shares lets the second machine start from what the first one has saved. It
// returns what the runs said.
func (c *cloud) shares(t *testing.T, a, b *workspace) (said string) {
	t.Helper()
	run := func(w *workspace) *outcome {
		o := w.check(t, "--cache="+c.cache, "--cache-required")
		o.wants(t, 0)
		got := o.cache(t)
		slices.Sort(got.Import.Found)
		t.Logf("%.1f s: found %q in %.1f s, pulled %d bytes, saved %q in %.1f s",
			o.Seconds, got.Import.Found, got.Import.Seconds, got.Import.Bytes, got.Export.Saved, got.Export.Seconds)
		said += o.stdout + o.stderr
		return o
	}
	o := run(a)
	o.executed(t, everything...)
	if got := o.cache(t); len(got.Import.Found) > 0 || !slices.Equal(got.Export.Saved, everything) {
		t.Errorf("the first run: %+v", got)
	}

	o = run(b)
	o.executed(t)
	if got := o.cache(t); !slices.Equal(got.Import.Found, everything) || len(got.Export.Saved) > 0 || got.Import.Bytes > 1<<20 {
		t.Errorf("a run of nothing: %+v", got)
	}

	b.edit(t, "crates/util/src/lib.rs", "120", "121")
	o = run(b)
	o.executed(t, "clippy", "package")
	if got := o.cache(t); got.Import.Bytes < 1<<20 || !slices.Equal(got.Export.Saved, []string{"clippy", "package"}) {
		t.Errorf("a run of the checks: %+v", got)
	}

	// What the other branch has saved is not what this one starts from.
	a.edit(t, "crates/util/src/lib.rs", "120", "121")
	o = run(a)
	o.executed(t, "clippy", "package")
	return said
}

// refuses has a run with credentials that are not good.
func (c *cloud) refuses(t *testing.T, w *workspace) (said string) {
	t.Helper()
	right := w.env
	w.env = slices.Concat(right, c.wrong)
	defer func() { w.env = right }()
	return fault(t, w, "--cache="+c.cache)
}

// fault has a cache that is no use: the exit code is that of the checks, unless
// it is asked for otherwise, and each warning is one line.
func fault(t *testing.T, w *workspace, cache string) (said string) {
	t.Helper()
	w.write(t, "crane.yaml", "checks: {fmt: }\n")
	w.write(t, "crates/util/src/more.rs", "// Not in the crate.\n")
	o := w.check(t, cache)
	o.wants(t, 0)
	said = o.stdout + o.stderr
	problems := o.cache(t).Problems
	t.Logf("%.1f s: %q", o.Seconds, problems)
	if len(problems) == 0 || len(problems) > 2 || slices.ContainsFunc(problems, func(p string) bool { return strings.ContainsAny(p, "\n\t") }) {
		t.Errorf("%d warnings: %q", len(problems), problems)
	}
	contains(t, o.stdout, "warning: cache "+cmp.Or(strings.Fields(o.cache(t).Name)[0], "-")+" ")
	o = w.check(t, cache, "--cache-required")
	o.wants(t, 75)
	said += o.stdout + o.stderr
	w.edit(t, "crates/util/src/lib.rs", "pub fn", "pub  fn")
	o = w.check(t, cache)
	o.wants(t, 1)
	w.edit(t, "crates/util/src/lib.rs", "pub  fn", "pub fn")
	return said + o.stdout + o.stderr
}
