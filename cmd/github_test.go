package cmd

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// TestQuote ends what a runner is not to obey with a word that it has not seen
// before.
func TestQuote(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: sanitize.NewWriter(&out, false)}
	t.Setenv("GITHUB_ACTIONS", "")
	a.quote()()
	if out.Len() > 0 {
		t.Errorf("elsewhere it prints %q", out.String())
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	words := map[string]bool{}
	for range 3 {
		out.Reset()
		end := a.quote()
		fmt.Fprintln(a.out, "::error::evidence")
		end()
		m := regexp.MustCompile(`^::stop-commands::(\w{20,})\n: :error::evidence\n::(\w+)::\n$`).FindStringSubmatch(out.String())
		if m == nil || m[1] != m[2] || words[m[1]] {
			t.Fatalf("printed %q", out.String())
		}
		words[m[1]] = true
	}
}
