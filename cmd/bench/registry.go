package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// host is a registry in this process that counts the bytes of the blobs and
// manifests that it hands out.
type host struct {
	server *http.Server
	dir    string
	addr   string
	sent   atomic.Int64
}

// serveRegistry starts one on loopback with its blobs below dir.
func serveRegistry(ctx context.Context, dir string) (*host, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	blobs, err := os.MkdirTemp(dir, "registry-")
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &host{dir: blobs, addr: listener.Addr().String()}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)))
	h.server = &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(&counted{w, h}, r)
		}),
	}
	// It ends when close closes it, which returns the error.
	go func() { _ = h.server.Serve(listener) }()
	return h, nil
}

// ref is an image in the registry.
func (h *host) ref(name string) string { return h.addr + "/" + filepath.ToSlash(name) }

// pulled counts the bytes handed out since the last call.
func (h *host) pulled() int64 { return h.sent.Swap(0) }

func (h *host) close() error {
	if err := h.server.Close(); err != nil {
		return err
	}
	return os.RemoveAll(h.dir)
}

// counted counts the bytes of the body of an answer.
type counted struct {
	http.ResponseWriter
	host *host
}

func (c *counted) Write(data []byte) (int, error) {
	n, err := c.ResponseWriter.Write(data)
	c.host.sent.Add(int64(n))
	return n, err
}
