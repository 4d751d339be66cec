package project

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/repofs"
)

// Authorities are the certificates that steps with network get beside those of
// their image: a company's proxy has one that no image knows.
type Authorities struct {
	// Bundle is their PEM text.
	Bundle []byte
	// From is the file or directory that they are from, Named is set if that is
	// network.ca.
	From  string
	Named bool
	// Note is a line for people, "" for none.
	Note string
}

// bundleFiles and bundleDirs are where crypto/x509 looks on Linux and the BSDs.
func bundleFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
	}
}

func bundleDirs() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// FindAuthorities reads network.ca, or without it what this machine trusts.
// network.ca: "" hands nothing over.
func FindAuthorities(cfg *config.Config, getenv func(string) string) (Authorities, error) {
	file, origin := cfg.Network.CA, cfg.Origins["network.ca"]
	inherited := origin == "SSL_CERT_FILE"
	switch {
	case file != "" && !inherited:
		return namedAuthorities(file)
	case file == "" && origin != "" && origin != "default":
		return Authorities{}, nil
	}
	var files []string
	if inherited {
		files = []string{file}
	} else if i := slices.IndexFunc(bundleFiles(), isRegular); i >= 0 {
		files = bundleFiles()[i : i+1]
	}
	dirs := filepath.SplitList(getenv("SSL_CERT_DIR"))
	if len(files) == 0 && len(dirs) == 0 {
		dirs = bundleDirs()
	}
	return machineAuthorities(files, dirs), nil
}

func isRegular(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// namedAuthorities reads the file of network.ca.
func namedAuthorities(file string) (Authorities, error) {
	data, err := repofs.ReadRegular(file, repofs.MaxFile)
	if err != nil {
		return Authorities{}, fileError("network.ca", err)
	}
	bundle := certificates(nil, data)
	switch {
	case len(bundle) == 0:
		return Authorities{}, Usage(fmt.Errorf("network.ca: there is no certificate in %s", file))
	case len(bundle) > maxSecret:
		return Authorities{}, Usage(fmt.Errorf("network.ca: the certificates of %s are more than %d bytes: keep those that the image does not have", file, maxSecret))
	}
	return Authorities{Bundle: bundle, From: file, Named: true}, nil
}

// machineAuthorities gathers the certificates of files and directories. What
// cannot be read is not there for other programs either.
func machineAuthorities(files, dirs []string) Authorities {
	var a Authorities
	add := func(file, from string) {
		data, err := repofs.ReadRegular(file, repofs.MaxFile)
		before := len(a.Bundle)
		if err == nil {
			a.Bundle = certificates(a.Bundle, data)
		}
		if a.From == "" && len(a.Bundle) > before {
			a.From = from
		}
	}
	for _, file := range files {
		add(file, file)
	}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if file := filepath.Join(dir, entry.Name()); isRegular(file) {
				add(file, dir)
			}
		}
	}
	if len(a.Bundle) > maxSecret {
		a.Note = fmt.Sprintf("the certificates of %s are more than %d bytes and not handed to steps with network: name in network.ca those that the image does not have", a.From, maxSecret)
		a.Bundle = nil
	}
	return a
}

// certificates appends those of a PEM file that are not there yet, without the
// text between them.
func certificates(bundle, data []byte) []byte {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return bundle
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		text := pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})
		if !bytes.Contains(bundle, text) {
			bundle = append(bundle, text...)
		}
	}
}
