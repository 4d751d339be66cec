package config

// FindWorkspace returns the directory of the root Cargo.toml that [Load] would
// take for the absolute directory dir if there were no crane.yaml, or "".
func FindWorkspace(dir string) string { return findWorkspace(dir) }

// Repository returns the root of the git repository or worktree around the
// absolute directory dir, or "".
func Repository(dir string) string { return repository(dir) }
