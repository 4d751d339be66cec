package hostile

import (
	"os"
	"path/filepath"
	"strings"
)

// Attack is one hostile repository.
type Attack struct {
	Name string
	// Make turns a plain workspace into the attack.
	Make func(*Place) error
	// Reads are the directories below the victim's that git may read: the
	// metadata of a work tree can be elsewhere.
	Reads []string
}

// configured is an attack by the configuration of an unpacked repository, in
// which EVIL stands for a program of it and VICTIM for files of the machine.
func configured(name, lines string, more ...func(*Place) error) Attack {
	return Attack{Name: "git config " + name, Make: func(p *Place) error {
		if err := p.Commit(); err != nil {
			return err
		}
		for _, f := range more {
			if err := f(p); err != nil {
				return err
			}
		}
		return p.Config(strings.NewReplacer("EVIL", p.Evil(), "VICTIM", p.Victim, "HOME", p.Home).Replace(lines))
	}}
}

// filtered makes git want to run a filter: the file differs in time and has the
// attribute.
func filtered(p *Place) error {
	return firstError(p.File(".gitattributes", "* filter=x diff=x merge=x\n"), p.File("src/main.rs", "fn main( ) {}\n"))
}

// GitAttacks are those by the metadata of git.
func GitAttacks() []Attack {
	const run = "\"EVIL\""
	return []Attack{
		configured("core.fsmonitor", "[core]\nfsmonitor = "+run),
		configured("core.hooksPath", "[core]\nhooksPath = .\n", func(p *Place) error {
			for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout", "query-watchman"} {
				if err := firstError(p.File(hook, "#!/bin/sh\necho ran >>"+p.Home+"/canary\n"), os.Chmod(filepath.Join(p.Repo, hook), 0o755)); err != nil {
					return err
				}
			}
			return nil
		}),
		configured("filter clean", "[filter \"x\"]\nclean = "+run+"\nrequired = true", filtered),
		configured("filter smudge", "[filter \"x\"]\nsmudge = "+run, filtered),
		configured("filter process", "[filter \"x\"]\nprocess = "+run+"\nrequired = true", filtered),
		configured("filter with a strange name", "[filter \"x\"]\nclean = true\n[filter \"a.b c\"]\nclean = "+run, func(p *Place) error {
			return firstError(filtered(p), p.File(".gitattributes", "* filter=\"a.b c\"\n*.rs filter=x\n"))
		}),
		configured("diff.external", "[diff]\nexternal = "+run, filtered),
		configured("textconv", "[diff \"x\"]\ntextconv = "+run+"\ncommand = "+run, filtered),
		configured("pager", "[core]\npager = "+run+"\n[pager]\nls-files = "+run+"\nrev-parse = "+run+"\nshow = "+run+"\nstatus = "+run),
		configured("aliases", "[alias]\nls-files = !EVIL\nrev-parse = !EVIL\nstatus = !EVIL\nsymbolic-ref = !EVIL"),
		configured("core.sshCommand", "[core]\nsshCommand = "+run+"\ngitProxy = "+run+"\naskPass = "+run+"\neditor = "+run),
		configured("core.alternateRefsCommand", "[core]\nalternateRefsCommand = "+run),
		configured("gpg.program", "[gpg]\nprogram = "+run+"\n[log]\nshowSignature = true\n[gpg \"ssh\"]\nprogram = "+run),
		configured("credential.helper", "[credential]\nhelper = !EVIL"),
		configured("core.worktree", "[core]\nworktree = VICTIM"),
		configured("core.excludesFile", "[core]\nexcludesFile = VICTIM/secret.txt\nattributesFile = VICTIM/secret.txt"),
		configured("include.path", "[include]\npath = VICTIM/secret.toml"),
		configured("includeIf", "[includeIf \"gitdir:**\"]\npath = VICTIM/secret.toml"),
		configured("include of a tracked file", "[include]\npath = ../evil.config", func(p *Place) error {
			return p.File("evil.config", "[core]\nfsmonitor = \""+p.Evil()+"\"\n")
		}),
		configured("trace2", "[trace2]\neventTarget = HOME/trace\nnormalTarget = HOME/trace\nperfTarget = HOME/trace"),
		configured("uploadpack.packObjectsHook", "[uploadpack]\npackObjectsHook = "+run),
		configured("promisor remote", "[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = origin\n[remote \"origin\"]\nurl = \"ext::EVIL\"\npromisor = true\n[protocol]\nallow = always", func(p *Place) error {
			// A tree that is not there has to be got from somewhere.
			return os.RemoveAll(filepath.Join(p.Repo, ".git", "objects", "pack"))
		}),
		configured("promisor remote without objects", "[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = origin\n[remote \"origin\"]\nurl = \"ext::EVIL\"\npromisor = true\n[protocol]\nallow = always", dropObjects),
		configured("insteadOf", "[url \"ext::EVIL\"]\ninsteadOf = https://\n[protocol]\nallow = always"),
		configured("submodule update", "[submodule \"x\"]\nupdate = !EVIL\nurl = ext::EVIL"),
		configured("worktreeConfig", "[core]\nrepositoryformatversion = 1\n[extensions]\nworktreeConfig = true", func(p *Place) error {
			return p.File(".git/config.worktree", "[core]\nfsmonitor = \""+p.Evil()+"\"\n")
		}),
		configured("untracked cache and split index", "[core]\nuntrackedCache = true\nsplitIndex = true\nfsmonitor = "+run),
		{Name: "bare lookalike as the workspace", Make: func(p *Place) error { return bare(p, ".") }},
		{Name: "bare lookalike as a member of a real repository", Make: func(p *Place) error {
			return firstError(member(p, "ws"), bare(p, "ws"), p.Commit())
		}},
		{Name: "bare lookalike in src", Make: func(p *Place) error { return firstError(bare(p, "src"), p.Commit()) }},
		{Name: "bare lookalike without git around, by its parent", Make: func(p *Place) error { return firstError(member(p, "ws"), bare(p, "ws")) }},
		{Name: "submodule that is a bare lookalike", Make: submodule},
		{Name: ".git file to the victim", Reads: []string{".git"}, Make: func(p *Place) error {
			return firstError(p.Git(".", "init", "-q", p.Victim), p.File(".git", "gitdir: "+p.Victim+"/.git\n"))
		}},
		{Name: ".git link to the victim", Reads: []string{".git"}, Make: func(p *Place) error {
			return firstError(p.Git(".", "init", "-q", p.Victim), p.Link(p.Victim+"/.git", ".git"))
		}},
		{Name: "commondir to a directory of the repository", Make: func(p *Place) error {
			return firstError(p.Commit(), bare(p, "common"), p.File(".git/commondir", "../common\n"))
		}},
		{Name: "alternates to the victim", Reads: []string{".git/objects"}, Make: func(p *Place) error {
			return firstError(p.Commit(), p.Git(".", "init", "-q", p.Victim), p.File(".git/objects/info/alternates", p.Victim+"/.git/objects\n"))
		}},
		{Name: "HEAD is a link", Make: func(p *Place) error { return firstError(p.Commit(), p.Link(p.Victim+"/secret.txt", ".git/HEAD")) }},
		{Name: "git's config is a link", Make: func(p *Place) error { return firstError(p.Commit(), p.Link(p.Victim+"/secret.toml", ".git/config")) }},
		{Name: "exclude is endless", Make: func(p *Place) error { return firstError(p.Commit(), p.Link("/dev/zero", ".git/info/exclude")) }},
		{Name: ".gitignore is a link", Make: func(p *Place) error { return firstError(p.Link(p.Victim+"/secret.txt", ".gitignore"), p.Commit()) }},
		{Name: "hooks", Make: func(p *Place) error {
			if err := p.Commit(); err != nil {
				return err
			}
			for _, hook := range []string{"post-index-change", "reference-transaction", "fsmonitor-watchman"} {
				name := ".git/hooks/" + hook
				if err := firstError(p.File(name, "#!/bin/sh\necho ran >>"+p.Home+"/canary\n"), os.Chmod(filepath.Join(p.Repo, name), 0o755)); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// bare makes a directory look like a bare repository that runs a program.
func bare(p *Place, dir string) error {
	return firstError(
		p.File(dir+"/HEAD", "ref: refs/heads/main\n"),
		p.File(dir+"/config", "[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = \""+p.Evil()+"\"\n"),
		p.File(dir+"/objects/x", ""), p.File(dir+"/refs/x", ""),
	)
}

// member adds a member in dir.
func member(p *Place, dir string) error {
	return firstError(
		p.File("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\""+dir+"\"]\n"),
		p.File("Cargo.lock", "version = 4\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n"),
		p.File(dir+"/Cargo.toml", "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
		p.File(dir+"/src/lib.rs", ""),
	)
}

// submodule has a link to a commit where a bare lookalike lies.
func submodule(p *Place) error {
	const commit = "0123456789012345678901234567890123456789"
	return firstError(p.Commit(),
		p.File(".gitmodules", "[submodule \"sub\"]\npath = sub\nurl = ./x\n"),
		p.Git(".", "update-index", "--add", "--cacheinfo", "160000,"+commit+",sub"), p.Git(".", "add", ".gitmodules"),
		bare(p, "sub"))
}

// dropObjects leaves a repository whose objects have to come from elsewhere.
func dropObjects(p *Place) error {
	objects := filepath.Join(p.Repo, ".git", "objects")
	entries, err := os.ReadDir(objects)
	for _, e := range entries {
		if len(e.Name()) == 2 {
			err = firstError(err, os.RemoveAll(filepath.Join(objects, e.Name())))
		}
	}
	return err
}
