package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// user is what the configuration of the user and of the system has to say. It
// is trusted: it belongs to who runs the program.
type user struct {
	settings settings
	// safe are the values of safe.directory, in their order.
	safe []string
	// excludes is the file of core.excludesFile.
	excludes string
}

// readUser asks git from a directory that is in no repository.
func readUser(ctx context.Context) (*user, error) {
	list, err := outside(ctx, nil, "config", "-z", "--list")
	if err != nil {
		return nil, err
	}
	u := &user{settings: parseConfig(list).harmless()}
	safe, err := optional(ctx, "config", "-z", "--type=path", "--get-all", "safe.directory")
	if err != nil {
		return nil, err
	}
	for value := range bytes.SplitSeq(bytes.TrimSuffix(safe, []byte{0}), []byte{0}) {
		u.safe = append(u.safe, string(value))
	}
	excludes, err := optional(ctx, "config", "-z", "--type=path", "--get", "core.excludesFile")
	if err != nil {
		return nil, err
	}
	if u.excludes = strings.TrimSuffix(string(excludes), "\x00"); u.excludes == "" {
		u.excludes = defaultExcludes()
	}
	return u, nil
}

// defaultExcludes is where git looks without core.excludesFile.
func defaultExcludes() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git", "ignore")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".config", "git", "ignore")
}

// optional asks for a key that may not be set.
func optional(ctx context.Context, args ...string) ([]byte, error) {
	out, err := outside(ctx, nil, args...)
	var failed *failure
	if errors.As(err, &failed) && failed.code == 1 {
		return nil, nil
	}
	return out, err
}

// listConfig has git parse a configuration: the text alone, without what it
// includes.
func listConfig(ctx context.Context, text []byte) (settings, error) {
	list, err := outside(ctx, text, "config", "-z", "--no-includes", "--file", "-", "--list")
	return parseConfig(list), err
}

// checkOwner refuses a repository of another user as git does: what is named
// has to belong to the user, or safe.directory has to name the work tree.
func (u *user) checkOwner(top string, paths ...string) error {
	mine := owns(top)
	for _, path := range paths {
		mine = mine && (path == "" || owns(path))
	}
	if mine || u.trusts(top) {
		return nil
	}
	return &OwnerError{Top: top}
}

// trusts applies safe.directory. An empty value forgets those before it.
func (u *user) trusts(top string) bool {
	safe := false
	for _, value := range u.safe {
		parent, below := strings.CutSuffix(value, "/*")
		switch {
		case value == "":
			safe = false
		case value == "*", value == top:
			safe = true
		case below && strings.HasPrefix(top, strings.TrimSuffix(parent, "/")+"/"):
			safe = true
		default:
			real, err := filepath.EvalSymlinks(value)
			safe = safe || filepath.IsAbs(value) && err == nil && real == top
		}
	}
	return safe
}

// OwnerError means that a repository belongs to another user.
type OwnerError struct {
	// Top is the directory with .git.
	Top string
}

func (e *OwnerError) Error() string {
	return fmt.Sprintf("dubious ownership: it belongs to another user; if you trust it, run: %s", e.Advice())
}

// Advice is the command that makes git take the repository.
func (e *OwnerError) Advice() string { return "git config --global --add safe.directory " + e.Top }
