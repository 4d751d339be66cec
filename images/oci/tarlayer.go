package oci

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// capability is the one extended attribute that is kept.
const capability = "SCHILY.xattr.security.capability"

// NewTarLayer makes a layer of a tar and of the paths that it removes, in the
// directory dir as [NewLayer] does. Entries keep mode, owner and order, and bear
// the time given.
func NewTarLayer(dir string, added io.Reader, gone []string, at time.Time) (v1.Layer, error) {
	return write(dir, func(w io.Writer) error {
		out := tar.NewWriter(w)
		for _, name := range uppermost(gone) {
			header := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(path.Dir(name), whiteout+path.Base(name)), Mode: 0o644, ModTime: at}
			if err := out.WriteHeader(header); err != nil {
				return err
			}
		}
		if err := copyTar(out, added, at); err != nil {
			return err
		}
		return out.Close()
	})
}

// uppermost are sorted paths without those below another.
func uppermost(names []string) []string {
	var kept []string
	all := map[string]bool{}
	for _, name := range names {
		all[tarName(name)] = true
	}
	for name := range all {
		inside := name == "."
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			inside = inside || all[dir]
		}
		if !inside {
			kept = append(kept, name)
		}
	}
	slices.Sort(kept)
	return kept
}

// copyTar copies the entries of a tar that a layer can have.
func copyTar(out *tar.Writer, from io.Reader, at time.Time) error {
	in := tar.NewReader(from)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := tarName(header.Name)
		if name == "." {
			continue
		}
		if strings.HasPrefix(path.Base(name), whiteout) {
			return fmt.Errorf("%q: this name removes files", header.Name)
		}
		kept := &tar.Header{
			Typeflag: header.Typeflag, Name: name, Linkname: header.Linkname, Size: header.Size,
			Mode: header.Mode & 0o7777, Uid: header.Uid, Gid: header.Gid, ModTime: at,
		}
		switch header.Typeflag {
		case tar.TypeDir:
			kept.Name += "/"
		case tar.TypeLink:
			kept.Linkname = tarName(header.Linkname)
		case tar.TypeReg, tar.TypeSymlink:
		default:
			return fmt.Errorf("%q is neither file, link nor directory", header.Name)
		}
		if value, there := header.PAXRecords[capability]; there {
			kept.PAXRecords = map[string]string{capability: value}
		}
		if err := out.WriteHeader(kept); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, header.Size); err != nil {
			return err
		}
	}
}
