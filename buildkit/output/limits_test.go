package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
)

// endless is a result without an end: as many files as asked for in each
// directory, and directories in directories.
type endless struct {
	files, size int64
	dirs        bool
	reads       *int
}

func (e endless) readDir(context.Context, string) ([]*types.Stat, error) {
	var entries []*types.Stat
	for i := range e.files {
		entries = append(entries, &types.Stat{Path: fmt.Sprint("file", i), Mode: 0o644, Size: e.size})
	}
	if e.dirs {
		entries = append(entries, &types.Stat{Path: "dir", Mode: uint32(fs.ModeDir | 0o755)})
	}
	return entries, nil
}

func (endless) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (e endless) readFile(_ context.Context, _ string, at *gateway.FileRange) ([]byte, error) {
	*e.reads++
	return make([]byte, at.Length), nil
}

// TestLimits: what is too much is named, not read, and leaves nothing.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result endless
		want   string
	}{
		"bytes of one":   {endless{files: 1, size: 101 << 20}, "output-size"},
		"bytes of many":  {endless{files: 11, size: 10 << 20}, "output-size"},
		"negative bytes": {endless{files: 1, size: -1}, "output-size"},
		"overflow":       {endless{files: 3, size: 1<<63 - 1}, "output-size"},
		"files":          {endless{files: 1001}, "more than 1000 files and directories: output-files"},
		"depth":          {endless{dirs: true}, "more than 64 directories in one another"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "check")
			to := in(dir)
			to.Limits = Limits{Size: 100 << 20, Files: 1000}
			c.result.reads = new(int)
			err := Save(t.Context(), c.result, to)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
			if errors.As(err, &UnreadError{}) {
				t.Errorf("%v is taken for one of the builder", err)
			}
			if *c.result.reads > 0 {
				t.Errorf("files were read %d times", *c.result.reads)
			}
			if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) > 0 {
				t.Errorf("left are %v, %v", left, err)
			}
		})
	}
}

// TestLogDespiteLimits: of an output that is too much, the log comes out.
func TestLogDespiteLimits(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]memory{
		"bytes": {"big": make([]byte, 101), "log.txt": []byte("why")},
		"files": {"a": nil, "b": nil, "c": nil, "log.txt": []byte("why")},
	} {
		dir := filepath.Join(t.TempDir(), "check")
		to := in(dir)
		to.Limits = Limits{Size: 100, Files: 3}
		err := Save(t.Context(), result, to)
		if err == nil || to.CameOut(err) != dir {
			t.Errorf("%s: the error is %v, the directory %q", name, err, to.CameOut(err))
		}
		files, _ := os.ReadDir(dir)
		text, _ := os.ReadFile(filepath.Join(dir, "log.txt"))
		if len(files) != 1 || string(text) != "why" {
			t.Errorf("%s: left are %v, and the log %q", name, files, text)
		}
	}
	to := in(filepath.Join(t.TempDir(), "check"))
	to.Limits = Limits{}
	if err := Save(t.Context(), memory{"a": nil}, to); err == nil || to.CameOut(err) != "" {
		t.Errorf("without a log: the error is %v, the directory %q", err, to.CameOut(err))
	}
}

// sparse is a file of zeros with a few bytes at some places.
type sparse struct {
	name string
	size int64
	at   map[int64]string
}

func (s sparse) readDir(context.Context, string) ([]*types.Stat, error) {
	return []*types.Stat{{Path: s.name, Mode: 0o644, Size: s.size}}, nil
}

func (sparse) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (s sparse) readFile(_ context.Context, _ string, at *gateway.FileRange) ([]byte, error) {
	data := make([]byte, min(int64(at.Length), s.size-int64(at.Offset)))
	for offset, text := range s.at {
		if from := offset - int64(at.Offset); from >= 0 && from < int64(len(data)) {
			copy(data[from:], text)
		}
	}
	return data, nil
}

func TestHoles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "check")
	size := int64(3*chunk + block/2)
	result := sparse{"disk.img", size, map[int64]string{0: "begin", block - 1: "xy", chunk + 5*block: "middle", size - 3: "end"}}
	if err := Save(t.Context(), result, in(dir)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "disk.img")
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, size)
	for at, text := range result.at {
		copy(want[at:], text)
	}
	if !bytes.Equal(got, want) {
		t.Error("the file is another")
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Blocks*512 > 1<<20 {
		t.Errorf("the file takes %d bytes of disk", stat.Blocks*512)
	}
}

// TestLog saves logs in a form that can be shown, long ones without their
// middle.
func TestLog(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789 0123456789 0123456789\n", (3*logPart)/33)
	for name, c := range map[string]struct {
		log, prefix, suffix string
		size                int
	}{
		"harmless": {log: "a\n::error::x\n\x1b]0;x\x07b\r\n\xff", prefix: "a\n: :error::x\nb\n\ufffd", suffix: "\ufffd", size: 20},
		"empty":    {},
		"long":     {log: long, prefix: "0123456789 ", suffix: "456789\n", size: 2*logPart + 200},
		"one line": {log: "a" + strings.Repeat("x", 3*logPart) + "b", prefix: "ax", suffix: "xb", size: 2*logPart + 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "check")
			if err := Save(t.Context(), memory{logFile: []byte(c.log)}, in(dir)); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(dir, logFile))
			if err != nil {
				t.Fatal(err)
			}
			got := string(data)
			if !strings.HasPrefix(got, c.prefix) || !strings.HasSuffix(got, c.suffix) || len(got) > c.size {
				t.Errorf("%d bytes, %.50q", len(got), got)
			}
			if c.size < logPart {
				return
			}
			before, after, cut := strings.Cut(got, "\ncranekit: 16MiB of the log are left out here\n\n")
			if !cut {
				t.Fatal("nothing is said of what is left out")
			}
			if name == "long" && (!strings.HasSuffix(before, "9\n") || !strings.HasPrefix(after, "0123456789 ")) {
				t.Errorf("cut in a line: …%q, %q…", before[len(before)-20:], after[:20])
			}
		})
	}
}

// broken is a result that the builder cannot read.
type broken struct{ memory }

func (broken) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (broken) readFile(context.Context, string, *gateway.FileRange) ([]byte, error) {
	return nil, errors.New("corrupt layer")
}

// TestUnread tells a builder that cannot read a layer from files that cannot be
// written here: only the first is a reason to solve a check again.
func TestUnread(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "check")
	err := Save(t.Context(), broken{memory{"bin/app": []byte("x")}}, in(dir))
	if err == nil || !errors.As(err, &UnreadError{}) {
		t.Errorf("the builder is not blamed for %v", err)
	}

	// A file where the output directory is to be; root may write anywhere.
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	err = Save(t.Context(), memory{"bin/app": []byte("x")}, in(filepath.Join(dir, "check")))
	if err == nil || errors.As(err, &UnreadError{}) {
		t.Errorf("the builder is blamed for %v", err)
	}

	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = full.Close() }()
	c := &copier{Reader: memory{"app": []byte("x")}, ctx: t.Context()}
	err = c.read(file{"app", &types.Stat{Size: 1}}, 0, 1, func(data []byte, _ int64) error {
		_, err := full.Write(data)
		return err
	})
	if !errors.Is(err, syscall.ENOSPC) || errors.As(err, &UnreadError{}) {
		t.Errorf("the builder is blamed for %v", err)
	}
}

// TestSavePrevious links what an earlier run left in another directory.
func TestSavePrevious(t *testing.T) {
	t.Parallel()
	output := t.TempDir()
	first := &dated{content: "old", modified: telling, mode: 0o755}
	if err := Save(t.Context(), first, in(filepath.Join(output, ".previous", "check"))); err != nil {
		t.Fatal(err)
	}
	again := &dated{content: "old", modified: telling, mode: 0o755}
	to := in(filepath.Join(output, "check"))
	to.Previous = ".previous"
	if err := Save(t.Context(), again, to); err != nil || again.reads > 0 {
		t.Errorf("read %d times, %v", again.reads, err)
	}
	if text, err := os.ReadFile(filepath.Join(output, "check", "bin", "app")); string(text) != "old" {
		t.Errorf("the file has %q, %v", text, err)
	}
}
