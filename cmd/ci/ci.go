// Package ci reads what a CI system tells of a run: what is checked, and
// whether the change comes from another repository. What cannot be told counts
// as a stranger's.
package ci

import (
	"cmp"
	"strings"
)

// Unknown is the name of a CI system that nothing is known of.
const Unknown = "an unknown CI"

// Run is a run as its CI system describes it.
type Run struct {
	// System is the name of the CI system, "" outside of any.
	System string
	// Change is set for a pull or merge request.
	Change bool
	// Fork is set for a change from another repository, and Why says how that
	// is known, or why it is assumed.
	Fork bool
	Why  string
	// Tag is set where a tag is checked and not a branch.
	Tag bool
	// Branch is the branch that is checked, that of a change its own; Main is
	// the default branch of the repository. They are "" where nobody says.
	Branch, Main string
}

// fork makes the run one for a change from a fork.
func (r *Run) fork(why string) {
	if !r.Fork {
		r.Fork, r.Why = true, why
	}
}

// from compares the repositories that a change comes from and goes to.
func (r *Run) from(source, target string) {
	r.Change = true
	switch {
	case source == "" || target == "":
		r.fork("it is not said where the change comes from")
	case source != target:
		r.fork("the change comes from " + source)
	}
}

// system is a CI system: it knows itself by variables and reads them.
type system struct {
	name string
	is   func(env) bool
	read func(env) Run
}

// env reads variables.
type env func(string) string

// any reports whether one of several variables is set.
func (e env) any(names ...string) bool {
	for _, name := range names {
		if e(name) != "" {
			return true
		}
	}
	return false
}

// yes reports whether a variable is set to true.
func (e env) yes(name string) bool { return strings.EqualFold(e(name), "true") }

func systems() []system {
	return []system{
		{"GitHub Actions", isGitHub, readGitHub},
		{"GitLab CI", isGitLab, readGitLab},
		{"Woodpecker", isWoodpecker, readWoodpecker},
		{"Buildkite", func(e env) bool { return e.any("BUILDKITE", "BUILDKITE_PULL_REQUEST", "BUILDKITE_BRANCH") }, readBuildkite},
		{"CircleCI", func(e env) bool { return e.any("CIRCLECI", "CIRCLE_BRANCH", "CIRCLE_PR_NUMBER") }, readCircle},
		{"Azure Pipelines", func(e env) bool { return e.any("TF_BUILD", "SYSTEM_PULLREQUEST_ISFORK") }, readAzure},
		{"Bitbucket Pipelines", func(e env) bool { return e.any("BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT") }, readBitbucket},
	}
}

// Detect reads the variables of the CI systems that it knows. Where those of
// several are set, a run is a fork's if one says so.
func Detect(getenv func(string) string) Run {
	var found Run
	for _, s := range systems() {
		if !s.is(getenv) {
			continue
		}
		r := s.read(getenv)
		r.System = s.name
		if found.System == "" {
			found = r
		} else if r.Fork {
			found.Change = true
			found.fork(r.Why)
		}
	}
	if on := getenv("CI"); found.System == "" && on != "" && !strings.EqualFold(on, "false") && on != "0" {
		found.System = Unknown
	}
	return found
}

// branchOf is the branch of a full reference, "" for other references.
func branchOf(ref string) string {
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if !ok {
		return ""
	}
	return branch
}

func isGitLab(e env) bool {
	return e.any("GITLAB_CI", "CI_PIPELINE_SOURCE", "CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
}

// readGitLab reads GitLab's variables. The pipeline of a fork's merge request
// may run in either project.
func readGitLab(e env) Run {
	r := Run{
		Branch: cmp.Or(e("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"), e("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"), e("CI_COMMIT_BRANCH")),
		Main:   e("CI_DEFAULT_BRANCH"),
		Tag:    e("CI_COMMIT_TAG") != "",
	}
	source := e("CI_PIPELINE_SOURCE")
	if source == "merge_request_event" || e.any("CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") {
		from := e("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
		r.from(from, e("CI_MERGE_REQUEST_PROJECT_ID"))
		r.from(from, cmp.Or(e("CI_PROJECT_ID"), from))
	}
	if source == "external_pull_request_event" || e.any("CI_EXTERNAL_PULL_REQUEST_IID") {
		r.from(e("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"), e("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"))
	}
	return r
}

func isWoodpecker(e env) bool {
	return e("CI") == "woodpecker" || e("CI_SYSTEM_NAME") == "woodpecker" || e.any("CI_PIPELINE_EVENT", "CI_COMMIT_PULL_REQUEST")
}

// readWoodpecker reads Woodpecker's variables, none of which tells where a
// pull request comes from.
func readWoodpecker(e env) Run {
	r := Run{Branch: e("CI_COMMIT_BRANCH"), Main: e("CI_REPO_DEFAULT_BRANCH"), Tag: e("CI_COMMIT_TAG") != ""}
	event := e("CI_PIPELINE_EVENT")
	switch {
	case strings.HasPrefix(event, "pull_request"), e.any("CI_COMMIT_PULL_REQUEST", "CI_COMMIT_SOURCE_BRANCH"), strings.HasPrefix(e("CI_COMMIT_REF"), "refs/pull/"), strings.HasPrefix(e("CI_COMMIT_REF"), "refs/merge-requests/"):
		r.Branch = e("CI_COMMIT_SOURCE_BRANCH") // that of the commit is the target's
		r.Change = true
		r.fork("Woodpecker does not tell where a pull request comes from")
	case event == "":
		r.fork("CI_PIPELINE_EVENT is not set")
	}
	return r
}

// readBuildkite reads Buildkite's variables. No git branch has a colon: it
// stands between the owner of a fork and the branch.
func readBuildkite(e env) Run {
	r := Run{Branch: e("BUILDKITE_BRANCH"), Main: e("BUILDKITE_PIPELINE_DEFAULT_BRANCH"), Tag: e("BUILDKITE_TAG") != ""}
	if number := e("BUILDKITE_PULL_REQUEST"); number != "" && number != "false" || e.any("BUILDKITE_PULL_REQUEST_REPO") {
		r.from(plainURL(e("BUILDKITE_PULL_REQUEST_REPO")), plainURL(e("BUILDKITE_REPO")))
	}
	if strings.Contains(r.Branch, ":") {
		r.Change = true
		r.fork("the branch is another owner's")
	}
	return r
}

// plainURL is host and path of the address of a repository, however it is
// written: https://h/a/b.git, git@h:a/b, ssh://git@h:22/a/b.
func plainURL(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		rest = strings.Replace(address, ":", "/", 1)
	}
	host, path, _ := strings.Cut(rest, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if host == "" || path == "" {
		return ""
	}
	return strings.ToLower(host + "/" + path)
}

// readCircle reads CircleCI's variables: CIRCLE_PR_* are there for forks only.
func readCircle(e env) Run {
	r := Run{Branch: e("CIRCLE_BRANCH"), Tag: e("CIRCLE_TAG") != "", Change: e.any("CIRCLE_PULL_REQUEST", "CIRCLE_PULL_REQUESTS")}
	if e.any("CIRCLE_PR_NUMBER", "CIRCLE_PR_USERNAME", "CIRCLE_PR_REPONAME") || strings.HasPrefix(r.Branch, "pull/") {
		r.Change = true
		r.fork("the change comes from " + cmp.Or(e("CIRCLE_PR_USERNAME"), "a fork"))
	}
	return r
}

func readAzure(e env) Run {
	ref := e("BUILD_SOURCEBRANCH")
	r := Run{Branch: branchOf(ref), Tag: strings.HasPrefix(ref, "refs/tags/")}
	if e("BUILD_REASON") == "PullRequest" || e.any("SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_ISFORK") || strings.HasPrefix(ref, "refs/pull/") {
		r.Change = true
		r.Branch = branchOf(e("SYSTEM_PULLREQUEST_SOURCEBRANCH"))
		if !strings.EqualFold(e("SYSTEM_PULLREQUEST_ISFORK"), "false") {
			r.fork("SYSTEM_PULLREQUEST_ISFORK is not False")
		}
	}
	return r
}

// readBitbucket reads Bitbucket's variables, none of which tells where a pull
// request comes from.
func readBitbucket(e env) Run {
	r := Run{Branch: e("BITBUCKET_BRANCH"), Tag: e("BITBUCKET_TAG") != ""}
	if e.any("BITBUCKET_PR_ID") {
		r.Change = true
		r.fork("Bitbucket does not tell where a pull request comes from")
	}
	return r
}
