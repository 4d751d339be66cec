package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// registryServer is a registry for caches on loopback. It keeps what it has
// when it is stopped and started again.
type registryServer struct {
	handler http.Handler
	address string
	server  *http.Server
}

func newRegistry(ctx context.Context) (*registryServer, error) {
	r := &registryServer{handler: registry.New(registry.Logger(log.New(io.Discard, "", 0))), address: "127.0.0.1:0"}
	return r, r.start(ctx)
}

func (r *registryServer) start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", r.address)
	if err != nil {
		return err
	}
	r.address = listener.Addr().String()
	r.server = &http.Server{Handler: r.handler, ReadHeaderTimeout: time.Minute}
	// It ends when stop closes it, which returns the error.
	go func() { _ = r.server.Serve(listener) }()
	return nil
}

// stop ends it in the middle of whatever it does.
func (r *registryServer) stop() error {
	if err := r.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ref is the name of a cache in it.
func (r *registryServer) ref() string { return r.address + "/chaos/cache" }
