package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
)

// mark is a variable by which the processes of a bench can be told. No
// container has it.
const mark = "CHAOS_BENCH"

// patience is how long something may take to go by itself.
const patience = 10 * time.Second

// leftovers are processes and mounts that no run needs any longer.
func (b *bench) leftovers() error {
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		processes, err := b.processes()
		if err != nil {
			return err
		}
		mounts, err := b.mounts()
		if err != nil {
			return err
		}
		if len(processes) == 0 && len(mounts) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("left behind: processes %q, mounts %q", processes, mounts)
		}
	}
}

// processes are those of runs and of containers. The builder stays.
func (b *bench) processes() ([]string, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, dir := range dirs {
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil {
			continue // it has ended
		}
		of := slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool {
			return string(v) == mark+"="+filepath.Base(b.dir) || strings.HasPrefix(string(v), "CHAOS=")
		})
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !of || err != nil || bytes.Contains(line, []byte("builder\x00serve")) {
			continue
		}
		found = append(found, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
	}
	return found, nil
}

// mounts are those below the builder's state in this mount namespace: the
// builder has one of its own.
func (b *bench) mounts() ([]string, error) {
	infos, err := mountinfo.GetMounts(mountinfo.PrefixFilter(b.state))
	var found []string
	for _, info := range infos {
		found = append(found, info.Mountpoint)
	}
	return found, errors.Join(err)
}
