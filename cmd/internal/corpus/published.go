package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
)

// Published finds a program by NAME or NAME@VERSION in the index of crates.io.
// Without a version it is the newest that is not yanked. It runs with the
// default configuration: profile release.
func Published(ctx context.Context, spec string) (Program, error) {
	name, version, _ := strings.Cut(spec, "@")
	if name == "" {
		return Program{}, fmt.Errorf("%q is no NAME or NAME@VERSION", spec)
	}
	url := "https://index.crates.io/" + path.Join(prefix(strings.ToLower(name)), strings.ToLower(name))
	data, err := get(ctx, url)
	if err != nil {
		return Program{}, fmt.Errorf("reading %s: %w", url, err)
	}
	found := Program{Name: name, Why: "asked for", Settings: Settings{Profile: "release", Coverage: true}}
	for line := range bytes.Lines(data) {
		var entry struct {
			Vers, Cksum string
			Yanked      bool
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return Program{}, fmt.Errorf("reading %s: %w", url, err)
		}
		// The index has versions in the order of their publication.
		if entry.Vers == version || version == "" && !entry.Yanked && !strings.Contains(entry.Vers, "-") {
			found.Version, found.Checksum = entry.Vers, entry.Cksum
		}
	}
	if found.Version == "" {
		return Program{}, fmt.Errorf("the index of crates.io has no %s", spec)
	}
	return found, nil
}
