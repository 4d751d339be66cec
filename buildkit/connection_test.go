package buildkit

import (
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestChoosePlatform(t *testing.T) {
	t.Parallel()
	offered := []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "amd64", Variant: "v2"}, {OS: "linux", Architecture: "arm64", Variant: "v8"}}
	for want, expected := range map[string]string{"": "linux/amd64", "linux/arm64": "linux/arm64"} {
		if p, err := choosePlatform(offered, want); err != nil || plain(p) != expected {
			t.Errorf("%q: %s, %v", want, plain(p), err)
		}
	}
	if _, err := choosePlatform(offered, "linux/s390x"); err == nil || !strings.Contains(err.Error(), "runs programs for linux/amd64, linux/arm64, not for linux/s390x") {
		t.Errorf("unknown platform: %v", err)
	}
}
