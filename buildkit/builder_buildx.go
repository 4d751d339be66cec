package buildkit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/buildkit/engine"
)

// buildxInstance is what docker buildx keeps of a builder (its package store,
// type NodeGroup). Only the first node is used: one run is for one builder.
type buildxInstance struct {
	Driver string
	Nodes  []struct {
		Name, Endpoint string
		DriverOpts     map[string]string
	}
}

// buildxInstances is the directory with a file for each builder of buildx.
func buildxInstances(getenv func(string) string) string {
	if dir := getenv("BUILDX_CONFIG"); dir != "" {
		return filepath.Join(dir, "instances")
	}
	if dir := engine.ConfigDir(getenv); dir != "" {
		return filepath.Join(dir, "buildx", "instances")
	}
	return ""
}

// BuildxNames lists the builders that docker buildx knows.
func BuildxNames(getenv func(string) string) []string {
	entries, _ := os.ReadDir(buildxInstances(getenv)) // without the directory there are none
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// buildxBuilder is the builder of one of [BuildxNames].
func buildxBuilder(name string, getenv func(string) string) (Builder, error) {
	file := filepath.Join(buildxInstances(getenv), name)
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading buildx's builder: %w", err)
	}
	var instance buildxInstance
	if err := json.Unmarshal(data, &instance); err != nil {
		return nil, fmt.Errorf("reading buildx's builder in %s: %w", file, err)
	}
	if len(instance.Nodes) == 0 {
		return nil, fmt.Errorf("buildx's builder %s has no nodes", name)
	}
	node := instance.Nodes[0]
	switch instance.Driver {
	case "remote":
		o := node.DriverOpts
		return newRemote(name, Address{URL: node.Endpoint, CA: o["cacert"], Cert: o["cert"], Key: o["key"], ServerName: o["servername"]})
	case "docker-container":
		box := "buildx_buildkit_" + node.Name
		return containerOf(named(name, "docker-container://"+box), box, node.Endpoint, getenv)
	}
	return nil, fmt.Errorf("buildx's driver %s of %s is not supported: use one of remote and docker-container", instance.Driver, name)
}
