package embedded

import (
	"path/filepath"
	"slices"
	"strings"
)

// kept are the variables that a builder gets of the process that happens to
// start it. It serves other workspaces too, and stays: secrets of a CI job have
// no place in it, nor in the dumps of its memory. Of AWS there are the places
// where a builder finds a role of its own, which hold no secret.
var kept = []string{
	"PATH", "HOME", "USER", "LOGNAME",
	"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
}

// environment returns the variables of a builder.
func environment(inherited []string, stateDir string) []string {
	env := slices.DeleteFunc(slices.Clone(inherited), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !slices.Contains(kept, name)
	})
	env = append(env,
		"TMPDIR="+tempDir(stateDir),
		// A log of a step that says why it failed must not be clipped.
		"BUILDKIT_STEP_LOG_MAX_SIZE=67108864",
		"BUILDKIT_STEP_LOG_MAX_SPEED=-1",
	)
	if rootless() {
		env = append(env, "XDG_RUNTIME_DIR="+filepath.Join(stateDir, "run"))
	}
	return env
}
