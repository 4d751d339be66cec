package buildkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"
)

// share lets the builder keep the files of a checkout between runs and receive
// differences only.
//
// A file of the same name, size and time is none for the builder. Where the
// repository says what the time is, as in an archive or after a tool that gives
// files the times of their commits, one branch could so put its file into
// the source of another that is checked out at the same place later. These times
// are whole seconds, which those of files that were just written are not: files
// with such a time are kept apart by what is in them.
func (in Inputs) share(ctx context.Context, opt *client.SolveOpt) error {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s", Machine(), in.Tree.Root)
	source, err := in.Tree.FS(nil)
	if err != nil {
		return err
	}
	for _, files := range []fsutil.FS{source, opt.LocalMounts[dockerfileMount]} {
		if files == nil {
			continue
		}
		if err := sumGiven(ctx, sum, files); err != nil {
			return err
		}
	}
	opt.SharedKey = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Machine tells this machine from others that have the same paths.
func Machine() string {
	host, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id")
	return host + "\x00" + string(id)
}

// sumGiven writes down the plain files whose times are whole seconds.
func sumGiven(ctx context.Context, to io.Writer, files fsutil.FS) error {
	return files.Walk(ctx, "", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Nanosecond() != 0 {
			return err
		}
		in, err := files.Open(name)
		if err != nil {
			return err
		}
		defer in.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, in); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err = fmt.Fprintf(to, "\x00%s\x00%x", name, sum.Sum(nil))
		return err
	})
}
