package git

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostile is a repository that makes git run a program or touch a file.
type hostile struct {
	// prepare lays it out; evil is a program that makes the canary.
	prepare func(t *testing.T, dir, evil string)
	// plain is what a user types for the canary to sing, dir where.
	plain []string
	dir   string
	// never says why no git that is known falls for it.
	never string
	// since is the first version that falls for it, "" for all.
	since string
	// refused is part of the error with which the repository is refused.
	refused string
}

// set makes a repository by keys of its configuration. EVIL stands for the
// program.
func set(pairs ...string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, evil string) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			must(t, dir, "config", strings.ReplaceAll(pairs[i], "EVIL", evil), strings.ReplaceAll(pairs[i+1], "EVIL", evil))
		}
	}
}

// and lays out one thing after another.
func and(steps ...func(t *testing.T, dir, evil string)) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, evil string) {
		t.Helper()
		for _, step := range steps {
			step(t, dir, evil)
		}
	}
}

// file writes a file of the repository.
func file(name, text string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, evil string) {
		t.Helper()
		put(t, dir, name, strings.ReplaceAll(text, "EVIL", evil))
	}
}

// hook is a program that git runs by itself.
func hook(name string) func(t *testing.T, dir, evil string) {
	return file(".git/hooks/"+name, "#!/bin/sh\nEVIL\n")
}

// changed makes git look at contents, by a file that is as long as it was.
func changed(t *testing.T, dir, _ string) {
	t.Helper()
	put(t, dir, "Cargo.toml", "[package]!")
	must(t, dir, "add", "Cargo.toml")
	put(t, dir, "Cargo.toml", "[package]?")
}

// bare is a directory that looks like a bare repository.
func bare(name string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, evil string) {
		t.Helper()
		put(t, dir, name+"/HEAD", "ref: refs/heads/main\n")
		put(t, dir, name+"/config", "[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "+evil+"\n")
		put(t, dir, name+"/objects/keep", "")
		put(t, dir, name+"/refs/keep", "")
	}
}

// signed makes the commit that is checked out one with a signature.
func signed(kind string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, _ string) {
		t.Helper()
		text := "tree " + must(t, dir, "rev-parse", "HEAD^{tree}") + "\nauthor t <t@example.com> 1 +0000\ncommitter t <t@example.com> 1 +0000\n" +
			"gpgsig -----BEGIN " + kind + "-----\n \n x\n -----END " + kind + "-----\n\nsigned\n"
		put(t, dir, ".git/signed", text)
		must(t, dir, "reset", "-q", "--hard", must(t, dir, "hash-object", "-t", "commit", "-w", "--literally", ".git/signed"))
	}
}

// submodule adds one, with a configuration of its own.
func submodule(pairs ...string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, evil string) {
		t.Helper()
		must(t, dir, "submodule", "--quiet", "add", fresh(t), "sub")
		must(t, dir, "commit", "-qm", "sub")
		set(pairs...)(t, filepath.Join(dir, "sub"), evil)
	}
}

// pipe puts a named pipe where git reads a file.
func pipe(name string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, _ string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		mkfifo(t, filepath.Join(dir, name))
	}
}

// leads puts a link where git reads a file.
func leads(name, to string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, _ string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

var status = []string{"status"}

func programs() map[string]hostile {
	filtered := func(key string) func(t *testing.T, dir, evil string) {
		return and(file(".gitattributes", "* filter=evil diff=evil merge=evil\n"), changed, set(key, "EVIL"))
	}
	return map[string]hostile{
		"core.fsmonitor":                     {prepare: set("core.fsmonitor", "EVIL"), plain: status},
		"core.fsmonitor, first version":      {prepare: set("core.fsmonitor", "EVIL", "core.fsmonitorHookVersion", "1"), plain: status},
		"core.fsmonitor, quoted":             {prepare: file(".git/config", "[core]\nrepositoryFormatVersion=0\n[Core] FSMonitor = \"EVIL\" ; x\n"), plain: status},
		"core.hooksPath":                     {prepare: and(file("h/post-index-change", "#!/bin/sh\nEVIL\n"), set("core.hooksPath", "h"), changed), plain: []string{"update-index", "--force-write-index"}},
		"hook post-index-change":             {prepare: and(hook("post-index-change"), changed), plain: []string{"update-index", "--force-write-index"}},
		"hook reference-transaction":         {prepare: hook("reference-transaction"), plain: []string{"update-ref", "refs/heads/x", "HEAD"}},
		"hook pre-commit":                    {prepare: hook("pre-commit"), plain: []string{"commit", "--allow-empty", "-m", "x"}},
		"hook fsmonitor-watchman":            {prepare: and(hook("fsmonitor-watchman"), set("core.fsmonitor", ".git/hooks/fsmonitor-watchman")), plain: status},
		"hook post-checkout":                 {prepare: hook("post-checkout"), plain: []string{"checkout", "-q", "HEAD"}},
		"filter.clean":                       {prepare: filtered("filter.evil.clean"), plain: status},
		"filter.process":                     {prepare: filtered("filter.evil.process"), plain: status},
		"filter.smudge":                      {prepare: filtered("filter.evil.smudge"), plain: []string{"checkout", "--", "Cargo.toml"}},
		"filter of .git/info/attributes":     {prepare: and(file(".git/info/attributes", "* filter=evil\n"), set("filter.evil.clean", "EVIL"), changed), plain: status},
		"filter of core.attributesFile":      {prepare: and(file("attributes", "* filter=evil\n"), set("core.attributesFile", "attributes", "filter.evil.clean", "EVIL"), changed), plain: status},
		"diff.external":                      {prepare: and(set("diff.external", "EVIL"), changed), plain: []string{"diff"}},
		"diff.textconv":                      {prepare: filtered("diff.evil.textconv"), plain: []string{"diff"}},
		"diff.command":                       {prepare: filtered("diff.evil.command"), plain: []string{"diff"}},
		"difftool":                           {prepare: and(set("difftool.evil.cmd", "EVIL"), changed), plain: []string{"difftool", "-y", "-t", "evil"}},
		"merge driver":                       {prepare: and(file(".gitattributes", "* merge=evil\n"), set("merge.evil.driver", "EVIL"), conflict), plain: []string{"merge", "-q", "theirs"}},
		"gpg.program":                        {prepare: and(signed("PGP SIGNATURE"), set("log.showSignature", "true", "gpg.program", "EVIL")), plain: []string{"show"}},
		"gpg.ssh.program":                    {prepare: and(signed("SSH SIGNATURE"), set("log.showSignature", "true", "gpg.ssh.program", "EVIL", "gpg.ssh.allowedSignersFile", "Cargo.toml")), plain: []string{"show"}, since: "2.34"},
		"gpg.x509.program":                   {prepare: and(signed("SIGNED MESSAGE"), set("log.showSignature", "true", "gpg.x509.program", "EVIL")), plain: []string{"show"}},
		"alias of a command":                 {prepare: set("alias.ls-files", "!EVIL", "alias.status", "!EVIL", "alias.rev-parse", "!EVIL"), plain: []string{"ls-files"}, never: "commands of git cannot be aliases"},
		"alias":                              {prepare: set("alias.x", "!EVIL"), plain: []string{"x"}},
		"core.pager":                         {prepare: set("core.pager", "EVIL"), plain: []string{"-p", "log"}, never: "there is a pager on terminals only"},
		"pager of a command":                 {prepare: set("pager.ls-files", "EVIL", "pager.status", "EVIL"), plain: []string{"ls-files"}, never: "there is a pager on terminals only"},
		"core.editor":                        {prepare: set("core.editor", "EVIL"), plain: []string{"commit", "--allow-empty"}},
		"core.sshCommand":                    {prepare: set("core.sshCommand", "EVIL", "remote.origin.url", "ssh://nowhere.invalid/x"), plain: []string{"ls-remote"}},
		"core.gitProxy":                      {prepare: set("core.gitProxy", "EVIL", "remote.origin.url", "git://nowhere.invalid/x"), plain: []string{"ls-remote"}},
		"core.alternateRefsCommand":          {prepare: and(alternate, set("core.alternateRefsCommand", "EVIL")), plain: []string{"rev-list", "--alternate-refs"}},
		"core.askPass":                       {prepare: set("core.askPass", "EVIL"), plain: []string{"credential", "fill"}},
		"credential.helper":                  {prepare: set("credential.helper", "!EVIL"), plain: []string{"credential", "fill"}},
		"remote with a program":              {prepare: set("remote.origin.url", ".", "remote.origin.uploadpack", "EVIL"), plain: []string{"ls-remote", "origin"}},
		"url.insteadOf":                      {prepare: set("url.ext::EVIL .insteadOf", "https://", "protocol.ext.allow", "always"), plain: []string{"ls-remote", "https://nowhere.invalid"}},
		"uploadpack.packObjectsHook":         {prepare: set("uploadpack.packObjectsHook", "EVIL"), plain: []string{"clone", "-q", "--no-local", ".", "copy"}, never: "git takes it from the user's configuration only"},
		"partial clone":                      {prepare: partial, plain: status, refused: "tree object"},
		"partial clone, cat-file":            {prepare: partial, plain: []string{"cat-file", "-e", strings.Repeat("1", 40)}, refused: "unable to read tree"},
		"tar filter":                         {prepare: set("tar.evil.command", "EVIL"), plain: []string{"archive", "--format=evil", "HEAD"}},
		"trailer command":                    {prepare: set("trailer.x.command", "EVIL"), plain: []string{"interpret-trailers", "--trailer", "x=1", "Cargo.toml"}},
		"include.path":                       {prepare: and(file("ws/evil.config", "[core]\n\tfsmonitor = EVIL\n"), set("include.path", "../ws/evil.config")), plain: status},
		"includeIf gitdir":                   {prepare: and(file("ws/evil.config", "[core]\n\tfsmonitor = EVIL\n"), set("includeIf.gitdir:/**.path", "../ws/evil.config")), plain: status},
		"includeIf onbranch":                 {prepare: and(file("ws/evil.config", "[core]\n\tfsmonitor = EVIL\n"), set("includeIf.onbranch:**.path", "../ws/evil.config")), plain: status},
		"includeIf hasconfig":                {prepare: and(file("ws/evil.config", "[core]\n\tfsmonitor = EVIL\n"), set("remote.origin.url", "x", "includeIf.hasconfig:remote.*.url:*.path", "../ws/evil.config")), plain: status, since: "2.36"},
		"config.worktree":                    {prepare: and(set("extensions.worktreeConfig", "true"), file(".git/config.worktree", "[core]\n\tfsmonitor = EVIL\n")), plain: status},
		"a directory like a bare repository": {prepare: bare("ws"), plain: status, dir: "ws"},
		"one without .git above":             {prepare: and(bare("ws"), gone), plain: status, dir: "ws", refused: ErrNoRepository.Error()},
		".git that names a directory in it":  {prepare: and(bare("meta"), gone, file(".git", "gitdir: meta\n")), plain: status, refused: "core.worktree"},
		"the same with its work tree":        {prepare: and(bare("meta"), gone, file(".git", "gitdir: meta\n"), file("meta/config", "[core]\n\tfsmonitor = EVIL\n")), plain: status},
		"a link as .git":                     {prepare: and(bare("meta"), gone, file("meta/config", "[core]\n\tfsmonitor = EVIL\n"), leads(".git", "meta")), plain: status},
		"submodule":                          {prepare: submodule("core.fsmonitor", "EVIL"), plain: status},
		"within a submodule":                 {prepare: submodule("core.fsmonitor", "EVIL"), plain: status, dir: "sub"},
		"filter of a submodule":              {prepare: and(submodule("filter.evil.clean", "EVIL"), file("sub/.gitattributes", "* filter=evil\n"), file("sub/Cargo.toml", "[package]?")), plain: status},
		"command of a submodule":             {prepare: and(submodule(), set("submodule.sub.update", "!EVIL"), behind), plain: []string{"submodule", "update"}},
		"nested repository":                  {prepare: nested, plain: status, dir: "nested"},
		"linked work tree":                   {prepare: and(set("core.fsmonitor", "EVIL"), linked), plain: status, dir: "linked"},
		"linked work tree of its own":        {prepare: and(set("extensions.worktreeConfig", "true"), linked, file(".git/worktrees/linked/config.worktree", "[core]\n\tfsmonitor = EVIL\n")), plain: status, dir: "linked"},
		"trace2.eventTarget":                 {prepare: set("trace2.eventTarget", "EVIL.canary", "trace2.normalTarget", "EVIL.canary", "trace2.perfTarget", "EVIL.canary"), plain: status, never: "git takes it from the user's configuration only"},
	}
}

// TestHostile asks everything of repositories that make plain git run a
// program, which here nothing may run.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, c := range programs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, canary := fresh(t), filepath.Join(t.TempDir(), "evil.canary")
			evil := strings.TrimSuffix(canary, ".canary")
			put(t, filepath.Dir(evil), "evil", "#!/bin/sh\n: >"+canary+"\n")
			c.prepare(t, dir, evil)
			if err := os.RemoveAll(canary); err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, c.dir)
			refused := askAll(t, at)
			if _, err := os.Stat(canary); err == nil {
				t.Error("the program ran")
			}
			if c.refused == "" && len(refused) > 0 || !strings.Contains(strings.Join(refused, "\n"), c.refused) {
				t.Errorf("errors are %q, want %q", refused, c.refused)
			}
			if c.since != "" && !newer(t, c.since) {
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			out, err := plain(ctx, at, c.plain...)
			_, missing := os.Stat(canary)
			if (missing != nil) != (c.never != "") {
				t.Errorf("git %q: the program ran: %v (%s)\n%v: %s", c.plain, missing == nil, c.never, err, out)
			}
		})
	}
}

// askAll asks everything there is to ask, and returns what was refused. What a
// repository need not know is no refusal.
func askAll(t *testing.T, dir string) (refused []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	note := func(err error) {
		if err != nil && !slices.Contains(refused, err.Error()) {
			refused = append(refused, err.Error())
		}
	}
	r, err := Open(ctx, dir)
	if err != nil {
		return []string{err.Error()}
	}
	rel, err := filepath.Rel(r.Top, dir)
	note(err)
	found, err := r.Files(ctx, rel)
	note(err)
	for _, file := range found {
		if at := filepath.Join(dir, file.Name); file.Commit != "" {
			sub, err := r.Nested(ctx, at)
			note(err)
			if err == nil {
				_, err = sub.Files(ctx, ".")
				note(err)
			}
		}
	}
	_, err = r.Ignores(ctx, rel, "Cargo.toml")
	note(err)
	_, err = r.Branch(ctx)
	note(err)
	_, err = r.DefaultBranch(ctx)
	note(err)
	_, err = r.Clean(ctx, rel)
	note(err)
	if _, err := r.Commit(ctx); err == nil {
		for _, fact := range Facts() {
			_, err := r.Fact(ctx, fact)
			note(err)
		}
	}
	if ctx.Err() != nil {
		t.Error("it hangs")
	}
	return refused
}
