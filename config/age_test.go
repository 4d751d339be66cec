package config

import (
	"testing"
	"time"
)

func TestMaxAge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"{}":                           0,
		"{network: true}":              24 * time.Hour,
		"{network: true, max-age: 2h}": 2 * time.Hour,
		"{network: true, max-age: 0}":  0,
		"{max-age: 1h30m}":             90 * time.Minute,
		"{max-age: 1d}":                24 * time.Hour,
		"{max-age: 1.5d2h}":            38 * time.Hour,
	} {
		c := load(t, testOptions(project(t, "crane.yaml", "checks: {clippy: "+text+"}\n"))).Checks[0]
		if c.MaxAge != want || !c.Cache {
			t.Errorf("%s: %s, cached %t", text, c.MaxAge, c.Cache)
		}
	}
	if c := load(t, testOptions(project(t, "crane.yaml", "checks: {clippy: {cache: false}}\n"))).Checks[0]; c.Cache {
		t.Error("cache: false is not read")
	}
	for _, text := range []string{"1s", "-1h", "1d-1h", "-1d", "99999999999999d", "1w", "d"} {
		if _, err := Load(testOptions(project(t, "crane.yaml", "checks: {clippy: {max-age: "+text+"}}\n"))); err == nil {
			t.Errorf("max-age: %s was taken", text)
		}
	}
}
