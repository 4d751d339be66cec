package config

import (
	"path/filepath"
	"slices"
	"strings"
)

// Each returns a configuration for each workspace: the only one as it is, of
// several those with output directories of their own.
func (c *Config) Each() []*Config {
	if len(c.Workspaces) < 2 {
		return []*Config{c}
	}
	var list []*Config
	names := c.workspaceNames()
	for i, dir := range c.Workspaces {
		own := *c
		own.Workspace, own.Output = dir, filepath.Join(c.Results, names[i])
		own.Checks = slices.Clone(c.Checks)
		list = append(list, &own)
	}
	return list
}

// workspaceNames are short paths for the workspaces: from the directory above
// all of them, or the name of the directory for that itself.
func (c *Config) workspaceNames() []string {
	above := filepath.Dir(c.Workspaces[0])
	outside := func(dir string) bool {
		rel, err := filepath.Rel(above, dir)
		return err != nil || !filepath.IsLocal(rel)
	}
	for slices.ContainsFunc(c.Workspaces, outside) && above != filepath.Dir(above) {
		above = filepath.Dir(above)
	}
	var names []string
	for _, dir := range c.Workspaces {
		rel, err := filepath.Rel(above, dir)
		if err != nil || rel == "." {
			rel = filepath.Base(dir)
		}
		// Flat: a directory in the output of another workspace is that of a
		// check.
		name := strings.ReplaceAll(rel, string(filepath.Separator), "-")
		for slices.Contains(names, name) {
			name += "-"
		}
		names = append(names, name)
	}
	return names
}

// results says where results go: those of several workspaces beside crane.yaml,
// not into the first.
func (l *loader) results(c *Config) {
	if len(c.Workspaces) > 1 && l.origins["output"].rank == fromDefault {
		c.Output = filepath.Join(filepath.Dir(c.File), filepath.Base(c.Output))
		if c.File == "" {
			c.Output = filepath.Join(l.Dir, filepath.Base(c.Output))
		}
	}
	c.Results = c.Output
}
