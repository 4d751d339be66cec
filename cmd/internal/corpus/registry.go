package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/tools/txtar"
)

// registryIndex is a sparse registry in the making.
type registryIndex struct {
	lines map[string][]string
}

// indexEntry is a line of the index, see the cargo book on registry indexes.
type indexEntry struct {
	Name      string              `json:"name"`
	Version   string              `json:"vers"`
	Deps      []indexDep          `json:"deps"`
	Checksum  string              `json:"cksum"`
	Features  map[string][]string `json:"features"`
	Features2 map[string][]string `json:"features2,omitempty"`
	Yanked    bool                `json:"yanked"`
	Links     string              `json:"links,omitempty"`
	Format    int                 `json:"v"`
}

type indexDep struct {
	Name            string   `json:"name"`
	Requirement     string   `json:"req"`
	Features        []string `json:"features"`
	Optional        bool     `json:"optional"`
	DefaultFeatures bool     `json:"default_features"`
	Target          *string  `json:"target"`
	Kind            string   `json:"kind"`
	Registry        string   `json:"registry,omitempty"`
}

// add packs a crate, whose manifest has to be as cargo publishes it, and adds
// its line.
func (x *registryIndex) add(s site, top string, files []txtar.File) error {
	crate, err := pack(top, files)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == "Cargo.toml" })
	if i < 0 {
		return fmt.Errorf("there is no Cargo.toml")
	}
	var m struct {
		Package  struct{ Name, Version, Links string }
		Deps     map[string]any `toml:"dependencies"`
		Features map[string][]string
	}
	if err := toml.Unmarshal(files[i].Data, &m); err != nil {
		return err
	}
	sum := sha256.Sum256(crate)
	entry := indexEntry{
		Name: m.Package.Name, Version: m.Package.Version, Links: m.Package.Links, Deps: []indexDep{},
		Checksum: hex.EncodeToString(sum[:]), Features: map[string][]string{}, Features2: m.Features, Format: 2,
	}
	for name, value := range m.Deps {
		entry.Deps = append(entry.Deps, newIndexDep(name, value))
	}
	slices.SortFunc(entry.Deps, func(a, b indexDep) int { return strings.Compare(a.Name, b.Name) })
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if x.lines == nil {
		x.lines = map[string][]string{}
	}
	x.lines[entry.Name] = append(x.lines[entry.Name], string(line))
	return write(s.dir, path.Join("crates", entry.Name, entry.Version, "download"), crate, 0o644)
}

func newIndexDep(name string, value any) indexDep {
	dep := indexDep{Name: name, Features: []string{}, DefaultFeatures: true, Kind: "normal"}
	switch v := value.(type) {
	case string:
		dep.Requirement = v
	case map[string]any:
		dep.Requirement, _ = v["version"].(string)
		dep.Optional, _ = v["optional"].(bool)
		// Other crates are in the registry of crates.io.
		if index, ok := v["registry-index"].(string); ok {
			dep.Registry = index
		}
	}
	return dep
}

// pack makes a .crate of files, equal ones of equal files.
func pack(top string, files []txtar.File) ([]byte, error) {
	var b bytes.Buffer
	// Not compressed: compressors may change from one Go to the next.
	zip, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(zip)
	for _, f := range files {
		header := tar.Header{Name: path.Join(top, f.Name), Mode: 0o644, Size: int64(len(f.Data)), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.Data); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// write writes the index.
func (x *registryIndex) write(s site) error {
	if x.lines == nil {
		return nil
	}
	config, err := json.Marshal(map[string]string{"dl": s.url + "/crates"})
	if err != nil {
		return err
	}
	if err := write(s.dir, "index/config.json", config, 0o644); err != nil {
		return err
	}
	for name, lines := range x.lines {
		if err := write(s.dir, path.Join("index", prefix(name), name), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// prefix is the directory of a crate in an index.
func prefix(name string) string {
	switch len(name) {
	case 1, 2:
		return fmt.Sprint(len(name))
	case 3:
		return "3/" + name[:1]
	default:
		return name[:2] + "/" + name[2:4]
	}
}
