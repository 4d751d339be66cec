package output

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSaveWhileRead: who reads the results while another run replaces them
// finds them. Runs in one directory ended with "no such file" before.
func TestSaveWhileRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "check")
	results := memory{"log.txt": []byte("log")}
	if err := Save(t.Context(), results, in(dir)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for range 200 {
			if err = Save(t.Context(), results, in(dir)); err != nil {
				break
			}
		}
		done <- err
	}()
	for {
		if _, err := os.ReadFile(filepath.Join(dir, "log.txt")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
