package builder

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

const (
	// EmbeddedName is what the builder inside is called.
	EmbeddedName = "embedded"
	// ensureAttempts covers a builder that leaves for want of clients just
	// when one comes.
	ensureAttempts = 3
)

// embeddedBuilder is cranekit's own background process.
type embeddedBuilder struct{ options embedded.Options }

func (embeddedBuilder) Name() string { return EmbeddedName }

// Close leaves the process running: it ends by itself when nobody uses it.
func (embeddedBuilder) Close() error { return nil }

func (b embeddedBuilder) Client(ctx context.Context) (c *client.Client, err error) {
	for range ensureAttempts {
		if c, err = b.connect(ctx); err == nil || ctx.Err() != nil || errors.Is(err, ErrUnfit) {
			break
		}
	}
	return c, err
}

func (b embeddedBuilder) connect(ctx context.Context) (*client.Client, error) {
	address, _, err := embedded.Ensure(ctx, b.options)
	if errors.Is(err, embedded.ErrUnsafe) {
		return nil, fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	r, err := newRemote(EmbeddedName, Address{URL: address})
	if err != nil {
		return nil, err
	}
	dial, timeout, err := r.dialer()
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, address, timeout, dial)
	if err != nil {
		return nil, fmt.Errorf("%w: embedded: %w", ErrUnreachable, err)
	}
	return c, nil
}
