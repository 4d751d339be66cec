// Package oci makes images of binaries and writes them to registries, Docker
// engines and OCI layouts. Equal input gives equal digests: an image does not
// contain when, where or by whom it was made.
package oci

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// BinDir is where binaries are in an image, without the leading slash.
const BinDir = "usr/local/bin"

// Config describes an image and how to run it.
type Config struct {
	Entrypoint []string
	Cmd        []string
	User       string
	// Workdir is a path, "" for that of the base.
	Workdir string
	// Expose are ports such as 8080 or 53/udp, on top of those of the base.
	Expose []string
	// Env is added to the environment of the base.
	Env map[string]string
	// Labels are added to those of the base; an empty value removes one.
	Labels map[string]string
	// Created is the time in the image.
	Created  time.Time
	Platform v1.Platform
}

// New puts a layer on a base, nil for none.
func New(base v1.Image, layer v1.Layer, c Config) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if base != nil {
		image = base
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the base image: %w", err)
	}
	if image, err = mutate.ConfigFile(image, c.file(file)); err != nil {
		return nil, err
	}
	return Append(image, layer, c.Created)
}

// CreatedBy is what the history of an image says of the layers that are made here.
const CreatedBy = "cranekit"

// Append puts a layer on an image and changes nothing else of it.
func Append(image v1.Image, layer v1.Layer, created time.Time) (v1.Image, error) {
	add := mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{CreatedBy: CreatedBy, Created: v1.Time{Time: created}}}
	if kind, err := image.MediaType(); err == nil && kind == types.DockerManifestSchema2 {
		add.Layer, add.MediaType = dockerLayer{layer}, types.DockerLayer
	}
	image, err := mutate.Append(image, add)
	if err != nil {
		return nil, fmt.Errorf("adding the layer: %w", err)
	}
	return image, nil
}

// dockerLayer is a layer as images of Docker's own format have it.
type dockerLayer struct{ v1.Layer }

// MediaType hides that of the layer.
func (dockerLayer) MediaType() (types.MediaType, error) { return types.DockerLayer, nil }

// file is the configuration of an image on a base with the configuration base.
func (c Config) file(base *v1.ConfigFile) *v1.ConfigFile {
	file := base.DeepCopy()
	file.OS, file.Architecture, file.Variant = c.Platform.OS, c.Platform.Architecture, c.Platform.Variant
	file.Created, file.Author, file.Container = v1.Time{Time: c.Created}, "", ""
	file.Config.Entrypoint, file.Config.Cmd = c.Entrypoint, c.Cmd
	file.Config.User, file.Config.Hostname, file.Config.Image = c.User, "", ""
	file.Config.Env = environment(base.Config.Env, c.Env)
	if c.Workdir != "" {
		file.Config.WorkingDir = c.Workdir
	}
	for _, port := range c.Expose {
		if !strings.Contains(port, "/") {
			port += "/tcp"
		}
		if file.Config.ExposedPorts == nil {
			file.Config.ExposedPorts = map[string]struct{}{}
		}
		file.Config.ExposedPorts[port] = struct{}{}
	}
	labels := map[string]string{}
	maps.Copy(labels, base.Config.Labels)
	maps.Copy(labels, c.Labels)
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	if file.Config.Labels = labels; len(labels) == 0 {
		file.Config.Labels = nil // as it is when it is read again
	}
	return file
}

// defaultPath is the PATH of an image whose base has none.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment adds variables to those of a base, in the order of their names.
func environment(base []string, add map[string]string) []string {
	env := slices.Clone(base)
	if len(base) == 0 {
		env = []string{defaultPath}
	}
	for _, name := range slices.Sorted(maps.Keys(add)) {
		env = slices.DeleteFunc(env, func(pair string) bool { return len(pair) > len(name) && pair[:len(name)+1] == name+"=" })
		env = append(env, name+"="+add[name])
	}
	return env
}
