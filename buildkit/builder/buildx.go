package builder

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/engine"
)

// buildxInstance is what docker buildx keeps of a builder (its package store,
// type NodeGroup).
type buildxInstance struct {
	Driver string
	Nodes  []buildxNode
}

type buildxNode struct {
	Name, Endpoint string
	DriverOpts     map[string]string
	// Platforms are those that --platform gave the node, none for what it
	// says itself.
	Platforms []ocispecs.Platform
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

// BuildxSpecs are all that a [Choice] can say of docker buildx: the names of
// its builders, and the nodes of those that have several.
func BuildxSpecs(getenv func(string) string) []string {
	var specs []string
	for _, name := range BuildxNames(getenv) {
		specs = append(specs, name)
		for _, node := range BuildxNodes(name, getenv) {
			specs = append(specs, node.Spec)
		}
	}
	return specs
}

// BuildxNode is one of several nodes of a builder of docker buildx.
type BuildxNode struct {
	// Spec is BUILDER/NODE, for [Choice].
	Spec string
	// Platforms are those that the node was given, such as "linux/arm64".
	Platforms []string
}

// BuildxNodes are the nodes of a builder that docker buildx knows, nil where
// it has but one or is not known.
func BuildxNodes(name string, getenv func(string) string) []BuildxNode {
	instance, err := readBuildx(name, getenv)
	if err != nil || len(instance.Nodes) < 2 {
		return nil // an error is for whoever uses the builder
	}
	nodes := make([]BuildxNode, len(instance.Nodes))
	for i, node := range instance.Nodes {
		nodes[i].Spec = name + "/" + node.Name
		for _, platform := range node.Platforms {
			nodes[i].Platforms = append(nodes[i].Platforms, platforms.Format(platforms.Normalize(platform)))
		}
	}
	return nodes
}

func readBuildx(name string, getenv func(string) string) (buildxInstance, error) {
	var instance buildxInstance
	if !slices.Contains(BuildxNames(getenv), name) {
		return instance, fmt.Errorf("docker buildx has no builder %s", name)
	}
	file := filepath.Join(buildxInstances(getenv), name)
	data, err := os.ReadFile(file)
	if err != nil {
		return instance, fmt.Errorf("reading buildx's builder: %w", err)
	}
	if err := json.Unmarshal(data, &instance); err != nil {
		return instance, fmt.Errorf("reading buildx's builder in %s: %w", file, err)
	}
	if len(instance.Nodes) == 0 {
		return instance, fmt.Errorf("buildx's builder %s has no nodes", name)
	}
	return instance, nil
}

// isBuildx reports whether a choice is one of [BuildxNames], or a node of it.
func isBuildx(spec string, getenv func(string) string) bool {
	name, _, _ := strings.Cut(spec, "/")
	return slices.Contains(BuildxNames(getenv), name)
}

// buildxBuilder is the builder of one of [BuildxNames]: the node that is named,
// as in BUILDER/NODE, or the first.
func buildxBuilder(spec string, getenv func(string) string) (Builder, error) {
	name, nodeName, chosen := strings.Cut(spec, "/")
	instance, err := readBuildx(name, getenv)
	if err != nil {
		return nil, err
	}
	i := 0
	if chosen {
		if i = slices.IndexFunc(instance.Nodes, func(n buildxNode) bool { return n.Name == nodeName }); i < 0 {
			return nil, fmt.Errorf("buildx's builder %s has no node %s", name, nodeName)
		}
	}
	node := instance.Nodes[i]
	switch instance.Driver {
	case "remote":
		o := node.DriverOpts
		return newRemote(spec, Address{URL: node.Endpoint, CA: o["cacert"], Cert: o["cert"], Key: o["key"], ServerName: o["servername"]})
	case "docker-container":
		box := "buildx_buildkit_" + node.Name
		return containerOf(named(spec, "docker-container://"+box), box, node.Endpoint, getenv)
	}
	return nil, fmt.Errorf("buildx's driver %s of %s is not supported: use one of remote and docker-container", instance.Driver, name)
}
