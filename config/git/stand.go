package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxExcludes is the size up to which the patterns of .git/info/exclude are
// read, in bytes.
const maxExcludes = 1 << 20

// ask runs git in a directory of the work tree, relative to its top. Git sees
// the git directory of a stand-in.
func (r *Repository) ask(ctx context.Context, dir string, args ...string) (out []byte, err error) {
	stand, err := os.MkdirTemp("", "cranekit-git-*")
	if err != nil {
		return nil, err
	}
	// Links are removed, not what they lead to.
	defer func() { err = errors.Join(err, os.RemoveAll(stand)) }()
	if err := r.standIn(stand); err != nil {
		return nil, err
	}
	objects, err := own(r.common, "objects")
	if err != nil {
		return nil, err
	}
	env := append(environment(func(string) bool { return false }),
		"GIT_DIR="+stand,
		"GIT_WORK_TREE="+r.Top,
		"GIT_INDEX_FILE="+filepath.Join(r.dir, "index"),
		"GIT_OBJECT_DIRECTORY="+objects,
		// All configuration is that of the stand-in.
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"HOME="+stand, "XDG_CONFIG_HOME="+stand,
		// Objects that a partial clone lacks stay where they are.
		"GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1", "GIT_ALLOW_PROTOCOL=none",
	)
	return start(ctx, filepath.Join(r.Top, dir), env, nil, args)
}

// standIn fills a git directory. It is laid out as a linked work tree is,
// which also the work tree of a repository with one only may be.
func (r *Repository) standIn(stand string) error {
	common := filepath.Join(stand, "common")
	if err := os.MkdirAll(filepath.Join(common, "info"), 0o700); err != nil {
		return err
	}
	head, err := r.head()
	if err != nil {
		return err
	}
	config := r.format.text() + r.settings.text()
	if r.user.excludes != "" {
		config += fmt.Sprintf("[core]\n\texcludesFile = %s\n", quote(r.user.excludes))
	}
	for name, text := range map[string]string{"HEAD": head + "\n", "commondir": "common\n", "common/config": config} {
		if err := os.WriteFile(filepath.Join(stand, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := r.checkPackedRefs(); err != nil {
		return err
	}
	return errors.Join(
		linkOwn(common, r.common, "refs", true),
		linkOwn(common, r.common, "packed-refs", false),
		linkOwn(common, r.common, "shallow", false),
		copyOwn(common, r.common, "info/exclude", maxExcludes),
		r.linkReftables(stand),
		r.linkSharedIndexes(stand),
		r.checkIndex(),
	)
}

// checkIndex wants the index to be a plain file, if there is one.
func (r *Repository) checkIndex() error {
	at, err := own(r.dir, "index")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return checkRegular(at)
}

// quote writes a value for a configuration file.
func quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(value) + `"`
}

// linkReftables links the references of a repository that keeps them in
// tables: those of all work trees, and those of this one.
func (r *Repository) linkReftables(stand string) error {
	if r.format.refs != "reftable" {
		return nil
	}
	return errors.Join(
		linkOwn(filepath.Join(stand, "common"), r.common, "reftable", true),
		linkOwn(stand, r.dir, "reftable", true),
	)
}

// linkSharedIndexes links the files that a split index has a part of itself
// in.
func (r *Repository) linkSharedIndexes(stand string) error {
	shared, err := filepath.Glob(filepath.Join(escape(r.dir), "sharedindex.*"))
	if err != nil {
		return err
	}
	for _, file := range shared {
		if err := linkOwn(stand, r.dir, filepath.Base(file), false); err != nil {
			return err
		}
	}
	return nil
}

var special = regexp.MustCompile(`[*?\[\]\\]`)

// escape takes the meaning from the characters of a pattern.
func escape(dir string) string { return special.ReplaceAllString(dir, `\$0`) }

// checkRegular refuses what would make git wait for ever.
func checkRegular(name string) error {
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("git cannot read it: %s is not a plain file", name)
	}
	return err
}

var packedRefs = regexp.MustCompile(`^(# pack-refs|[0-9a-f]{40,64} refs/|$)`)

// checkPackedRefs wants the file to be one of references: of another one, git
// would print the first line.
func (r *Repository) checkPackedRefs() error {
	name, err := own(r.common, "packed-refs")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = checkRegular(name)
	}
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	start := make([]byte, 80)
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if !packedRefs.Match(start[:n]) {
		return fmt.Errorf("git cannot read it: %s holds no references", name)
	}
	return nil
}
