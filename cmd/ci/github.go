package ci

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxEvent bounds what is read of an event, in bytes: GitHub cuts its own off
// at 25 MB.
const maxEvent = 32 << 20

// repository is one in the event of a run.
type repository struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

// id is the repository in a form to compare and to show, "" for none.
func (r *repository) id() string {
	if r == nil || r.ID == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d)", cmp.Or(r.FullName, "a repository"), r.ID)
}

// end is one of the two of a pull request.
type end struct {
	Repo *repository `json:"repo"`
	Ref  string      `json:"ref"`
}

// event is what started a run of GitHub, Gitea or Forgejo.
type event struct {
	Repository  *repository `json:"repository"`
	PullRequest *struct {
		Head end `json:"head"`
		Base end `json:"base"`
	} `json:"pull_request"`
	WorkflowRun *struct {
		Event          string      `json:"event"`
		HeadBranch     string      `json:"head_branch"`
		HeadRepository *repository `json:"head_repository"`
	} `json:"workflow_run"`
	Issue *struct {
		PullRequest *struct{} `json:"pull_request"`
	} `json:"issue"`
}

func isGitHub(e env) bool {
	return e.yes("GITHUB_ACTIONS") || e.any("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "GITEA_ACTIONS", "FORGEJO_ACTIONS")
}

// readGitHub reads the variables and the event of GitHub Actions, which Gitea
// and Forgejo have as well.
func readGitHub(e env) Run {
	r := Run{Branch: e("GITHUB_HEAD_REF"), Tag: e("GITHUB_REF_TYPE") == "tag"}
	if r.Branch == "" && e("GITHUB_REF_TYPE") == "branch" {
		r.Branch = e("GITHUB_REF_NAME")
	}
	name := e("GITHUB_EVENT_NAME")
	r.Change = strings.HasPrefix(name, "pull_request") || e.any("GITHUB_HEAD_REF") || strings.HasPrefix(e("GITHUB_REF"), "refs/pull/")
	ev, err := readEvent(e("GITHUB_EVENT_PATH"))
	switch {
	case name == "":
		r.fork("GITHUB_EVENT_NAME is not set")
		return r
	case err != nil:
		r.fork("the event of the run cannot be read")
		return r
	case ev.Repository != nil:
		r.Main = ev.Repository.DefaultBranch
	}
	r.judge(name, ev)
	return r
}

// judge finds out where the change of an event comes from.
func (r *Run) judge(name string, ev event) {
	switch {
	case ev.PullRequest != nil:
		head := ev.PullRequest.Head
		r.from(head.Repo.id(), ev.Repository.id())
		if base := ev.PullRequest.Base.Repo; base != nil {
			r.from(head.Repo.id(), base.id())
		}
		r.Branch = cmp.Or(r.Branch, head.Ref)
	case r.Change:
		r.fork("the event of the run names no pull request")
	case ev.WorkflowRun != nil:
		// What it checks out is up to the workflow: often the change that the
		// first run was for.
		change := strings.HasPrefix(ev.WorkflowRun.Event, "pull_request")
		r.from(ev.WorkflowRun.HeadRepository.id(), ev.Repository.id())
		if slices.Contains([]string{"", "issue_comment", "workflow_run"}, ev.WorkflowRun.Event) {
			// That ran in the repository, whatever it was for.
			change = true
			r.fork("the run before was for another one or a comment, and the change is not told")
		}
		r.Change = change
		r.Branch = ev.WorkflowRun.HeadBranch
	case ev.Issue != nil && ev.Issue.PullRequest != nil:
		r.Change = true
		r.fork("a comment on a pull request does not tell where the change comes from")
	case name == "workflow_run":
		r.fork("the event of the run does not tell of the run before")
	}
}

// readEvent reads the file with the event.
func readEvent(file string) (event, error) {
	var ev event
	f, err := os.Open(file)
	if err != nil {
		return ev, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxEvent))
	if err == nil {
		err = json.Unmarshal(data, &ev)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return ev, err
}
