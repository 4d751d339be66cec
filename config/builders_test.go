package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

func TestBuilders(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "builder: ci\nbuilders:\n  ci: {address: \"tcp://h:1\", ca: ca.pem, server-name: x}\n", "ca.pem", "", "sub/other.pem", "")
	o := testOptions(dir)
	o.Dir = filepath.Join(dir, "sub")
	o.Environ = []string{"CRANEKIT_BUILDERS_CI_CA=other.pem"}
	o.Set = []string{"builders.more.address=ssh://me@h:22/run/b.sock", "builders.more.weight=2.5", "builders.more.platforms=linux/arm64"}
	c := load(t, o)
	want := []Builder{
		{Name: "ci", Address: "tcp://h:1", CA: filepath.Join(dir, "sub", "other.pem"), ServerName: "x"},
		{Name: "more", Address: "ssh://me@h:22/run/b.sock", Weight: 2.5, Platforms: []string{"linux/arm64"}},
	}
	if !reflect.DeepEqual(c.Builders, want) {
		t.Errorf("got %+v\nwant %+v", c.Builders, want)
	}
}

// TestBuilderOrder is about who wins: flag, CRANEKIT_BUILDER, BUILDKIT_HOST,
// crane.yaml, default.
func TestBuilderOrder(t *testing.T) {
	t.Parallel()
	file := project(t, "crane.yaml", "builder: unix:///file\n")
	none := project(t)
	for name, test := range map[string]struct {
		dir          string
		env, set     []string
		want, origin string
	}{
		"nothing":           {none, nil, nil, "auto", "default"},
		"file":              {file, nil, nil, "unix:///file", "crane.yaml:1"},
		"host":              {file, []string{"BUILDKIT_HOST=unix:///host"}, nil, "unix:///host", "BUILDKIT_HOST"},
		"host alone":        {none, []string{"BUILDKIT_HOST=unix:///host"}, nil, "unix:///host", "BUILDKIT_HOST"},
		"variable":          {file, []string{"BUILDKIT_HOST=unix:///host", "CRANEKIT_BUILDER=embedded"}, nil, "embedded", "CRANEKIT_BUILDER"},
		"flag":              {file, []string{"BUILDKIT_HOST=unix:///host", "CRANEKIT_BUILDER=embedded"}, []string{"builder=docker:far"}, "docker:far", "--set"},
		"flag leaves open":  {file, []string{"BUILDKIT_HOST=unix:///host"}, []string{"builder=auto"}, "unix:///host", "BUILDKIT_HOST"},
		"flag, no host":     {file, nil, []string{"builder=auto"}, "auto", "--set"},
		"host is not asked": {file, []string{"BUILDKIT_HOST=what?"}, []string{"builder=desktop"}, "desktop", "--set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testOptions(test.dir)
			o.Environ, o.Set = test.env, test.set
			c := load(t, o)
			if c.Builder != test.want || c.Origins["builder"] != test.origin {
				t.Errorf("builder %s from %s, want %s from %s", c.Builder, c.Origins["builder"], test.want, test.origin)
			}
		})
	}
	o := testOptions(none)
	o.Environ = []string{"BUILDKIT_HOST=/run/b.sock"}
	compareProblems(t, o, `BUILDKIT_HOST: builder: "/run/b.sock" is neither an address nor one of auto, embedded, docker, container, desktop`)
}

// TestSeveralBuilders is about more than one builder in the key.
func TestSeveralBuilders(t *testing.T) {
	t.Parallel()
	dir := project(t)
	for value, want := range map[string]string{
		"embedded, docker:far,unix:///b": "",
		"embedded,embedded":              `--set: builder: names embedded twice`,
		"auto,embedded":                  `--set: builder: auto is one builder and cannot be one of several (name the builders)`,
		"embedded,":                      `--set: builder: "" is neither an address nor one of auto, embedded, docker, container, desktop`,
		"embedded,tcp://h":               `--set: builder: "tcp://h" is not of the form tcp://HOST:PORT`,
	} {
		o := testOptions(dir)
		o.Set = []string{"builder=" + value}
		if want != "" {
			compareProblems(t, o, want)
			continue
		}
		if got := load(t, o).BuilderNames(); !slices.Equal(got, []string{"embedded", "docker:far", "unix:///b"}) {
			t.Errorf("%q", got)
		}
	}
}
