package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// SBOMType is the predicate type of an SBOM. It is SPDX, as that is the one
// that BuildKit writes and that `docker buildx imagetools inspect` shows.
const SBOMType = "https://spdx.dev/Document"

const noAssertion = "NOASSERTION"

// spdxDocument is the used part of SPDX 2.3.
type spdxDocument struct {
	Version       string             `json:"spdxVersion"`
	DataLicense   string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Creators []string `json:"creators"`
	Created  string   `json:"created"`
}

type spdxPackage struct {
	Name             string         `json:"name"`
	ID               string         `json:"SPDXID"`
	Version          string         `json:"versionInfo,omitempty"`
	Location         string         `json:"downloadLocation"`
	FilesAnalyzed    bool           `json:"filesAnalyzed"`
	Checksums        []spdxChecksum `json:"checksums,omitempty"`
	SourceInfo       string         `json:"sourceInfo,omitempty"`
	LicenseConcluded string         `json:"licenseConcluded"`
	LicenseDeclared  string         `json:"licenseDeclared"`
	Copyright        string         `json:"copyrightText"`
	Refs             []spdxRef      `json:"externalRefs,omitempty"`
	Purpose          string         `json:"primaryPackagePurpose,omitempty"`
}

type spdxChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type spdxRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// SBOM names every crate of the build and every system package in the image.
// SPDX demands a time: it is that of the image.
func SBOM(m Material, created time.Time) (Predicate, error) {
	const root, document = "SPDXRef-image", "SPDXRef-DOCUMENT"
	d := spdxDocument{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: document, Name: m.Title,
		Creation:      spdxCreation{[]string{"Tool: cranekit-" + m.Builder}, created.UTC().Format(time.RFC3339)},
		Packages:      []spdxPackage{describe(m.Title, root, m.Version, "", "", m.License)},
		Relationships: []spdxRelationship{{document, "DESCRIBES", root}},
	}
	d.Packages[0].Purpose = "CONTAINER"
	add := func(p spdxPackage, relationship string) {
		d.Packages = append(d.Packages, p)
		d.Relationships = append(d.Relationships, spdxRelationship{root, relationship, p.ID})
	}
	for i, c := range m.Crates {
		p := describe(c.Name, id("crate", i, c.Name, c.Version), c.Version, c.location(), c.purl(), c.License)
		if c.Checksum != "" {
			p.Checksums = []spdxChecksum{{"SHA256", c.Checksum}}
		}
		p.SourceInfo = c.Source
		add(p, "DEPENDS_ON")
	}
	for i, s := range m.System {
		add(describe(s.label(), id("system", i, s.Name, s.Version), s.Version, "", s.purl(), ""), "CONTAINS")
	}
	// Documents that differ must have different namespaces.
	text, err := json.Marshal(d)
	if err != nil {
		return Predicate{}, fmt.Errorf("writing the SBOM: %w", err)
	}
	sum := sha256.Sum256(text)
	d.Namespace = home + "/spdx/" + hex.EncodeToString(sum[:])
	return Predicate{SBOMType, d}, nil
}

func describe(name, id, version, location, purl, license string) spdxPackage {
	p := spdxPackage{
		Name: name, ID: id, Version: version, Location: noAssertion,
		LicenseConcluded: noAssertion, LicenseDeclared: noAssertion, Copyright: noAssertion,
	}
	if location != "" {
		p.Location = location
	}
	if license != "" {
		// Cargo once took a slash for "or".
		p.LicenseDeclared = strings.Join(strings.FieldsFunc(license, func(r rune) bool { return r == '/' }), " OR ")
	}
	if purl != "" {
		p.Refs = []spdxRef{{"PACKAGE-MANAGER", "purl", purl}}
	}
	return p
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// id is an identifier within a document. The number distinguishes packages that
// differ only in characters that it cannot contain.
func id(kind string, number int, name, version string) string {
	return fmt.Sprintf("SPDXRef-%s-%d-%s", kind, number, notInID.ReplaceAllString(name+"-"+version, "-"))
}
