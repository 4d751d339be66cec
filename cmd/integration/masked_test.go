//go:build integration

package integration

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// TestPrintedSecrets has checks that print their secrets, one of many lines among
// them: they are in nothing that comes out or that goes to a cache.
func TestPrintedSecrets(t *testing.T) {
	w := unpack(t, "reruns")
	w.state = filepath.Join(t.TempDir(), "state") // to be searched as a whole
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: w.state}); err != nil {
			t.Error(err)
		}
	})
	const print = `echo \"green $TOKEN\"; env; cat /run/secrets/key.pem; cat /run/secrets/key.pem >&2; echo $TOKEN >/out/said.txt; cp /run/secrets/key.pem /out/key.json`
	w.write(t, "crane.yaml", `source: {exclude: [key]}
checks:
  green: {kind: custom, secrets: {TOKEN: "env:MY_TOKEN", key.pem: "file:key"}, run: ["`+print+`; printf %s $TOKEN | base64"]}
  user: {kind: custom, user: true, secrets: {TOKEN: "env:MY_TOKEN", key.pem: "file:key"}, run: ["`+print+`; test $(id -u) -eq 1000"]}
  red: {kind: custom, secrets: {TOKEN: "env:MY_TOKEN", key.pem: "file:key"}, run: ["`+print+`; echo no end $TOKEN; exit 3"]}
`)
	w.write(t, "key", "-----BEGIN KEY-----\n"+marker+"-line-2==\n  "+marker+"-line-3\n")
	w.trust = "secrets"
	w.env = []string{"MY_TOKEN=" + marker + "-1"}
	cache := t.TempDir()
	o := w.check(t, "--cache=type=local,path="+cache, "--progress=full")
	o.wants(t, 1)
	contains(t, o.stdout+o.stderr, "green ***", "no end ***")
	if row := o.row(t, "user"); row.Status != "passed" {
		t.Errorf("user is %s", row.Status)
	}
	for _, name := range []string{"green", "user", "red"} {
		for file, want := range map[string]string{"log.txt": "\n***\n  ***\n", "said.txt": "***\n", "key.json": "***\n***\n  ***\n"} {
			text, err := os.ReadFile(filepath.Join(w.dir, "result", name, file))
			if err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s of %s is %q (%v)", file, name, text, err)
			}
		}
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(marker + "-1"))
	for _, text := range []string{o.stdout, o.stderr} {
		if strings.Contains(text, marker) || strings.Contains(text, encoded) {
			t.Errorf("a secret was printed\n%s", text)
		}
	}
	out, err := exec.Command("grep", "-rlE", "--binary-files=text", marker+"|"+encoded, filepath.Join(w.dir, "result")).CombinedOutput()
	if err == nil || len(out) > 0 {
		t.Errorf("a secret is in %s", out)
	}
	// The builder does not know it in another form.
	out, err = exec.Command("grep", "-rl", "--binary-files=text", marker, w.state).CombinedOutput()
	if err == nil || len(out) > 0 {
		t.Errorf("a secret is in %s", out)
	}
	if blobs := unpackedBlobs(t, cache); len(blobs) < 2 || !bytes.Contains(bytes.Join(blobs, nil), []byte("green ***")) {
		t.Errorf("the cache has %d blobs, none with the log", len(blobs))
	} else if bytes.Contains(bytes.Join(blobs, nil), []byte(marker)) {
		t.Error("a secret is in the cache")
	}
}

// unpackedBlobs are the files of a directory, layers without their compression.
func unpackedBlobs(t *testing.T, dir string) (blobs [][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var unpacked io.Reader = bytes.NewReader(data)
		switch {
		case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
			unpacked, err = gzip.NewReader(unpacked)
		case bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			unpacked, err = zstd.NewReader(unpacked)
		}
		if err != nil {
			return err
		}
		data, err = io.ReadAll(unpacked)
		blobs = append(blobs, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}
