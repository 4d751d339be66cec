package main

import (
	"fmt"
	"io"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// refName is the annotation by which tools name an image in a layout.
const refName = "org.opencontainers.image.ref.name"

// writeImage makes dir an OCI layout of one image with one layer, the tar
// rootfs. The versions of the named packages become labels.
func writeImage(dir string, rootfs io.Reader, packages []string) error {
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	content, versions, err := writeLayer(dir, rootfs)
	if err != nil {
		return fmt.Errorf("writing the layer: %w", err)
	}
	labels := make(map[string]string, len(packages))
	for _, name := range packages {
		version, ok := versions[name]
		if !ok {
			return fmt.Errorf("package %s is not in the root file system", name)
		}
		labels["org.debian.package."+name] = version
	}
	image, err := assemble(content, labels)
	if err != nil {
		return fmt.Errorf("describing the image: %w", err)
	}
	err = path.AppendImage(image,
		layout.WithAnnotations(map[string]string{refName: "rust-debian"}),
		layout.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	return nil
}

// assemble describes an image of one layer. It has no date, so that equal
// content is an equal image.
func assemble(content v1.Layer, labels map[string]string) (v1.Image, error) {
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	image, err := mutate.ConfigFile(image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: runtime.GOARCH,
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Env:    []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			Cmd:    []string{"bash"},
			Labels: labels,
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(image, mutate.Addendum{
		Layer:     content,
		MediaType: types.OCILayerZStd,
		History:   v1.History{CreatedBy: "mkrootfs"},
	})
}
