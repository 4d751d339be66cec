package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMatrix(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", `
common: {all-features: true, env: {A: common}, timeout: 90s}
matrix:
  stable:
  small: {profile: dev, features: [x], env: {B: leg}}
  msrv: {toolchain: {channel: "1.85"}}
checks:
  clippy: {env: {A: own}, profile: bench}
  fmt:
  test: {matrix: [small], timeout: 2h}
  package: {matrix: []}
`)
	o := testOptions(dir)
	o.Kinds[2].Source = true // fmt
	c := load(t, o)
	equal(t, "checks", names(c), []string{"clippy@stable", "clippy@small", "clippy@msrv", "fmt", "test@small", "package"})
	small := check(t, c, "clippy@small")
	equal(t, "settings on a leg", small.Settings, Settings{
		Profile: "dev", Features: []string{"x"}, Env: map[string]string{"A": "own", "B": "leg"},
	})
	equal(t, "leg", small.Leg, "small")
	equal(t, "timeout", small.Limits.Timeout, 90*time.Second)
	equal(t, "settings on a leg without any", check(t, c, "clippy@stable").Settings, Settings{
		Profile: "bench", AllFeatures: true, Env: map[string]string{"A": "own"},
	})
	equal(t, "channel", check(t, c, "clippy@msrv").Toolchain.Channel, "1.85")
	equal(t, "origin", c.Origins["checks.clippy@small.profile"], "crane.yaml:5")
	equal(t, "own timeout", check(t, c, "test@small").Limits.Timeout, 2*time.Hour)
	equal(t, "effective leg", slices.Contains(c.Effective(), Entry{"matrix.msrv.toolchain.channel", `"1.85"`, "crane.yaml:6"}), true)

	o.Set = []string{"matrix.extra.target=wasm32-unknown-unknown", "checks.test.matrix=[extra]"}
	c = load(t, o)
	equal(t, "target", check(t, c, "test@extra").Settings.Target, "wasm32-unknown-unknown")
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "fetch: {secrets: {TOKEN: \"env:MY_TOKEN\", netrc: \"file:ci/netrc\"}}\nchecks:\n  test: {secrets: {key.pem: \"file:/abs\"}, source: {exclude: [docs]}}\n")
	c := load(t, testOptions(dir))
	equal(t, "secrets", c.Fetch.Secrets, map[string]string{"TOKEN": "env:MY_TOKEN", "netrc": "file:" + dir + "/ci/netrc"})
	equal(t, "secrets of a check", check(t, c, "test").Secrets, map[string]string{"key.pem": "file:/abs"})
	equal(t, "source", check(t, c, "test").Source.Exclude, []string{"docs"})

	o := testOptions(dir)
	o.Set = []string{"checks.test.secrets.key.pem=hunter2"}
	_, err := Load(o)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v: it must be one, and not repeat the value", err)
	}
}
