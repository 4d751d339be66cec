package images_test

import (
	"testing"

	"github.com/cranekit/cranekit/images"
)

func TestDefault(t *testing.T) {
	t.Parallel()
	const pinned = "docker.io/library/rust:" + images.DefaultRust + "-slim"
	tests := []struct{ channel, want string }{
		{"", pinned},
		{"stable", pinned},
		{"1.90", "docker.io/library/rust:1.90-slim"},
		{"1.90.1", "docker.io/library/rust:1.90.1-slim"},
		{"nightly", "docker.io/rustlang/rust:nightly-slim"},
		{"nightly-2026-01-01", pinned},
		{"beta", pinned},
		{"1.90.0-x86_64-unknown-linux-musl", pinned},
		{"1.90\n", pinned},
		{"1.90@sha256:0", pinned},
	}
	for _, test := range tests {
		t.Run(test.channel, func(t *testing.T) {
			t.Parallel()
			if got := images.Default(test.channel); got != test.want {
				t.Errorf("Default(%q) = %s, want %s", test.channel, got, test.want)
			}
		})
	}
}

func TestToolVersion(t *testing.T) {
	t.Parallel()
	if images.ToolVersion("cargo-tarpaulin") == "" {
		t.Error("cargo-tarpaulin has no version")
	}
	if got := images.ToolVersion("left-pad"); got != "" {
		t.Errorf("left-pad has version %s", got)
	}
}
