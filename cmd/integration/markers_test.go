//go:build integration

package integration

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// markers are secrets by what they are for.
type markers map[string]string

// mark begins the secrets that are made up.
const mark = "mArkq"

// add makes a secret.
func (m markers) add(what string) string {
	m[what] = fmt.Sprintf(mark+"%d-%x", len(m), what)
	return m[what]
}

// forms are how a secret can be written: as it is, in a URL, and in base64
// wherever it begins there.
func forms(secret string) [][]byte {
	all := [][]byte{[]byte(secret), []byte(url.QueryEscape(secret))}
	for shift := range 3 {
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		from := (shift*8 + 5) / 6 // digits that are made of nothing else
		all = append(all, []byte(whole[from:(shift+len(secret))*8/6]))
	}
	return all
}

// hinted reports whether a text can have a secret: there is much to search.
func (m markers) hinted(text []byte) bool {
	begins := func(form []byte) bool { return bytes.Contains(text, form) }
	return slices.ContainsFunc(forms(mark), begins) || slices.ContainsFunc(slices.Collect(maps.Values(m)), func(secret string) bool {
		return !strings.HasPrefix(secret, mark) && slices.ContainsFunc(forms(secret), begins)
	})
}

// in are the secrets that a text has.
func (m markers) in(text []byte) []string {
	var found []string
	if !m.hinted(text) {
		return nil
	}
	for what, secret := range m {
		for _, form := range forms(secret) {
			if bytes.Contains(text, form) {
				found = append(found, what)
				break
			}
		}
	}
	return found
}

// search looks for secrets in the names and contents of all files, unpacked
// where they are compressed. It returns how many it read.
func (m markers) search(t *testing.T, roots ...string) int {
	t.Helper()
	searched := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || m.reported(t, "the name "+file, []byte(strings.TrimPrefix(file, root))) || !entry.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			searched++
			m.reported(t, file, data)
			m.reported(t, file+", unpacked", unpacked(data))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return searched
}

func (m markers) reported(t *testing.T, where string, text []byte) bool {
	t.Helper()
	for _, what := range m.in(text) {
		t.Errorf("%s is in %s", what, where)
	}
	return false
}

// unpacked is what is in a compressed file, as far as it can be read.
func unpacked(data []byte) []byte {
	var from io.Reader
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		zip, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil
		}
		from = zip
	case bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		zip, err := zstd.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil
		}
		defer zip.Close()
		from = zip
	default:
		return nil
	}
	text, _ := io.ReadAll(from)
	return text
}

// TestMarkers finds secrets in all forms that a search looks for.
func TestMarkers(t *testing.T) {
	m := markers{}
	secret := m.add("the password & more")
	other := m.add("another")
	var zipped bytes.Buffer
	zip, err := zstd.NewWriter(&zipped)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(zip, "x", secret)
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"plain": []byte("a " + secret + "b"), "header": []byte(base64.StdEncoding.EncodeToString([]byte("ann:" + secret))),
		"shifted": []byte(base64.StdEncoding.EncodeToString([]byte("a:" + secret + "\nc"))), "URL": []byte(url.QueryEscape("a " + secret)), "zstd": unpacked(zipped.Bytes()),
	} {
		if found := m.in(text); len(found) != 1 || m[found[0]] == other {
			t.Errorf("%s: found %q", name, found)
		}
	}
	if found := m.in([]byte(mark + "0 nothing")); len(found) > 0 {
		t.Errorf("found %q in nothing", found)
	}
}

// watch is what was seen of processes.
type watch struct {
	stop chan struct{}
	done sync.WaitGroup
	// told are the secrets that a process had in a place, by both.
	told map[string]string
	// inside are the secrets that processes in containers had in their
	// environment, and seen is how many different processes there were.
	inside map[string]bool
	seen   map[string]bool
}

// watchProcesses looks at all processes of the machine every 20 milliseconds:
// nobody's command line may have a secret, and an environment only where it
// belongs, in the processes that the user starts and in containers.
func watchProcesses(m markers) *watch {
	w := &watch{stop: make(chan struct{}), told: map[string]string{}, inside: map[string]bool{}, seen: map[string]bool{}}
	own, _ := os.Readlink("/proc/self/ns/pid")
	w.done.Go(func() {
		for {
			entries, _ := filepath.Glob("/proc/[0-9]*")
			for _, dir := range entries {
				w.look(m, dir, own)
			}
			select {
			case <-w.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return w
}

func (w *watch) end() {
	close(w.stop)
	w.done.Wait()
}

func (w *watch) look(m markers, dir, own string) {
	command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
	line := strings.ReplaceAll(string(command), "\x00", " ")
	w.seen[dir+line] = true
	for _, what := range m.in(command) {
		w.told[what+" in the command line"] = line
	}
	found := m.in(environment)
	if len(found) == 0 {
		return
	}
	namespace, _ := os.Readlink(filepath.Join(dir, "ns/pid"))
	for _, what := range found {
		switch {
		case namespace != "" && namespace != own:
			w.inside[what] = true
			// What compiles and what dependencies run have no secret at all. While
			// it downloads, cargo asks the image's own compiler what it is.
			if strings.Contains(line, "--crate-name") && !strings.Contains(line, "--crate-name ___") || strings.Contains(line, "build-script") {
				w.told[what+" in the environment"] = line
			}
		case !usersOwn(dir):
			w.told[what+" in the environment"] = line
		}
	}
}

// usersOwn reports whether a process is cranekit as the user starts it, or one
// that it started itself, such as git: not the builder, which stays.
func usersOwn(dir string) bool {
	for range 10 {
		command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(command) == 0 {
			return true // it is gone
		}
		words := strings.Split(string(command), "\x00")
		if len(words) > 2 && words[1] == "builder" {
			return false
		}
		if filepath.Base(words[0]) == "cranekit" {
			return true
		}
		stat, _ := os.ReadFile(filepath.Join(dir, "stat"))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 {
			return true
		}
		if parent, err := strconv.Atoi(fields[1]); err != nil || parent <= 1 {
			return false
		}
		dir = "/proc/" + fields[1]
	}
	return false
}
