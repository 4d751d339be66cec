package git

import (
	"crypto/sha1"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func mkfifo(t *testing.T, name string) {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Fatal(err)
	}
}

// gone removes the git directory.
func gone(t *testing.T, dir, _ string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
}

func secret(t *testing.T, dir, _ string) {
	t.Helper()
	put(t, dir, "secret", "root:hunter2:0:0\n")
}

// conflict makes a branch, theirs, that changes the same line.
func conflict(t *testing.T, dir, _ string) {
	t.Helper()
	must(t, dir, "checkout", "-qb", "theirs")
	put(t, dir, "Cargo.toml", "[theirs]\n")
	must(t, dir, "commit", "-qam", "theirs")
	must(t, dir, "checkout", "-q", "-")
	put(t, dir, "Cargo.toml", "[ours]\n")
	must(t, dir, "commit", "-qam", "ours")
}

// alternate takes objects from another repository too.
func alternate(t *testing.T, dir, _ string) {
	t.Helper()
	put(t, dir, ".git/objects/info/alternates", filepath.Join(fresh(t), ".git/objects")+"\n")
}

// partial is a partial clone that lacks the tree of its commit and gets it
// from a program.
func partial(t *testing.T, dir, evil string) {
	t.Helper()
	set("core.repositoryFormatVersion", "1", "extensions.partialClone", "origin", "remote.origin.promisor", "true",
		"remote.origin.url", "ext::"+evil, "protocol.ext.allow", "always")(t, dir, evil)
	put(t, dir, ".git/partial", "tree "+strings.Repeat("1", 40)+"\nauthor t <t@example.com> 1 +0000\ncommitter t <t@example.com> 1 +0000\n\nx\n")
	commit := must(t, dir, "hash-object", "-t", "commit", "-w", "--literally", ".git/partial")
	put(t, dir, ".git/refs/heads/main", commit+"\n")
}

// behind moves a submodule off the commit that is wanted.
func behind(t *testing.T, dir, _ string) {
	t.Helper()
	must(t, filepath.Join(dir, "sub"), "commit", "-q", "--allow-empty", "-m", "x")
}

// nested is a repository in a repository, which it is no submodule of.
func nested(t *testing.T, dir, evil string) {
	t.Helper()
	at := filepath.Join(dir, "nested")
	must(t, dir, "init", "-q", "nested")
	must(t, at, "commit", "-q", "--allow-empty", "-m", "x")
	set("core.fsmonitor", evil)(t, at, evil)
}

func linked(t *testing.T, dir, _ string) {
	t.Helper()
	must(t, dir, "-c", "core.fsmonitor=false", "worktree", "add", "-q", "linked")
}

// crafted is an index with a name that git would not write.
func crafted(name string) func(t *testing.T, dir, evil string) {
	return func(t *testing.T, dir, _ string) {
		t.Helper()
		text := []byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01")
		entry := make([]byte, 62, 100)
		binary.BigEndian.PutUint32(entry[24:], 0o100644)
		binary.BigEndian.PutUint16(entry[60:], uint16(len(name)))
		entry = append(entry, name...)
		entry = append(entry, make([]byte, 8-len(entry)%8)...)
		text = append(text, entry...)
		sum := sha1.Sum(text)
		put(t, dir, ".git/index", string(append(text, sum[:]...)))
	}
}

// shared has all of its git directory in another one, as repo of Android and
// git-new-workdir lay it out.
func shared(t *testing.T, dir, evil string) {
	t.Helper()
	other := filepath.Join(fresh(t), ".git")
	for _, name := range []string{"config", "objects", "refs", "info", "logs"} {
		leads(".git/"+name, filepath.Join(other, name))(t, dir, evil)
	}
}
