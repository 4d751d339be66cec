package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

const (
	// probeTimeout is how long a cache may take to say whether it has a
	// record. One that is silent for longer is left out of the run.
	probeTimeout = 10 * time.Second
	// importVertex starts the name of the vertex that reads a record.
	importVertex = "importing cache manifest from "
)

// foundLayers is what BuildKit says of an azblob cache that has a record.
var foundLayers = regexp.MustCompile(`^found \d+ layers in cache$`)

var errNoAnswer error = noServiceError{fmt.Errorf("no answer in %s", probeTimeout)}

// noServiceError marks the error of a cache that neither this process nor the
// builder gets anything from.
type noServiceError struct{ error }

func (e noServiceError) Unwrap() error { return e.error }

// probeEntry asks for one record. A local one is completed by its digest.
func (s *Set) probeEntry(ctx context.Context, entry *gateway.CacheOptionsEntry) (found bool, err error) {
	if entry.Type == "local" {
		record, err := localRecord(ctx, entry.Attrs["src"], entry.Attrs["tag"])
		if err != nil || record == "" {
			return false, err
		}
		entry.Attrs["digest"] = record.String()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	there, refused := askService(ctx, *entry)
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	switch {
	case there == absent:
		return false, nil
	case refused != nil && entry.Type == "gha":
		// The service is one of the job that this process is part of. The builder
		// would keep its address in the history of builds, with the error, and the
		// address can be a secret.
		return false, noServiceError{refused}
	}
	var got reading
	err = again(func() error {
		if got, err = s.readRecord(ctx, *entry); err == nil && got.message != "" {
			return errors.New(got.message)
		}
		return err
	})
	switch {
	case err != nil && refused != nil:
		return false, noServiceError{refused}
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err == nil:
		return got.layers || entry.Type != "azblob", nil
	case strings.HasSuffix(got.message, notFound), strings.Contains(got.message, "manifest unknown"):
		return false, nil
	}
	return false, err
}

// again tries once more what failed because somebody else has just made the
// container of an azblob cache, which BuildKit (0.34) makes without being asked.
func again(try func() error) error {
	err := try()
	if err != nil && strings.Contains(err.Error(), "ContainerAlreadyExists") {
		return try()
	}
	return err
}

// reading is what the builder says of the record that it read.
type reading struct {
	// message is its error, "" when the record was read.
	message string
	// layers is set when it told how many layers it found, which it does for an
	// azblob cache that has the record.
	layers bool
}

// readRecord lets the builder read a record, which it does as soon as it gets
// a definition together with the record; nothing is executed.
func (s *Set) readRecord(ctx context.Context, entry gateway.CacheOptionsEntry) (got reading, err error) {
	// A vertex that two builds have in common waits for the caches of both: one
	// of its own keeps a silent cache from holding up the others.
	def, err := bk.Scratch().File(bk.Mkdir("/"+rand.Text(), 0o755)).Marshal(ctx)
	if err != nil {
		return reading{}, err
	}
	opt := SolveOpt(s.run.Options, []gateway.CacheOptionsEntry{entry})
	opt.LocalMounts, opt.OCIStores = nil, nil
	events, read := make(chan *client.SolveStatus), make(chan reading, 1)
	go func() {
		var so reading
		for status := range events {
			so.layers = so.layers || slices.ContainsFunc(status.Statuses, func(v *client.VertexStatus) bool { return foundLayers.MatchString(v.ID) })
			for _, v := range status.Vertexes {
				if strings.HasPrefix(v.Name, importVertex) && v.Completed != nil {
					so.message = v.Error
					select {
					case read <- so:
					default:
					}
				}
			}
		}
	}()
	_, err = s.run.Client.Build(ctx, opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		if there, err := knock(ctx, gc, entry); err != nil || there == absent {
			got.message = notFound
			return gateway.NewResult(), err
		}
		_, err := gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), CacheImports: []gateway.CacheOptionsEntry{entry}, Evaluate: true})
		if err != nil {
			return nil, err
		}
		select {
		case got = <-read:
			return gateway.NewResult(), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}, events)
	return got, err
}

// knock asks a registry for a record. It returns when that has answered, or the
// context is done. BuildKit (0.34) reads records within its scheduler: a
// registry that is silent would halt all builds of all clients of the builder,
// for as long as it likes.
func knock(ctx context.Context, gc gateway.Client, entry gateway.CacheOptionsEntry) (presence, error) {
	if entry.Type != "registry" || entry.Attrs["registry.insecure"] == "true" {
		return unknown, nil
	}
	// A record is no image, and what is said of that does not matter.
	_, _, _, err := gc.ResolveImageConfig(ctx, entry.Attrs["ref"], sourceresolver.Opt{
		ImageOpt: &sourceresolver.ResolveImageOpt{ResolveMode: pb.AttrImageResolveModeForcePull},
	})
	switch {
	case ctx.Err() != nil:
		return unknown, context.Cause(ctx)
	case err != nil && strings.HasSuffix(err.Error(), entry.Attrs["ref"]+": "+notFound):
		return absent, nil
	}
	// What is not found in a record, such as a platform, does not matter either,
	// and reading it says best what is wrong.
	return unknown, nil
}

// notFound ends what BuildKit says of a record that is not there.
const notFound = "not found"
