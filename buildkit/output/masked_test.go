package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// TestMaskedOutput: texts that come out have no secret, files with a NUL stay as
// they are.
func TestMaskedOutput(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	dir := filepath.Join(t.TempDir(), "check")
	to := in(dir)
	to.Mask = sanitize.NewMask([]byte(secret))
	long := strings.Repeat("0123456789\n", chunk/11) + "01234567" + secret + "end"
	files := memory{"log.txt": []byte("\x1b[31m" + secret + "\x1b[0m ::error::\n"), "a/x.xml": []byte("<" + secret + "/>"), "program": []byte("\x00" + secret), "long": []byte(long), "empty": nil}
	if err := Save(t.Context(), files, to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"log.txt": "\x1b[31m***\x1b[0m ::error::\n", "a/x.xml": "<***/>", "program": "\x00" + secret, "empty": "",
		"long": strings.Replace(long, secret, "***", 1),
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s has %d bytes, %.60q, want %d (%v)", name, len(got), got, len(want), err)
		}
	}
}
