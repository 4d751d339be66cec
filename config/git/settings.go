package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxConfig is the size up to which the configuration of a repository is read,
// in bytes.
const maxConfig = 1 << 20

// settings are keys of git's configuration and their values.
type settings map[string]string

// Values that cannot be anything but what they are.
var (
	boolean = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|0|1|)$`)
	word    = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
)

// known are the keys that change what git says of files, and what their values
// look like. No key that names a file, a program or an address is among them.
func known() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"core.abbrev": word, "core.autocrlf": word, "core.checkstat": word, "core.eol": word,
		"core.filemode": boolean, "core.ignorecase": boolean, "core.precomposeunicode": boolean,
		"core.sparsecheckout": boolean, "core.sparsecheckoutcone": boolean, "core.symlinks": boolean, "core.trustctime": boolean,
	}
}

// with are the settings with others over them.
func (s settings) with(others settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, others)
	return all
}

// parseConfig reads what git config --list -z prints. Of keys that are given
// several times the last counts.
func parseConfig(list []byte) settings {
	all := settings{}
	for entry := range bytes.SplitSeq(list, []byte{0}) {
		// A key without a value is true.
		key, value, ok := strings.Cut(string(entry), "\n")
		if !ok {
			value = "true"
		}
		if key != "" {
			all[strings.ToLower(key)] = value
		}
	}
	return all
}

// harmless are the settings that are known and have a value as they should.
func (s settings) harmless() settings {
	kept := settings{}
	for key, form := range known() {
		if value, ok := s[key]; ok && form.MatchString(value) {
			kept[key] = value
		}
	}
	return kept
}

// text is a configuration file.
func (s settings) text() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s)) {
		section, name, _ := strings.Cut(key, ".")
		fmt.Fprintf(&b, "[%s]\n\t%s = %q\n", section, name, s[key])
	}
	return b.String()
}

// format is how a repository stores things.
type format struct {
	objects, refs string
}

// readConfig reads the configuration of the repository: the file alone, never
// what it includes.
func (r *Repository) readConfig(ctx context.Context) (settings, error) {
	all := settings{}
	for _, at := range []struct{ dir, name string }{{r.common, "config"}, {r.dir, "config.worktree"}} {
		file := filepath.Join(at.dir, at.name)
		text, err := readOwn(at.dir, at.name, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := listConfig(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if at.name == "config" || all.is("extensions.worktreeconfig") {
			all = all.with(list)
		}
	}
	if err := r.checkWorktree(all); err != nil {
		return nil, err
	}
	var err error
	r.format, err = formatOf(all)
	return all.harmless(), err
}

// is reports whether a key is set to true.
func (s settings) is(key string) bool {
	return slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(s[key]))
}

// checkWorktree wants the work tree that git would take to be the directory
// with .git. For a linked one these keys are about the main work tree.
func (r *Repository) checkWorktree(all settings) error {
	if r.dir != r.common {
		return nil
	}
	tree, set := all["core.worktree"]
	if !set {
		if all.is("core.bare") {
			return errors.New("core.bare is set: it has no work tree")
		}
		return nil
	}
	if real, err := filepath.EvalSymlinks(absolute(r.dir, tree)); err != nil || real != r.Top {
		return fmt.Errorf("core.worktree names another directory, %q: the files here are not its own", tree)
	}
	return nil
}

// formatOf refuses what is stored in another way than is known here, as git
// does.
func formatOf(all settings) (format, error) {
	f := format{objects: "sha1", refs: "files"}
	switch all["core.repositoryformatversion"] {
	case "", "0":
	case "1":
		for key, value := range all {
			name, ok := strings.CutPrefix(key, "extensions.")
			if !ok {
				continue
			}
			switch {
			case name == "objectformat" && (value == "sha1" || value == "sha256"):
				f.objects = value
			case name == "refstorage" && (value == "files" || value == "reftable"):
				f.refs = value
			case slices.Contains([]string{"compatobjectformat", "noop", "noop-v1", "partialclone", "preciousobjects", "relativeworktrees", "worktreeconfig"}, name):
			default:
				return f, fmt.Errorf("extensions.%s = %q is not known", name, value)
			}
		}
	default:
		return f, fmt.Errorf("format %q is not known", all["core.repositoryformatversion"])
	}
	return f, nil
}

// text is the part of a configuration that tells the format.
func (f format) text() string {
	text := "[core]\n\tbare = false\n\tuntrackedCache = false\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = " + f.objects + "\n"
	if f.refs != "files" {
		text += "\trefStorage = " + f.refs + "\n"
	}
	return text
}
