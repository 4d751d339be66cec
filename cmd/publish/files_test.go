package publish

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/images/oci"
)

// TestImageFiles has files of the source where COPY would put them.
func TestImageFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"ws/app.toml", "ws/static/a.html", "ws/static/img/b.png", "ws/static/secret", "LICENSE"} {
		at := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(name), 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(filepath.Join(root, "LICENSE"), 0o600), os.Symlink("a.html", filepath.Join(root, "ws/static/link")), os.Symlink("/etc/passwd", filepath.Join(root, "ws/passwd"))); err != nil {
		t.Fatal(err)
	}
	from := &source.Tree{Root: root, Files: []string{"ws/app.toml", "ws/static/a.html", "ws/static/img/b.png", "ws/static/link", "ws/passwd", "LICENSE"}}
	contents := oci.Contents{"etc": {Mode: fs.ModeDir | 0o755}, "var/run": {Mode: fs.ModeSymlink, Target: "/run"}, "run": {Mode: fs.ModeDir | 0o755}}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
		err   string
	}{
		"file":             {map[string]string{"app.toml": "/opt/conf.toml"}, "opt/conf.toml -rwxr-xr-x", ""},
		"mode":             {map[string]string{"../LICENSE": "/LICENSE"}, "LICENSE -rw-r--r--", ""},
		"into a new one":   {map[string]string{"app.toml": "/opt/"}, "opt/app.toml -rwxr-xr-x", ""},
		"into one of base": {map[string]string{"app.toml": "/etc"}, "etc drwxr-xr-x, etc/app.toml -rwxr-xr-x", ""},
		"through a link":   {map[string]string{"app.toml": "/var/run/"}, "run drwxr-xr-x, run/app.toml -rwxr-xr-x", ""},
		"directory":        {map[string]string{"static": "/srv/www/"}, "srv/www/a.html -rwxr-xr-x, srv/www/img/b.png -rwxr-xr-x, srv/www/link Lrwxrwxrwx", ""},
		"a link stays one": {map[string]string{"passwd": "/x"}, "x Lrwxrwxrwx", ""},
		"all":              {map[string]string{"./static/": "/"}, "a.html -rwxr-xr-x, img/b.png -rwxr-xr-x, link Lrwxrwxrwx", ""},
		"twice":            {map[string]string{"app.toml": "/x", "../LICENSE": "/x"}, "", "image.files.app.toml: /x is there twice"},
		"not tracked":      {map[string]string{"static/secret": "/x"}, "", "image.files.static/secret: the source has no such file or directory (git add it, or see source.include and source.exclude)"},
		"outside":          {map[string]string{"../../etc/passwd": "/x"}, "", "image.files.../../etc/passwd: the source has no such file or directory"},
		"half a name":      {map[string]string{"stat": "/x"}, "", "image.files.stat: the source has no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &Publication{}
			tree := oci.Tree{}
			err := p.SelectFiles(&project.Project{Workspace: &cargo.Workspace{Dir: "ws"}, Config: &config.Config{Image: config.Image{Files: c.files}}}, from)
			if err == nil {
				opened, rootErr := os.OpenRoot(root)
				if rootErr != nil {
					t.Fatal(rootErr)
				}
				defer opened.Close()
				err = p.addFiles(tree, contents, opened)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if err != nil {
				return
			}
			var got []string
			for _, name := range slices.Sorted(maps.Keys(tree)) {
				got = append(got, name+" "+tree[name].Mode.String())
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("there is %q, want %q", got, c.want)
			}
		})
	}
}

func TestWorkdir(t *testing.T) {
	t.Parallel()
	contents := oci.Contents{"srv": {Mode: fs.ModeDir | 0o755}}
	for name, c := range map[string]struct {
		image    config.Image
		at       string
		uid, gid int
	}{
		"none":          {config.Image{User: "1"}, "", 0, 0},
		"there":         {config.Image{User: "1", Workdir: "/srv"}, "", 0, 0},
		"the root":      {config.Image{User: "1", Workdir: "/"}, "", 0, 0},
		"new":           {config.Image{User: "5:6", Workdir: "/srv/app"}, "srv/app", 5, 6},
		"without group": {config.Image{User: "5", Workdir: "/app/"}, "app", 5, 0},
		"named":         {config.Image{User: "www-data", Workdir: "/app"}, "app", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := oci.Tree{}
			if err := addWorkdir(tree, contents, c.image); err != nil {
				t.Fatal(err)
			}
			f, made := tree[c.at]
			if made != (c.at != "") || f.UID != c.uid || f.GID != c.gid || made && f.Mode != fs.ModeDir|0o755 {
				t.Errorf("the directory is %+v", tree)
			}
		})
	}
}
