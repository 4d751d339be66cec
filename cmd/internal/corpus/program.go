package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
)

// Program is a published program with its lock.
type Program struct {
	Name, Version string
	// Checksum is the SHA-256 of the crate in hexadecimal digits.
	Checksum string
	// Why is the reason for trying it.
	Why string
	Settings
}

// Case is the program as a case.
func (p *Program) Case() Case {
	return Case{
		Name: p.Name, About: p.Version + ": " + p.Why, Group: GroupProgram, Dir: ".", Quick: p.Quick, Settings: p.Settings,
		lay: func(ctx context.Context, dir string, _ *Server) error { return p.Download(ctx, dir) },
	}
}

// Download unpacks the program from the crate registry into dir.
func (p *Program) Download(ctx context.Context, dir string) error {
	name := p.Name + "-" + p.Version
	url := fmt.Sprintf("https://static.crates.io/crates/%s/%s.crate", p.Name, name)
	data, err := get(ctx, url)
	if err != nil {
		return fmt.Errorf("downloading %s: %w", url, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.Checksum {
		return fmt.Errorf("downloading %s: checksum %x, want %s", url, sum, p.Checksum)
	}
	if err := unpack(data, name, dir); err != nil {
		return fmt.Errorf("unpacking %s: %w", name, err)
	}
	return nil
}

func get(ctx context.Context, url string) (data []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(response.Body)
}

// unpack writes the regular files of a crate, all of which are below top.
func unpack(crate []byte, top, dir string) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(crate))
	if err != nil {
		return err
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		name, below := strings.CutPrefix(header.Name, top+"/")
		if !below || !filepath.IsLocal(name) {
			return fmt.Errorf("the file name %q leads out of the crate", header.Name)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := write(dir, name, text, header.FileInfo().Mode().Perm()|0o600); err != nil {
			return err
		}
	}
}
