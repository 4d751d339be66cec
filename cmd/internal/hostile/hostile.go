// Package hostile is the corpus of repositories that attack the machine on
// which cranekit reads them, and the watch that shows what such a reading did.
// Only tests use it.
package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Marker is in every file that a repository must not get at. It may be in no
// output.
const Marker = "MARKER-OF-THE-MACHINE"

// Place is where one attack happens.
type Place struct {
	// Repo is the repository of the stranger, Victim a directory with files of
	// the machine, Home that of the user.
	Repo, Victim, Home string
}

// NewPlace makes the directories of an attack below dir: a repository with a
// plain workspace, and what it may want.
func NewPlace(dir string) (*Place, error) {
	p := &Place{Repo: filepath.Join(dir, "repo"), Victim: filepath.Join(dir, "victim"), Home: filepath.Join(dir, "home")}
	return p, firstError(
		os.MkdirAll(p.Home, 0o700),
		p.write(p.Victim, "secret.txt", Marker+"\n"),
		p.write(p.Victim, "secret.toml", "secret = \""+Marker+"\"\n"),
		p.write(p.Victim, "secret.yaml", "secret: "+Marker+"\n"),
		p.write(p.Victim, "member/Cargo.toml", "[package]\nname = \"victim\"\nversion = \"1.0.0\"\ndescription = \""+Marker+"\"\n"),
		p.write(p.Victim, "member/src/lib.rs", "// "+Marker+"\n"),
		p.write(p.Victim, "layout/index.json", `{"schemaVersion":2,"manifests":[],"marker":"`+Marker+`"}`),
		os.MkdirAll(filepath.Join(p.Victim, "empty"), 0o755),
		p.File("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
		p.File("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n"),
		p.File("src/main.rs", "fn main() {}\n"),
		p.File("evil.sh", "#!/bin/sh\necho ran >>\""+p.Home+"/canary\"\ncat\n"),
		os.Chmod(filepath.Join(p.Repo, "evil.sh"), 0o755),
	)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Evil is the absolute path of a program of the repository that must not run.
func (p *Place) Evil() string { return filepath.Join(p.Repo, "evil.sh") }

// File writes a file of the repository.
func (p *Place) File(name, text string) error { return p.write(p.Repo, name, text) }

func (p *Place) write(dir, name, text string) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// Link makes a symbolic link in the repository, in the place of what is there.
func (p *Place) Link(target, name string) error {
	file := filepath.Join(p.Repo, filepath.FromSlash(name))
	return firstError(os.RemoveAll(file), os.MkdirAll(filepath.Dir(file), 0o755), os.Symlink(target, file))
}

// Git runs git in a directory of the repository, as its author did.
func (p *Place) Git(dir string, args ...string) error {
	c := exec.Command("git", append([]string{
		"-c", "init.defaultBranch=main", "-c", "user.name=x", "-c", "user.email=x@example.com",
		"-c", "protocol.file.allow=always",
	}, args...)...)
	c.Dir = filepath.Join(p.Repo, dir)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.Home, "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Commit makes a repository of git with all files in it.
func (p *Place) Commit() error {
	return firstError(p.Git(".", "init", "-q"), p.Git(".", "add", "-A"), p.Git(".", "commit", "-q", "-m", "x"))
}

// Config adds lines to the configuration of the unpacked repository.
func (p *Place) Config(lines string) error {
	file, err := os.OpenFile(filepath.Join(p.Repo, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(lines + "\n")
	return firstError(err, file.Close())
}
