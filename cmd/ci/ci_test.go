package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environ answers for variables given as NAME=value. EVENT=text stands for a
// file with the event.
func environ(t *testing.T, pairs ...string) func(string) string {
	t.Helper()
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if name == "EVENT" {
			name = "GITHUB_EVENT_PATH"
			file := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
			value = file
		}
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

const (
	home  = `"repository": {"id": 7, "full_name": "a/b", "default_branch": "trunk"}`
	here  = `{"id": 7, "full_name": "a/b"}`
	there = `{"id": 8, "full_name": "x/b"}`
)

func pull(head, base string) string {
	return `EVENT={` + home + `, "pull_request": {"head": {"ref": "topic", "repo": ` + head + `}, "base": {"repo": ` + base + `}}}`
}

func workflow(event, head string) string {
	return `EVENT={` + home + `, "workflow_run": {"event": "` + event + `", "head_branch": "topic", "head_repository": ` + head + `}}`
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		want Run
	}{
		"push":                {[]string{"GITHUB_EVENT_NAME=push", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=topic", "EVENT={" + home + "}"}, Run{Branch: "topic", Main: "trunk"}},
		"tag":                 {[]string{"GITHUB_EVENT_NAME=push", "GITHUB_REF_TYPE=tag", "GITHUB_REF_NAME=v1", "EVENT={" + home + "}"}, Run{Tag: true, Main: "trunk"}},
		"schedule":            {[]string{"GITHUB_EVENT_NAME=schedule", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", "EVENT={" + home + "}"}, Run{Branch: "trunk", Main: "trunk"}},
		"own change":          {[]string{"GITHUB_EVENT_NAME=pull_request", "GITHUB_HEAD_REF=topic", pull(here, here)}, Run{Change: true, Branch: "topic", Main: "trunk"}},
		"Gitea":               {[]string{"GITEA_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_HEAD_REF=topic", pull(there, here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"fork":                {[]string{"GITHUB_EVENT_NAME=pull_request", "GITHUB_HEAD_REF=topic", pull(there, here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"fork, called target": {[]string{"GITHUB_EVENT_NAME=pull_request_target", "GITHUB_HEAD_REF=topic", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", pull(there, here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"review of a fork":    {[]string{"GITHUB_EVENT_NAME=pull_request_review", pull(there, here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"deleted fork":        {[]string{"GITHUB_EVENT_NAME=pull_request", pull("null", here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"other base":          {[]string{"GITHUB_EVENT_NAME=pull_request", pull(here, there)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"no event":            {[]string{"GITHUB_EVENT_NAME=pull_request", "GITHUB_HEAD_REF=topic"}, Run{Change: true, Fork: true, Branch: "topic"}},
		"broken event":        {[]string{"GITHUB_EVENT_NAME=push", "EVENT={"}, Run{Fork: true}},
		"no name":             {[]string{"GITHUB_ACTIONS=true", "EVENT={" + home + "}"}, Run{Fork: true}},
		"push with a head":    {[]string{"GITHUB_EVENT_NAME=push", "GITHUB_HEAD_REF=topic", "EVENT={" + home + "}"}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"push of a pull":      {[]string{"GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/pull/1/merge", "EVENT={" + home + "}"}, Run{Change: true, Fork: true, Main: "trunk"}},
		"push, but a change":  {[]string{"GITHUB_EVENT_NAME=push", pull(there, here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"after a fork's":      {[]string{"GITHUB_EVENT_NAME=workflow_run", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", workflow("pull_request", there)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"after an own change": {[]string{"GITHUB_EVENT_NAME=workflow_run", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", workflow("pull_request", here)}, Run{Change: true, Branch: "topic", Main: "trunk"}},
		"after a push":        {[]string{"GITHUB_EVENT_NAME=workflow_run", workflow("push", here)}, Run{Branch: "topic", Main: "trunk"}},
		"after a run after":   {[]string{"GITHUB_EVENT_NAME=workflow_run", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", workflow("workflow_run", here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"after a comment":     {[]string{"GITHUB_EVENT_NAME=workflow_run", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", workflow("issue_comment", here)}, Run{Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"after nothing":       {[]string{"GITHUB_EVENT_NAME=workflow_run", "EVENT={" + home + "}"}, Run{Fork: true, Main: "trunk"}},
		"comment on a change": {[]string{"GITHUB_EVENT_NAME=issue_comment", "EVENT={" + home + `, "issue": {"pull_request": {}}}`}, Run{Change: true, Fork: true, Main: "trunk"}},
		"comment on an issue": {[]string{"GITHUB_EVENT_NAME=issue_comment", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=trunk", "EVENT={" + home + `, "issue": {}}`}, Run{Branch: "trunk", Main: "trunk"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.System = "GitHub Actions"
			got := Detect(environ(t, c.env...))
			if (got.Why != "") != got.Fork {
				t.Errorf("the reason is %q", got.Why)
			}
			got.Why = ""
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestSystems(t *testing.T) {
	t.Parallel()
	mr := []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic", "CI_DEFAULT_BRANCH=trunk", "CI_MERGE_REQUEST_PROJECT_ID=7"}
	kite := []string{"BUILDKITE=true", "BUILDKITE_BRANCH=topic", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=trunk"}
	for name, c := range map[string]struct {
		env  []string
		want Run
	}{
		"nothing":           {nil, Run{}},
		"not a CI":          {[]string{"CI=false"}, Run{}},
		"unknown":           {[]string{"CI=true"}, Run{System: "an unknown CI"}},
		"GitLab, push":      {[]string{"GITLAB_CI=true", "CI_COMMIT_BRANCH=topic", "CI_DEFAULT_BRANCH=trunk"}, Run{System: "GitLab CI", Branch: "topic", Main: "trunk"}},
		"GitLab, tag":       {[]string{"GITLAB_CI=true", "CI_COMMIT_TAG=v1", "CI_DEFAULT_BRANCH=trunk"}, Run{System: "GitLab CI", Tag: true, Main: "trunk"}},
		"GitLab, own":       {append(mr, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=7", "CI_PROJECT_ID=7"), Run{System: "GitLab CI", Change: true, Branch: "topic", Main: "trunk"}},
		"GitLab, fork":      {append(mr, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=8", "CI_PROJECT_ID=7"), Run{System: "GitLab CI", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"GitLab, in a fork": {append(mr, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=8", "CI_PROJECT_ID=8"), Run{System: "GitLab CI", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"GitLab, odd":       {append(mr, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=7", "CI_PROJECT_ID=9"), Run{System: "GitLab CI", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"GitLab, unsaid":    {mr, Run{System: "GitLab CI", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"GitLab, external": {
			[]string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=external_pull_request_event", "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY=x/b", "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=a/b"},
			Run{System: "GitLab CI", Change: true, Fork: true},
		},
		"Buildkite, push":           {append(kite, "BUILDKITE_PULL_REQUEST=false"), Run{System: "Buildkite", Branch: "topic", Main: "trunk"}},
		"Buildkite, own":            {append(kite, "BUILDKITE_PULL_REQUEST=1", "BUILDKITE_PULL_REQUEST_REPO=git://github.com/a/b.git", "BUILDKITE_REPO=git@github.com:A/b.git"), Run{System: "Buildkite", Change: true, Branch: "topic", Main: "trunk"}},
		"Buildkite, own by ssh":     {append(kite, "BUILDKITE_PULL_REQUEST=1", "BUILDKITE_PULL_REQUEST_REPO=https://github.com/a/b", "BUILDKITE_REPO=ssh://git@github.com:22/a/b.git"), Run{System: "Buildkite", Change: true, Branch: "topic", Main: "trunk"}},
		"Buildkite, fork":           {append(kite, "BUILDKITE_PULL_REQUEST=1", "BUILDKITE_PULL_REQUEST_REPO=git://github.com/x/b.git", "BUILDKITE_REPO=git@github.com:a/b.git"), Run{System: "Buildkite", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"Buildkite, unsaid":         {append(kite, "BUILDKITE_PULL_REQUEST=1", "BUILDKITE_REPO=git@github.com:a/b.git"), Run{System: "Buildkite", Change: true, Fork: true, Branch: "topic", Main: "trunk"}},
		"Buildkite, owner's prefix": {[]string{"BUILDKITE=true", "BUILDKITE_BRANCH=x:main"}, Run{System: "Buildkite", Change: true, Fork: true, Branch: "x:main"}},
		"Woodpecker, push":          {[]string{"CI=woodpecker", "CI_PIPELINE_EVENT=push", "CI_COMMIT_BRANCH=topic", "CI_REPO_DEFAULT_BRANCH=trunk"}, Run{System: "Woodpecker", Branch: "topic", Main: "trunk"}},
		"Woodpecker, tag":           {[]string{"CI=woodpecker", "CI_PIPELINE_EVENT=tag", "CI_COMMIT_TAG=v1", "CI_REPO_DEFAULT_BRANCH=trunk"}, Run{System: "Woodpecker", Tag: true, Main: "trunk"}},
		"Woodpecker, change": {
			[]string{"CI=woodpecker", "CI_PIPELINE_EVENT=pull_request", "CI_COMMIT_BRANCH=trunk", "CI_COMMIT_SOURCE_BRANCH=topic", "CI_REPO_DEFAULT_BRANCH=trunk"},
			Run{System: "Woodpecker", Change: true, Fork: true, Branch: "topic", Main: "trunk"},
		},
		"Woodpecker, odd":     {[]string{"CI=woodpecker", "CI_PIPELINE_EVENT=push", "CI_COMMIT_REF=refs/pull/3/head"}, Run{System: "Woodpecker", Change: true, Fork: true}},
		"Woodpecker, unsaid":  {[]string{"CI=woodpecker"}, Run{System: "Woodpecker", Fork: true}},
		"CircleCI, push":      {[]string{"CIRCLECI=true", "CIRCLE_BRANCH=topic"}, Run{System: "CircleCI", Branch: "topic"}},
		"CircleCI, own":       {[]string{"CIRCLECI=true", "CIRCLE_BRANCH=topic", "CIRCLE_PULL_REQUEST=https://h/1"}, Run{System: "CircleCI", Change: true, Branch: "topic"}},
		"CircleCI, fork":      {[]string{"CIRCLECI=true", "CIRCLE_BRANCH=pull/1", "CIRCLE_PR_USERNAME=x"}, Run{System: "CircleCI", Change: true, Fork: true, Branch: "pull/1"}},
		"CircleCI, fork name": {[]string{"CIRCLECI=true", "CIRCLE_PR_REPONAME=b"}, Run{System: "CircleCI", Change: true, Fork: true}},
		"Azure, push":         {[]string{"TF_BUILD=True", "BUILD_SOURCEBRANCH=refs/heads/fix/a", "BUILD_REASON=IndividualCI"}, Run{System: "Azure Pipelines", Branch: "fix/a"}},
		"Azure, tag":          {[]string{"TF_BUILD=True", "BUILD_SOURCEBRANCH=refs/tags/v1"}, Run{System: "Azure Pipelines", Tag: true}},
		"Azure, own":          {[]string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "SYSTEM_PULLREQUEST_ISFORK=False", "SYSTEM_PULLREQUEST_SOURCEBRANCH=refs/heads/topic"}, Run{System: "Azure Pipelines", Change: true, Branch: "topic"}},
		"Azure, fork":         {[]string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "SYSTEM_PULLREQUEST_ISFORK=True"}, Run{System: "Azure Pipelines", Change: true, Fork: true}},
		"Azure, unsaid":       {[]string{"TF_BUILD=True", "BUILD_SOURCEBRANCH=refs/pull/1/merge"}, Run{System: "Azure Pipelines", Change: true, Fork: true}},
		"Bitbucket, push":     {[]string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_BRANCH=topic"}, Run{System: "Bitbucket Pipelines", Branch: "topic"}},
		"Bitbucket, change":   {[]string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_BRANCH=topic", "BITBUCKET_PR_ID=1"}, Run{System: "Bitbucket Pipelines", Change: true, Fork: true, Branch: "topic"}},
		"two that disagree":   {[]string{"GITLAB_CI=true", "CI_COMMIT_BRANCH=topic", "CIRCLE_PR_USERNAME=x", "CIRCLE_PR_NUMBER=1"}, Run{System: "GitLab CI", Change: true, Fork: true, Branch: "topic"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Detect(environ(t, c.env...))
			if (got.Why != "") != got.Fork {
				t.Errorf("the reason is %q", got.Why)
			}
			got.Why = ""
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
