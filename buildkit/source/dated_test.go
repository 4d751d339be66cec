package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// dates are the times in nanoseconds that files are sent with.
func dates(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files, err := Confined(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	err = files.Walk(t.Context(), "", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			found[name] = info.ModTime().UnixNano()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDates sends files that another tool gave their times.
func TestDates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, given := range []time.Time{time.Unix(1_700_000_000, 0), time.Unix(1_700_000_000, 999_999_999), time.Unix(0, 0), time.Now()} {
		seen := map[int64]string{}
		for _, text := range []string{"one", "two", "one"} {
			file := filepath.Join(dir, "main.rs")
			if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chtimes(file, given, given)); err != nil {
				t.Fatal(err)
			}
			date := dates(t, dir)["main.rs"]
			if again := dates(t, dir)["main.rs"]; again != date {
				t.Errorf("%s: the file is sent again: %d, %d", given, date, again)
			}
			if was, ok := seen[date]; ok {
				t.Errorf("%s: %q has the time that %q had", given, text, was)
			}
			seen[date] = text
			if age := given.UnixNano() - date; age < 0 || age > 2*int64(time.Second) {
				t.Errorf("%s: the file is dated %d ns before", given, age)
			}
		}
	}
}

// TestUnknownDates has a file whose time of change says nothing: another machine's
// clock.
func TestUnknownDates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, err := Confined(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := files.(*confined)
	for name, node := range map[string]inode{
		"network": {changed: time.Unix(1_700_000_000, 5), number: 1},
		"future":  {changed: time.Now().Add(time.Hour), number: 1, reliable: true},
		"coarse":  {changed: time.Unix(1_700_000_000, 0), number: 1, reliable: true},
	} {
		c.inode = func(string) (inode, error) { return node, nil }
		one, err := c.date(t.Context(), "main.rs", 1)
		two, err2 := c.date(t.Context(), "main.rs", 1)
		if err != nil || err2 != nil || one == two {
			t.Errorf("%s: dated %d and %d (%v, %v)", name, one, two, err, err2)
		}
	}
}
