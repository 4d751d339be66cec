package git

import (
	"strings"
	"testing"
)

func files() map[string]hostile {
	return map[string]hostile{
		"core.worktree":           {prepare: set("core.worktree", "/"), refused: "core.worktree"},
		"core.bare":               {prepare: set("core.bare", "true"), refused: "core.bare"},
		"empty .git":              {prepare: and(gone, file(".git/keep", "")), refused: "git cannot read it"},
		"nonsense in .git":        {prepare: and(gone, file(".git", "what")), refused: "does not name"},
		"absent git directory":    {prepare: and(gone, file(".git", "gitdir: nowhere")), refused: "no such file"},
		"unknown extension":       {prepare: set("core.repositoryFormatVersion", "1", "extensions.evil", "EVIL"), refused: "extensions.evil"},
		"unknown format":          {prepare: set("core.repositoryFormatVersion", "7"), refused: "format"},
		"broken configuration":    {prepare: file(".git/config", "[core"), refused: "bad config"},
		"pipe as .git":            {prepare: pipe(".git"), refused: "neither a directory nor a file"},
		"pipe as configuration":   {prepare: pipe(".git/config"), refused: "not a plain file"},
		"pipe as HEAD":            {prepare: pipe(".git/HEAD"), refused: "not a plain file"},
		"pipe as index":           {prepare: pipe(".git/index"), refused: "not a plain file"},
		"pipe as references":      {prepare: pipe(".git/packed-refs"), refused: "not a plain file"},
		"pipe as excludes":        {prepare: pipe(".git/info/exclude"), refused: "not a plain file"},
		"pipe as commondir":       {prepare: pipe(".git/commondir"), refused: "not a plain file"},
		"pipe as include":         {prepare: and(pipe("ws/pipe"), set("include.path", "../ws/pipe"))},
		"pipe as excludesFile":    {prepare: and(pipe("ws/pipe"), set("core.excludesFile", "ws/pipe", "core.attributesFile", "ws/pipe", "mailmap.file", "ws/pipe", "commit.template", "ws/pipe"))},
		"endless configuration":   {prepare: leads(".git/config", "/dev/zero"), refused: "leads out"},
		"endless HEAD":            {prepare: leads(".git/HEAD", "/dev/zero"), refused: "not a plain file"},
		"endless excludes":        {prepare: leads(".git/info/exclude", "/dev/zero"), refused: "leads out"},
		"a secret as HEAD":        {prepare: and(secret, leads(".git/HEAD", "../secret")), refused: "not a plain file"},
		"a secret as references":  {prepare: and(secret, leads(".git/packed-refs", "../secret")), refused: "leads out"},
		"a secret as commondir":   {prepare: and(secret, leads(".git/commondir", "../secret")), refused: "not a plain file"},
		"a secret as index":       {prepare: and(secret, leads(".git/index", "../secret")), refused: "leads out"},
		"a secret as config":      {prepare: and(secret, leads(".git/config", "../secret")), refused: "leads out"},
		"a secret as a branch":    {prepare: and(secret, leads(".git/refs/heads/other", "../../../secret")), refused: "not a plain file"},
		"a pipe as a tag":         {prepare: pipe(".git/refs/tags/x"), refused: "not a plain file"},
		"a secret in packed-refs": {prepare: file(".git/packed-refs", "root:hunter2:0:0\n"), refused: "holds no references"},
		"shared with another":     {prepare: shared},
		"a secret as .git":        {prepare: and(secret, leads(".git", "secret")), refused: "to no directory"},
		"names out of the tree":   {prepare: crafted("../../etc/passwd"), refused: "not the name of a file"},
		"names in .git":           {prepare: crafted("a/.GIT/config"), refused: "not the name of a file"},
		"absolute names":          {prepare: crafted("/etc/passwd"), refused: "not the name of a file"},
	}
}

// TestHostileFiles has repositories with something else where git reads a
// file. Nothing hangs, and no error tells what is in a file elsewhere.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for name, c := range files() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fresh(t)
			c.prepare(t, dir, "evil")
			refused := strings.Join(askAll(t, dir), "\n")
			if c.refused == "" && refused != "" || !strings.Contains(refused, c.refused) {
				t.Errorf("errors are %q, want %q", refused, c.refused)
			}
			if strings.Contains(refused, "hunter2") {
				t.Errorf("the secret is told: %s", refused)
			}
		})
	}
}
