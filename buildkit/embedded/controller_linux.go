package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/cache/remotecache/azblob"
	"github.com/moby/buildkit/cache/remotecache/gha"
	"github.com/moby/buildkit/cache/remotecache/inline"
	"github.com/moby/buildkit/cache/remotecache/local"
	"github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/cache/remotecache/s3"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/moby/buildkit/util/network/cniprovider"
	"github.com/moby/buildkit/util/network/netproviders"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/runc"
	bolt "go.etcd.io/bbolt"
)

// newController assembles BuildKit as buildkitd does: one worker that runs
// runc, the Dockerfile and gateway frontends, and everything it knows below
// root. Closing it closes the databases too.
func newController(ctx context.Context, root string, info Info) (*control.Controller, error) {
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	w, err := newWorker(ctx, root, info)
	if err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	workers := &worker.Controller{}
	if err := workers.Add(w); err != nil {
		return nil, err
	}
	gatewayFrontend, err := gateway.NewGatewayFrontend(workers.Infos(), nil)
	if err != nil {
		return nil, err
	}
	cacheStore, err := bboltcachestorage.NewStore(filepath.Join(root, "cache.db"))
	if err != nil {
		return nil, fmt.Errorf("open the cache index: %w", err)
	}
	history, err := boltutil.SafeOpen(filepath.Join(root, "history.db"), 0o600, &bolt.Options{
		FreelistType:   bolt.FreelistMapType,
		NoFreelistSync: true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the build history: %w", err)
	}
	hosts := resolver.NewRegistryConfig(nil)
	return control.NewController(control.Opt{
		SessionManager:   sessions,
		WorkerController: workers,
		Frontends: map[string]frontend.Frontend{
			"dockerfile.v0": forwarder.NewGatewayForwarder(workers.Infos(), dockerfile.Build),
			"gateway.v0":    gatewayFrontend,
		},
		ResolveCacheExporterFuncs: map[string]remotecache.ResolveCacheExporterFunc{
			"registry": registry.ResolveCacheExporterFunc(sessions, hosts),
			"local":    local.ResolveCacheExporterFunc(sessions),
			"inline":   inline.ResolveCacheExporterFunc(),
			"gha":      gha.ResolveCacheExporterFunc(nil, nil),
			"s3":       s3.ResolveCacheExporterFunc(),
			"azblob":   azblob.ResolveCacheExporterFunc(),
		},
		ResolveCacheImporterFuncs: map[string]remotecache.ResolveCacheImporterFunc{
			"registry": registry.ResolveCacheImporterFunc(sessions, w.ContentStore(), hosts),
			"local":    local.ResolveCacheImporterFunc(sessions),
			"gha":      gha.ResolveCacheImporterFunc(nil, nil),
			"s3":       s3.ResolveCacheImporterFunc(),
			"azblob":   azblob.ResolveCacheImporterFunc(),
		},
		CacheManager: solver.NewCacheManager(ctx, "local", cacheStore, worker.NewCacheResultStorage(workers)),
		HistoryDB:    history,
		// A solve that wants it has to say so, and only its owner connects.
		Entitlements:   []string{string(entitlements.EntitlementSecurityInsecure)},
		CacheStore:     cacheStore,
		LeaseManager:   w.LeaseManager(),
		ContentStore:   w.ContentStore(),
		GarbageCollect: w.GarbageCollect,
		GracefulStop:   ctx.Done(),
	})
}

// newWorker returns the one worker. Like that of a bare buildkitd it gives
// execs the host's network unless they ask for none.
func newWorker(ctx context.Context, root string, info Info) (*base.Worker, error) {
	network := netproviders.Opt{Mode: "host", CNI: cniprovider.Opt{Root: root}}
	opt, err := runc.NewWorkerOpt(root, snapshotter(ctx, info.Snapshotter), info.Rootless, oci.ProcessSandbox,
		nil, nil, network, nil, info.Runtime, "", false, nil, "", "", nil)
	if err != nil {
		return nil, err
	}
	opt.ContentStore = newPatient(opt.ContentStore)
	opt.GCPolicy = gcPolicy(info.DiskLimit)
	opt.BuildkitVersion = client.BuildkitVersion{Package: buildkitModule, Version: info.Version}
	opt.RegistryHosts = resolver.NewRegistryConfig(nil)
	return base.NewWorker(ctx, opt)
}

const (
	overlayfs = "overlayfs"
	copying   = "native"
)

// pickSnapshotter prefers overlayfs. The other one copies every layer and is
// only for file systems, such as overlayfs itself, that cannot carry an overlay.
func pickSnapshotter(ctx context.Context, root string) string {
	if err := overlayutils.Supported(root); err != nil {
		bklog.G(ctx).Warnf("no overlayfs in %s, every snapshot is a full copy: %v", root, err)
		return copying
	}
	return overlayfs
}

func snapshotter(ctx context.Context, name string) runc.SnapshotterFactory {
	if name == copying {
		return runc.SnapshotterFactory{Name: name, New: native.NewSnapshotter}
	}
	return runc.SnapshotterFactory{Name: name, New: func(root string) (ctdsnapshot.Snapshotter, error) {
		s, err := overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
		if err != nil {
			return nil, err
		}
		return s, dropUnknown(ctx, s)
	}}
}

// dropUnknown removes directories of snapshots that a builder made when it was
// killed, and did not note any more: their numbers are given out again, and the
// snapshot that gets one would find its place taken.
func dropUnknown(ctx context.Context, s ctdsnapshot.Snapshotter) error {
	cleaner, ok := s.(ctdsnapshot.Cleaner)
	if !ok {
		return errors.New("the snapshotter cannot remove what it does not know")
	}
	if err := cleaner.Cleanup(ctx); !cerrdefs.IsNotFound(err) { // a new one has no database
		return err
	}
	return nil
}
