package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// printing are the names of other packages that print by themselves.
var printing = map[string][]string{
	"fmt":    {"Print", "Printf", "Println"},
	"os":     {"Stdout", "Stderr"},
	"log":    {"Print", "Printf", "Println", "Fatal", "Fatalf", "Default"},
	"slog":   {"Debug", "Info", "Warn", "Error", "Default"},
	"logrus": {"Debugf", "Infof", "Warn", "Warnf", "Error", "Errorf", "StandardLogger"},
}

// TestOnlyCmdPrints: a package that prints takes the choice from its callers,
// and what it prints goes past the sanitiser.
func TestOnlyCmdPrints(t *testing.T) {
	t.Parallel()
	files := 0
	for _, dir := range []string{"buildkit", "cmd/doctor", "cmd/project", "cmd/publish", "cmd/report", "config", "images", "llb"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(name string, entry fs.DirEntry, err error) error {
			// Tests of other packages start builders by buildkittest.
			if err == nil && entry.Name() == "buildkittest" {
				return filepath.SkipDir
			}
			if err != nil {
				return err
			}
			if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			files++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if what := prints(n); what != "" {
					t.Errorf("%s: %s", set.Position(n.Pos()), what)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}

// prints is what a node prints with, "" for nothing.
func prints(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
			return name.Name
		}
	case *ast.SelectorExpr:
		pkg, ok := n.X.(*ast.Ident)
		if !ok {
			return ""
		}
		for _, name := range printing[pkg.Name] {
			if n.Sel.Name == name {
				return pkg.Name + "." + name
			}
		}
	}
	return ""
}
