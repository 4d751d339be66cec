package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fence is a block of code in a page: its language and its text.
var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// TestReadmeIsShort keeps the README a page to start from.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	const most = 150
	if lines := strings.Count(readText(t, "../README.md"), "\n"); lines > most {
		t.Errorf("README.md has %d lines, %d at most: move some to docs", lines, most)
	}
}

// TestCommandsInDocuments takes the commands in all pages through the parser
// of the program: subcommands, flags, numbers of arguments, and the keys and
// values of --set.
func TestCommandsInDocuments(t *testing.T) {
	t.Parallel()
	targets := makeTargets(t)
	for _, page := range documents(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			for _, s := range scripts(t, readText(t, page)) {
				for _, call := range calls(t, s.text) {
					switch name, args := call[0], call[1:]; {
					case name == "cranekit":
						if err := parseError(t, args, s.inline); err != nil {
							t.Errorf("cranekit %s: %v", strings.Join(args, " "), err)
						}
					case len(args) > 0 && !slices.Contains(targets, args[0]):
						t.Errorf("make %s: the Makefile has no such target", args[0])
					}
				}
			}
		})
	}
}

// TestCommandsParser shows that what is wrong in a page would be found.
func TestCommandsParser(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"cranekit chekc", "cranekit check --no-such-flag", "cranekit check --jobs many", "cranekit login", "cranekit config schema extra",
		"cranekit check --set comon.profile=dev", "cranekit check --set jobs=many", "true | cranekit cache prnue",
	} {
		called := calls(t, line)
		if len(called) != 1 {
			t.Fatalf("%s: calls %q", line, called)
		}
		if err := parseError(t, called[0][1:], false); err == nil {
			t.Errorf("%s: no error", line)
		}
	}
}

// documents are the pages of the project.
func documents(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../examples/*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || names == nil {
			t.Fatalf("no pages %s: %v", pattern, err)
		}
		pages = append(pages, names...)
	}
	return pages
}

// span is a command inside of a line of text.
var span = regexp.MustCompile("`((?:cranekit|make) [^`]+)`")

// optional is what a reader may leave out of such a command.
var optional = regexp.MustCompile(`\[.*?\]|…`)

// docScript is a text for a shell in a page. One that is inline, in a sentence,
// may leave arguments out.
type docScript struct {
	text   string
	inline bool
}

// scripts are the sh blocks of a page, what the pipelines in it run, and the
// commands in its lines, one for each alternative.
func scripts(t *testing.T, page string) []docScript {
	t.Helper()
	var list []docScript
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		switch m[1] {
		case "sh":
			list = append(list, docScript{text: m[2]})
		case "yml":
			var root yaml.Node
			if err := yaml.Unmarshal([]byte(m[2]), &root); err != nil {
				t.Errorf("%v in\n%s", err, m[2])
			}
			for _, text := range pipelineScripts(&root, "") {
				list = append(list, docScript{text: text})
			}
		}
	}
	for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		words := strings.Fields(optional.ReplaceAllString(strings.ReplaceAll(m[1], `\|`, "|"), ""))
		before, after := words, []string(nil)
		alternatives := []string{""}
		if i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(w, "|") }); i >= 0 {
			before, alternatives, after = words[:i], strings.Split(words[i], "|"), words[i+1:]
		}
		for _, word := range alternatives {
			list = append(list, docScript{strings.Join(slices.Concat(before, []string{word}, after), " "), true})
		}
	}
	return list
}

// pipelineScripts are the texts of a pipeline that a shell gets.
func pipelineScripts(n *yaml.Node, key string) []string {
	if n.Kind == yaml.ScalarNode {
		if key == "run" || key == "script" {
			return []string{regexp.MustCompile(`\$\{\{.*?\}\}`).ReplaceAllString(n.Value, "x")}
		}
		return nil
	}
	var list []string
	for i, c := range n.Content {
		switch {
		case key == "with": // the script of an action is JavaScript
		case n.Kind != yaml.MappingNode:
			list = append(list, pipelineScripts(c, key)...)
		case i%2 == 1:
			list = append(list, pipelineScripts(c, n.Content[i-1].Value)...)
		}
	}
	return list
}

// calls are the calls of cranekit and make that bash makes of a text. Both
// are programs that only note their arguments, and bash finds no others.
func calls(t *testing.T, text string) [][]string {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	dir := t.TempDir()
	noted := filepath.Join(dir, "noted")
	for _, name := range []string{"cranekit", "make"} {
		body := "#!" + shell + "\nprintf '%s\\0' " + name + " \"$@\" $'\\n' >>" + noted + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", text)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + dir, "HOME=/home/ann"}
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "syntax error") {
		t.Errorf("%v: %s in\n%s", err, out, text)
	}
	data, err := os.ReadFile(noted)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var list [][]string
	for call := range strings.SplitSeq(string(data), "\n\x00") {
		if call != "" {
			list = append(list, strings.Split(strings.TrimSuffix(call, "\x00"), "\x00"))
		}
	}
	return list
}

// makeTargets are the targets that make lists.
func makeTargets(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(readText(t, "../Makefile"), -1) {
		names = append(names, m[1])
	}
	return names
}
