package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// compileSchema compiles the schema as it is committed.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../docs/crane.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(config.SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile(config.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate validates YAML as editors do: as the JSON that it stands for.
func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// loadText loads a crane.yaml in a workspace that has the files which the pages
// name.
func loadText(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{
		"Cargo.toml": "[workspace]\n", "backend/Cargo.toml": "[workspace]\n", "tools/gen/Cargo.toml": "[workspace]\n",
		"ci/Dockerfile": "", "layout/index.json": "{}", "ci/ca.pem": "", "ci/client.pem": "", "ci/client-key.pem": "", "ci/known_hosts": "",
		config.FileName: text,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := config.Load(config.Options{Dir: dir, Kinds: llb.Kinds(), DefaultChecks: llb.DefaultChecks()})
	return err
}

func TestSchemaTakes(t *testing.T) {
	t.Parallel()
	s := compileSchema(t)
	texts := map[string]string{
		"example":         string(config.Example()),
		"empty":           "",
		"keys of nothing": "common:\nchecks:\nmatrix:\njobs:\ntoolchain: {image: }\n",
		"numbers as text": "toolchain: {channel: 1.90, tools: {cargo-nextest: 0.9.100}}\ncommon: {env: {A: 1, B: 1.5, C: true}, timeout: 0, memory: 512}\n",
		"words":           "checks: {clippy: {args: [--all-targets, -j, 2]}, own: {kind: custom, run: \"true\"}}\n",
		"sizes":           "common: {memory: 1.5GiB, tmp-size: 10 m, shm-size: 64MB, timeout: 1h30m, cpus: 0.5}\n",
		"names":           "checks: {v1.2@x: {kind: fmt}, test: {}}\nmatrix: {a: , b.c: {target: x}}\n",
		"unset rivals":    "toolchain: {image: \"\", oci-layout: layout}\ncommon: {features: [a], all-features: false, packages: [], exclude: [b]}\n",
		"secrets":         "fetch: {secrets: {TOKEN: \"env:T\", netrc: \"file:ci/netrc\"}}\n",
		"other rows null": "checks: {fmt: {run: , kind: , fail-under: }}\n",
	}
	fence := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	for _, page := range append(glob(t, "../docs/*.md"), "../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fence.FindAllSubmatch(data, -1) {
			texts[page+": "+strings.SplitN(string(m[1]), "\n", 2)[0]] = string(m[1])
		}
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := validate(t, s, text); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
			if err := loadText(t, text); err != nil {
				t.Errorf("the loader refuses it: %v", err)
			}
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || names == nil {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

// TestSchemaRefuses wants the loader and the schema to refuse the same.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compileSchema(t)
	for _, text := range []string{
		"- a\n", "chekcs: {}\n", "common: {proflie: dev}\n", "common.target: x\n", "common: []\n",
		"checks: {}\n", "checks: {clippy: {arg: x}}\n", "checks: {Bad: {kind: fmt}}\n", "checks: {bin: {kind: fmt}}\n",
		"checks: {clipy: {}}\n", "checks: {own: }\n", "checks: {own: {kind: }}\n", "checks: {coverage: {kind: tarpulin}}\n",
		"checks: {fmt: {run: x}}\n", "checks: {own: {kind: clippy, fail-under: 3}}\n", "checks: {own: {kind: custom}}\n",
		"checks: {own: {kind: custom, run: \" \"}}\n", "checks: {own: {kind: custom, run: []}}\n", "checks: {custom: {args: x}}\n",
		"checks: {tarpaulin: {fail-under: 101}}\n", "checks: {tarpaulin: {out: [pdf]}}\n", "checks: {tarpaulin: {fail-under: high}}\n",
		"checks: {clippy: {args: {}}}\n", "checks: {clippy: {features: [[a]]}}\n", "checks: {clippy: {env: {A: [b]}}}\n",
		"checks: {clippy: {env: {B: }}}\n", "checks: {clippy: {all-features: true, features: [a]}}\n",
		"checks: {clippy: {matrix: [A]}}\nmatrix: {a: }\n", "checks: {clippy: {source: {exclud: []}}}\n",
		"matrix: {A: {}}\n", "matrix: {x: {timeout: 1}}\n", "matrix: {x: {toolchain: {image: a, oci-layout: layout}}}\n",
		"jobs: many\n", "jobs: 1.5\n", "jobs: -1\n", "fail-fast: yes please\n", "progress: fancy\n", "source: {exclude: docs/**}\n",
		"source: {git-env: {SHA: comit}}\n", "source: {git-env: {A-B: commit}}\n", "toolchain: {image: true}\n", "toolchain: {image: a b}\n",
		"toolchain: {image: a, oci-layout: layout}\n", "toolchain: {image: a, dockerfile: ci/Dockerfile}\n", "toolchain: {tools: [a]}\n",
		"toolchain: {packages: [-y]}\n", "toolchain: {tools: {cargo-nextest: 0.9}}\n", "toolchain: {tools: {-x: 1.2.3}}\n",
		"toolchain: {channel: a b}\n", "toolchain: {build-args: {a-b: c}}\n", "network: {proxy: \"secret@x\"}\n",
		"common: {profile: a b}\n", "common: {target: a b}\n", "common: {features: [a b]}\n", "common: {env: {A=B: c}}\n",
		"common: {packages: [a], exclude: [b]}\n", "common: {timeout: -5s}\n", "common: {timeout: 30}\n", "common: {timeout: 5 minutes}\n", "common: {memory: lots}\n",
		"common: {retries: 99}\n", "common: {cpus: -1}\n", "fetch: {secrets: {T: hunter2}}\n", "fetch: {ssh: agent}\n",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if validate(t, s, text) == nil {
				t.Error("the schema takes it")
			}
			var problems *config.Error
			if err := loadText(t, text); !errors.As(err, &problems) {
				t.Errorf("the loader takes it: %v", err)
			}
		})
	}
}

// TestSchemaExplains wants a description at every key.
func TestSchemaExplains(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../docs/crane.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type node struct {
		Description string          `json:"description"`
		Properties  map[string]node `json:"properties"`
		Definitions map[string]node `json:"definitions"`
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var visit func(path string, n node)
	visit = func(path string, n node) {
		if n.Description == "" {
			t.Errorf("%s has no description", path)
		}
		for name, p := range n.Properties {
			visit(path+"."+name, p)
		}
	}
	visit("root", root)
	for _, name := range []string{"check", "leg"} {
		visit(name, root.Definitions[name])
	}
	if !slices.Contains(strings.Split(string(data), "\n"), `  "$schema": "http://json-schema.org/draft-07/schema#",`) {
		t.Error("the schema does not say that it is of draft 7")
	}
}
