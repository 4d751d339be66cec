package events

import (
	"context"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// product is what builds are called in the history of a builder.
const product = "cranekit"

// Build runs one build on a builder. What that tells is handed to seen as it
// comes, with the channel of the build, as [Collector.Add] wants both; all of it
// was when Build returns.
func Build(ctx context.Context, c *client.Client, opt client.SolveOpt, run gateway.BuildFunc, seen func(status *client.SolveStatus, from <-chan *client.SolveStatus)) (*client.SolveResponse, error) {
	statuses, read := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(read)
		for status := range statuses {
			seen(status, statuses)
		}
	}()
	response, err := c.Build(ctx, opt, product, run, statuses)
	<-read
	return response, err
}
