package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/pkg/jsonmessage"
)

// Platform is what the engine runs without emulation, such as linux and amd64.
func (e *Engine) Platform(ctx context.Context) (os, arch string, err error) {
	v, err := e.docker.ServerVersion(ctx)
	return v.Os, v.Arch, err
}

// Maker is what the engine says that the last layer of an image was made by, "" for
// an image that it does not have.
func (e *Engine) Maker(ctx context.Context, ref string) (string, error) {
	history, err := e.docker.ImageHistory(ctx, ref)
	switch {
	case cerrdefs.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("asking for the image %s: %w", ref, err)
	case len(history) == 0 || history[0].CreatedBy == "":
		return "somebody", nil
	}
	return history[0].CreatedBy, nil
}

// Load gives the engine an image, in the form of docker save. The engine reports
// what it could not take within an answer of success.
func (e *Engine) Load(ctx context.Context, image io.Reader) error {
	answer, err := e.docker.ImageLoad(ctx, image)
	if err != nil {
		return fmt.Errorf("loading the image: %w", err)
	}
	err = jsonmessage.DisplayJSONMessagesStream(answer.Body, io.Discard, 0, false, nil)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("loading the image: %w", err)
	}
	return nil
}
