package oci

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
)

// archived is a tar of some entries.
func archived(t *testing.T, entries ...tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range entries {
		h.ModTime, h.Uname = time.Now(), "someone"
		if h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size == 0 {
			continue
		}
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func dir(name string, mode int64) tar.Header {
	return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}
}

func file(name string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}
}

func link(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}
}

// stacked is an image of layers with these entries.
func stacked(t *testing.T, layers ...[]tar.Header) v1.Image {
	t.Helper()
	image := empty.Image
	for _, entries := range layers {
		in := archived(t, entries...)
		l, err := write(t.TempDir(), func(w io.Writer) error { _, err := io.Copy(w, in); return err })
		if err == nil {
			image, err = Append(image, l, epoch)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return image
}

func TestContents(t *testing.T) {
	t.Parallel()
	all, err := ReadContents(stacked(t,
		[]tar.Header{dir("usr/", 0o755), dir("usr/bin/", 0o755), link("bin", "usr/bin"), dir("tmp/", 0o1777), file("./etc/old/conf"), file("srv/a/b"), file("opt/x/y"), file("var/d/e")},
		[]tar.Header{file("etc/old/.wh.conf"), file(".wh.srv"), dir("srv/", 0o700), file("opt/x/.wh..wh..opq"), file("opt/x/z"), link("var/d", "../usr"), {Typeflag: tar.TypeDir, Name: "home/app", Mode: 0o750, Uid: 7, Gid: 8}},
		[]tar.Header{link("loop", "loop"), link("up", "../../usr/./bin/.."), link("abs", "/usr/bin")},
	))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(all))
	if want := []string{"abs", "bin", "home/app", "loop", "opt/x/z", "srv", "tmp", "up", "usr", "usr/bin", "var/d"}; !slices.Equal(names, want) {
		t.Errorf("there is %q, want %q", names, want)
	}
	for name, want := range map[string]string{
		"/bin/app": "usr/bin/app", "/abs/x": "usr/bin/x", "/up/y": "usr/y", "/var/d/lib": "usr/lib", "/": ".", "/new/dir": "new/dir", "/bin": "usr/bin", "../../x": "x",
		"/loop/x": "", "/opt/x/z/in": "",
	} {
		got, err := all.Resolve(name)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	tree := Tree{}
	for _, name := range []string{"tmp/x", "home/app/y", "usr/bin/z"} {
		if err := errors.Join(all.Place(tree, name, File{Mode: 0o644}), all.Place(tree, path.Join(path.Dir(name), "new/a"), File{})); err != nil {
			t.Error(err)
		}
	}
	if tmp, home := tree["tmp"], tree["home/app"]; tmp.Mode != fs.ModeDir|fs.ModeSticky|0o777 || home.UID != 7 || home.GID != 8 || home.Mode.Perm() != 0o750 {
		t.Errorf("directories are not those of the base: %+v, %+v", tmp, home)
	}
	if err := all.Place(tree, "tmp/x", File{}); err == nil {
		t.Error("a file is taken twice")
	}
}

func TestTarLayer(t *testing.T) {
	t.Parallel()
	capable := file("usr/bin/ping")
	capable.PAXRecords = map[string]string{capability: "\x01\x00\x00\x02", "SCHILY.xattr.user.x": "y"}
	in := archived(t, dir("./usr/", 0o755), capable, tar.Header{Typeflag: tar.TypeReg, Name: "./usr/bin/su", Mode: 0o4755, Gid: 42}, tar.Header{Typeflag: tar.TypeLink, Name: "usr/bin/hard", Linkname: "./usr/bin/su"}, link("etc/l", "../usr"))
	layer, err := NewTarLayer(t.TempDir(), in, []string{"./etc/old/a", "./etc/old", "./var/b"}, epoch)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, h := range headers(t, layer) {
		if h.Uname != "" || !h.ModTime.Equal(epoch) {
			t.Errorf("%s tells who made it when: %+v", h.Name, h)
		}
		for record := range h.PAXRecords {
			rows = append(rows, record)
		}
		rows = append(rows, strings.TrimSpace(h.FileInfo().Mode().String()+" "+h.Name+" "+h.Linkname))
	}
	want := []string{
		"-rw-r--r-- etc/.wh.old", "-rw-r--r-- var/.wh.b", "drwxr-xr-x usr/", capability, "-rw-r--r-- usr/bin/ping",
		"urwxr-xr-x usr/bin/su", "---------- usr/bin/hard usr/bin/su", "Lrwxrwxrwx etc/l ../usr",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("entries are\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	for name, entry := range map[string]tar.Header{"a whiteout": file("etc/.wh.passwd"), "a device": {Typeflag: tar.TypeChar, Name: "dev/x"}} {
		if _, err := NewTarLayer(t.TempDir(), archived(t, entry), nil, epoch); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := NewTarLayer(t.TempDir(), archived(t, file("../../etc/x")), nil, epoch); err != nil {
		t.Errorf("nothing is above the root: %v", err)
	}
}

// TestBounds: an image that a repository names cannot fill the memory, or keep the
// machine busy for ever.
func TestBounds(t *testing.T) {
	t.Parallel()
	if _, err := io.Copy(io.Discard, &bounded{in: strings.NewReader("fine")}); err != nil {
		t.Error(err)
	}
	for name, read := range map[string]func() error{
		"entries": func() error { return (&bounded{entries: maxEntries}).entry("a", "b") },
		"names":   func() error { return (&bounded{names: 1 << 30}).entry("a", "b") },
		"bytes": func() error {
			_, err := io.Copy(io.Discard, &bounded{in: strings.NewReader("x"), bytes: maxBytes})
			return err
		},
	} {
		if err := read(); !errors.Is(err, errTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
