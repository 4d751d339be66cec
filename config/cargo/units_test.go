package cargo

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// unitGraph is what `cargo --unit-graph` prints.
type unitGraph struct {
	Units []struct {
		Package string `json:"pkg_id"`
		Target  struct {
			Kind []string `json:"kind"`
			Name string   `json:"name"`
		} `json:"target"`
		Profile  json.RawMessage `json:"profile"`
		Platform *string         `json:"platform"`
		Mode     string          `json:"mode"`
		Features []string        `json:"features"`
		Deps     []struct {
			Index  int    `json:"index"`
			Extern string `json:"extern_crate_name"`
		} `json:"dependencies"`
	} `json:"units"`
}

// thirdParty are the units of a cargo command that are not of local packages.
// Each is written with all that it is compiled with: two that are equal here
// have one fingerprint.
func thirdParty(t *testing.T, dir string, args []string) map[string]bool {
	t.Helper()
	units, err := tryThirdParty(t, dir, args)
	if err != nil {
		t.Fatal(err)
	}
	return units
}

func tryThirdParty(t *testing.T, dir string, args []string) (map[string]bool, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "cargo", append(args, "--offline", "--locked", "--unit-graph", "-Zunstable-options")...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "RUSTC_BOOTSTRAP=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cargo %s in %s: %w\n%s", strings.Join(args, " "), dir, err, stderr.String())
	}
	var g unitGraph
	if err := json.Unmarshal(out, &g); err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(g.Units))
	var text func(i int) string
	text = func(i int) string {
		if texts[i] != "" {
			return texts[i]
		}
		u := g.Units[i]
		platform := "host"
		if u.Platform != nil {
			platform = *u.Platform
		}
		var deps []string
		for _, d := range u.Deps {
			deps = append(deps, d.Extern+"="+text(d.Index))
		}
		slices.Sort(deps)
		texts[i] = fmt.Sprintf("%s %s %s %s %s %v %s [%s]", u.Package, u.Target.Name, u.Target.Kind, platform, u.Mode, u.Features, u.Profile, strings.Join(deps, "; "))
		return texts[i]
	}
	found := map[string]bool{}
	for i, u := range g.Units {
		if !strings.HasPrefix(u.Package, "path+") {
			found[text(i)] = true
		}
	}
	return found, nil
}

// uncooked names a third-party unit that a command compiles for the workspace
// in src and no stage so far compiled for its skeleton in dst, "" for none.
func uncooked(t *testing.T, src, dst string, flags []string) string {
	t.Helper()
	cooked := map[string]bool{}
	// Sources in the workspace itself lie in another place.
	moved := func(unit string) string { return strings.ReplaceAll(unit, src, dst) }
	for _, command := range [][]string{{"check", "--all-targets"}, {"build"}, {"test", "--no-run"}} {
		for _, profile := range []string{"dev", "release"} {
			command := append(append(slices.Clone(command), "--profile", profile), flags...)
			for unit := range thirdParty(t, dst, command) {
				cooked[unit] = true
			}
			for unit := range thirdParty(t, src, command) {
				if !cooked[moved(unit)] {
					return fmt.Sprintf("cargo %s compiles what the skeleton does not: %s", strings.Join(command, " "), unit)
				}
			}
		}
	}
	return ""
}
