package llb

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	bk "github.com/moby/buildkit/client/llb"
)

//go:embed scripts
var scripts embed.FS

// epoch is the modification time of every file that the graph itself makes.
// Cargo compares times of local sources with those of artifacts: old is safe.
var epoch = bk.WithCreatedTime(time.Unix(1, 0).UTC())

// library is a directory with the named scripts. Each vertex mounts no more
// than it uses, so that a new version of one script leaves the others cached.
func library(names ...string) (bk.State, error) {
	var action *bk.FileAction
	for _, name := range names {
		data, err := fs.ReadFile(scripts, path.Join("scripts", name))
		if err != nil {
			return bk.State{}, err
		}
		if action == nil {
			action = bk.Mkfile("/"+name, 0o755, data, epoch)
			continue
		}
		action = action.Mkfile("/"+name, 0o755, data, epoch)
	}
	return bk.Scratch().File(action, bk.WithCustomName("[internal] scripts "+strings.Join(names, " "))), nil
}

// quote renders an argument for POSIX sh.
func quote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,+@%", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// CommandLine renders a command as a person would type it in a POSIX shell.
func CommandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = quote(arg)
	}
	return strings.Join(quoted, " ")
}

// sortedKeys are the keys of a map in order.
func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}
