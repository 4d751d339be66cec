package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/config"
)

const (
	// maxFile bounds the file, in bytes.
	maxFile = 1 << 20
	// lockTime is how long a writer waits for another.
	lockTime = 10 * time.Second
	header   = "# What repositories are trusted with. Written by `cranekit trust`; lines may be taken out.\n"
)

// FileName is the file in the user's directory of configuration, that of
// [os.UserConfigDir].
const FileName = "cranekit/trust.yaml"

// ErrUnsafe is wrapped by errors of a file that others could have written.
var ErrUnsafe = errors.New("not safe to use")

// Path is where the file is, by the user's directory of configuration.
func Path() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's configuration: %w", err)
	}
	return filepath.Join(dir, filepath.FromSlash(FileName)), nil
}

// Read reads the file, which must be the user's own and not in the repository
// that is asked about. Without a file there are no entries.
func Read(path, repository string) ([]Entry, error) {
	if err := outside(path, repository); err != nil {
		return nil, err
	}
	f, err := openOwn(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxFile)
	}
	var entries []Entry
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	for _, e := range entries {
		for _, t := range e.Trust {
			if _, err := config.ParseTrust(string(t)); err != nil {
				return nil, fmt.Errorf("reading %s: %w", path, err)
			}
		}
	}
	return entries, nil
}

// outside refuses a file that the repository itself may bring.
func outside(path, repository string) error {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		dir, err = filepath.Abs(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if rel, err := filepath.Rel(repository, dir); repository != "" && err == nil && filepath.IsLocal(rel) {
		return fmt.Errorf("%s: %w: it lies in the repository", path, ErrUnsafe)
	}
	return nil
}

// Update changes the entries. Of two that do so at once, one waits for the
// other; a reader finds the old file or the whole new one.
func Update(ctx context.Context, path, repository string, change func([]Entry) []Entry) error {
	if err := outside(path, repository); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the directory of %s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("waiting for another writer of %s: %w", path, err)
	}
	entries, err := Read(path, repository)
	if err == nil {
		err = write(path, change(entries))
	}
	return errors.Join(err, lock.Unlock())
}

// write replaces the file.
func write(path string, entries []Entry) error {
	var text bytes.Buffer
	text.WriteString(header)
	if len(entries) > 0 {
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		if err := errors.Join(encoder.Encode(entries), encoder.Close()); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".trust-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}
