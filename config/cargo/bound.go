package cargo

import (
	"fmt"
	"path"
)

// checkTargets refuses targets and build scripts whose source is out of bound.
func (m *manifest) checkTargets() error {
	check := func(value any, keys ...string) error {
		name, ok := value.(string)
		if !ok || path.IsAbs(name) || Within(path.Join(m.dir, name), m.bound) {
			return nil
		}
		return m.errorAt(fmt.Errorf("path %q leads out of the repository; allow it with --trust paths", name), keys...)
	}
	if err := check(packageTable(m.doc)["build"], "package", "build"); err != nil {
		return err
	}
	if err := check(tableAt(m.doc, "lib")["path"], "lib", "path"); err != nil {
		return err
	}
	for _, kind := range []string{"bin", "example", "test", "bench"} {
		targets, _ := m.doc[kind].([]any)
		for _, target := range targets {
			t, _ := target.(table)
			if err := check(t["path"], kind, "path"); err != nil {
				return err
			}
		}
	}
	return nil
}
