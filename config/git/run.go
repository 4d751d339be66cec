package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// maxAnswer and maxError are what git may print, in bytes: a list of some
	// millions of files, and a few lines.
	maxAnswer = 1 << 29
	maxError  = 16 << 10
	// patience is how long git may take to end when it has been told to.
	patience = 2 * time.Second
	// longest is how long any answer may take: git waits for ever for what a pipe
	// in the place of a .gitignore does not say.
	longest = 5 * time.Minute
)

// failure is what git said when it ended with an error.
type failure struct {
	command string
	code    int
	said    string
}

func (f *failure) Error() string {
	if f.said == "" {
		return fmt.Sprintf("git %s ended with code %d", f.command, f.code)
	}
	return fmt.Sprintf("git %s: %s", f.command, f.said)
}

// outside runs git in no repository at all, with the configuration of the
// user.
func outside(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "cranekit-git-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(dir)
	env := environment(isConfiguration)
	env = append(env, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	return start(ctx, dir, env, input, args)
}

// isConfiguration reports whether a variable of git is configuration of who
// set it.
func isConfiguration(name string) bool {
	switch name {
	case "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT":
		return true
	}
	return strings.HasPrefix(name, "GIT_CONFIG_KEY_") || strings.HasPrefix(name, "GIT_CONFIG_VALUE_")
}

// environment is that of the process without variables of git, but for those
// that are kept, and with a language that is known.
func environment(keep func(name string) bool) []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		// Where the case of letters does not count, git_dir is one of them.
		upper := strings.ToUpper(name)
		return strings.HasPrefix(upper, "GIT_") && !keep(upper) || strings.HasPrefix(upper, "LC_") || upper == "LANG" || upper == "LANGUAGE"
	})
	return append(env, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
}

// start runs git and returns what it printed.
func start(ctx context.Context, dir string, env []string, input []byte, args []string) ([]byte, error) {
	slow := fmt.Errorf("git %s took more than %s (is a .gitignore or .gitattributes a pipe?)", args[0], longest)
	ctx, cancel := context.WithTimeoutCause(ctx, longest, slow)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, env, patience
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
	}
	out, said := &limited{max: maxAnswer}, &limited{max: maxError}
	cmd.Stdout, cmd.Stderr = out, said
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out.text, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrNoGit
	case len(out.text) == out.max:
		return nil, fmt.Errorf("git %s: %w", args[0], errTooLong)
	case errors.As(err, &exit):
		first, _, _ := strings.Cut(strings.TrimSpace(string(said.text)), "\n")
		return nil, &failure{command: args[0], code: exit.ExitCode(), said: strings.TrimPrefix(first, "fatal: ")}
	default:
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
}

// limited keeps what is written up to a length and fails beyond.
type limited struct {
	text []byte
	max  int
}

var errTooLong = errors.New("the answer is too long")

func (l *limited) Write(p []byte) (int, error) {
	room := l.max - len(l.text)
	if len(p) <= room {
		l.text = append(l.text, p...)
		return len(p), nil
	}
	l.text = append(l.text, p[:room]...)
	return room, errTooLong
}
