package cache

import (
	"context"
	"net/http"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// presence is what a service says of a record.
type presence int

const (
	unknown presence = iota
	absent
	present
)

// askService asks the service of a cache for a record, from here. BuildKit
// (0.34) takes a missing record of gha, s3 and azblob for an empty one and does
// not tell, and reads records within its scheduler: a service that never answers
// would halt all builds of all clients of the builder. The record is unknown
// where this process gets no answer to go by, as it may be that the builder
// does.
func askService(ctx context.Context, entry gateway.CacheOptionsEntry) (presence, error) {
	switch entry.Type {
	case "gha":
		return askActions(ctx, entry.Attrs)
	case "s3":
		return askS3(ctx, entry.Attrs)
	case "azblob":
		// It says in its progress whether there was something to read.
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, entry.Attrs["account_url"], http.NoBody)
		if err != nil {
			return unknown, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return unknown, err
		}
		return unknown, response.Body.Close()
	}
	return unknown, nil
}
