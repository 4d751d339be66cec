package cmd

import (
	"context"
	"os/exec"
	"strings"
)

// git is what a git command prints in a directory, without the end of its last
// line. Where there is no git, no repository or no answer, that is an error.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	return strings.TrimSuffix(string(out), "\n"), err
}
