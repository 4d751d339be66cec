package oci

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// zoneinfo is lib/time/zoneinfo.zip of Go's distribution, as it is.
//
//go:embed zoneinfo.zip
var zoneinfo []byte

// Versions of the files of [AddScratch], for the SBOM. A test compares them
// with their origin.
const (
	zonesVersion = "2025c"
	rootsVersion = "v0.0.0-20261030153154-30a33513ff6d"
)

// CertFile is the bundle of certificate authorities of an image from scratch.
const CertFile = "/etc/ssl/certs/ca-certificates.crt"

// AddScratch adds files that programs expect of a system: certificate
// authorities, time zones, users, and /tmp. All of it is part of cranekit, and
// not taken from the toolchain or a mirror: the same source has to give the
// same image next month, on a toolchain that has none of it, and for another
// architecture.
func (t Tree) AddScratch() error {
	t.AddBytes("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"))
	t.AddBytes("etc/group", 0o644, []byte("root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n"))
	t.AddBytes("etc/nsswitch.conf", 0o644, []byte("passwd: files\ngroup: files\nhosts: files dns\n"))
	t.AddBytes(strings.TrimPrefix(CertFile, "/"), 0o644, authorities())
	t["tmp"] = File{Mode: fs.ModeDir | fs.ModeSticky | 0o777}
	return t.addZones()
}

// ScratchPackages are what AddScratch adds, for the SBOM.
func ScratchPackages() []SystemPackage {
	return []SystemPackage{
		{Type: "golang", Distribution: "golang.org/x/crypto/x509roots", Name: "fallback", Version: rootsVersion},
		{Type: "generic", Name: "tzdata", Version: zonesVersion},
	}
}

// authorities are Mozilla's in PEM. Those that Mozilla trusts conditionally are
// left out: a PEM file cannot express conditions.
func authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			// Writing to a buffer cannot fail.
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return out.Bytes()
}

func (t Tree) addZones() error {
	archive, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return fmt.Errorf("reading the time zones: %w", err)
	}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return fmt.Errorf("reading the time zones: %w", err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("reading the time zones: %w", err)
		}
		t.AddBytes("usr/share/zoneinfo/"+f.Name, 0o644, data)
	}
	return nil
}
