package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLinksInDocuments follows the links between the pages, and to headings in
// them.
func TestLinksInDocuments(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range documents(t) {
		text := fence.ReplaceAllString(readText(t, page), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if problem := follow(t, page, m[1]); problem != "" {
				t.Errorf("%s: %s: %s", page, m[1], problem)
			}
		}
	}
}

// TestPagesNamedInErrors finds each page that the program names to people.
func TestPagesNamedInErrors(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`\b(docs/[a-z-]+\.md)(#[a-z-]+)?`)
	found := 0
	err := filepath.WalkDir("..", func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		for _, m := range named.FindAllString(readText(t, file), -1) {
			found++
			if problem := follow(t, "../README.md", m); problem != "" {
				t.Errorf("%s: %s: %s", file, m, problem)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no page is named in the code")
	}
}

// follow goes from a page to the target of a link, and tells what is wrong
// with it, "" for nothing.
func follow(t *testing.T, page, target string) string {
	t.Helper()
	if strings.Contains(target, "://") {
		return ""
	}
	name, anchor, _ := strings.Cut(target, "#")
	file := page
	if name != "" {
		file = filepath.Join(filepath.Dir(page), filepath.FromSlash(name))
	}
	if _, err := os.Stat(file); err != nil {
		return "there is no such file"
	}
	if anchor != "" && !slices.Contains(anchors(readText(t, file)), anchor) {
		return "the page has no such heading"
	}
	return ""
}

// anchors are the names of a page's headings, as GitHub makes them.
func anchors(page string) []string {
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	var names []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		names = append(names, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}
