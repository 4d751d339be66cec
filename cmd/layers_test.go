package cmd

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	ownModule = "github.com/cranekit/cranekit/"
	moby      = "github.com/moby/buildkit"
)

// layers are what packages may import of this project, by their folders; that of
// the longest name counts. A folder stands for those in it. The commands and the
// tools of the project, in cmd, may import anything but each other's tops.
var layers = map[string][]string{
	"images":                {"images"},
	"config":                {"config", "images"},
	"config/address":        {},
	"config/cargo":          {},
	"config/git":            {"config/repofs"},
	"config/repofs":         {},
	"llb":                   {"config", "images"},
	"buildkit":              {"buildkit", "config/repofs", "llb"},
	"buildkit/buildkittest": {"buildkit/embedded"},
	"buildkit/builder":      {"buildkit/embedded", "buildkit/engine", "config/address", "config/repofs"},
	"buildkit/cache":        {"buildkit/events", "buildkit/sanitize", "config/repofs", "llb"},
	"buildkit/embedded":     {},
	"buildkit/engine":       {"config/address"},
	"buildkit/events":       {"buildkit/sanitize"},
	"buildkit/output":       {"buildkit/sanitize"},
	"buildkit/sanitize":     {},
	"buildkit/source":       {"config/cargo", "config/git", "config/repofs"},
	"cmd":                   {"buildkit", "cmd/ci", "cmd/doctor", "cmd/internal", "cmd/project", "cmd/publish", "cmd/report", "cmd/scaffold", "cmd/trust", "config", "images", "llb"},
	"cmd/ci":                {},
	"cmd/cranekit":          {"cmd"},
	"cmd/doctor":            {"buildkit", "cmd/project", "cmd/report", "config"},
	"cmd/internal":          {},
	"cmd/internal/cmdtest":  {"buildkit/buildkittest"},
	"cmd/project":           {"buildkit", "cmd/ci", "cmd/report", "cmd/trust", "config", "images", "llb"},
	"cmd/publish":           {"buildkit", "cmd/project", "cmd/report", "config", "images/oci", "llb"},
	"cmd/report":            {"buildkit", "cmd/report", "cmd/scaffold", "config", "llb"},
	"cmd/report/libtest":    {},
	"cmd/scaffold":          {"buildkit/sanitize", "config", "images"},
	"cmd/trust":             {"config"},
}

// engineUsers are the folders whose packages may import BuildKit, and files of
// cmd that may, with the reasons.
var engineUsers = map[string]string{
	"llb":                   "makes its graphs",
	"buildkit":              "runs them",
	"cmd/bench":             "measures it without cranekit",
	"cmd/doctor/builder.go": "measures disks as the builder does",
	"cmd/plan.go":           "writes a definition in BuildKit's own form",
	"cmd/progress.go":       "has BuildKit's own display",
	"cmd/steps.go":          "reads the events that the display gets",
}

// sources are the imports of the files of this project, by their paths.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	for _, top := range []string{"buildkit", "cmd", "config", "images", "llb"} {
		err := filepath.WalkDir(filepath.Join("..", top), func(name string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			at := filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
			for _, spec := range file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				files[at] = append(files[at], imported)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("%d files were found", len(files))
	}
	return files
}

// inside reports whether a path is a folder or in it.
func inside(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

// TestLayers is docs/architecture.md as a test: who may import whom.
func TestLayers(t *testing.T) {
	t.Parallel()
	for file, imports := range sources(t) {
		dir := path.Dir(file)
		layer := dir
		for layers[layer] == nil && layer != "." {
			layer = path.Dir(layer)
		}
		for _, imported := range imports {
			imported, own := strings.CutPrefix(imported, ownModule)
			may := imported == dir || slices.ContainsFunc(layers[layer], func(folder string) bool { return inside(imported, folder) })
			if own && !may {
				t.Errorf("%s imports %s: packages of %s may import %q", file, imported, layer, layers[layer])
			}
		}
	}
}

// TestEngineUsers keeps the types of BuildKit out of cmd, where its reports and
// commands would change with it.
func TestEngineUsers(t *testing.T) {
	t.Parallel()
	files, needed := sources(t), map[string]bool{}
	for file, imports := range files {
		if !slices.ContainsFunc(imports, func(imported string) bool { return inside(imported, moby) }) {
			continue
		}
		user := file
		for engineUsers[user] == "" && user != "." {
			user = path.Dir(user)
		}
		if needed[user] = true; user == "." {
			t.Errorf("%s imports %s: a package of buildkit has to do this for it", file, moby)
		}
	}
	for _, user := range slices.Sorted(maps.Keys(engineUsers)) {
		if !needed[user] {
			t.Errorf("%s does not import %s any more: it has to go from the list", user, moby)
		}
	}
}
