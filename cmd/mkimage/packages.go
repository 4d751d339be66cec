package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// readPackages reads a list of packages, one a line; lines that begin with #
// are comments.
func readPackages(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the packages of the image: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	return names, nil
}

// readVersions returns the version of every package in dpkg's database.
func readVersions(status io.Reader) (map[string]string, error) {
	versions := map[string]string{}
	name := ""
	lines := bufio.NewScanner(status)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "Package: "); ok {
			name = after
		} else if after, ok := strings.CutPrefix(lines.Text(), "Version: "); ok {
			versions[name] = after
		}
	}
	return versions, lines.Err()
}
