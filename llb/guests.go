package llb

import (
	"path"
	"path/filepath"
	"slices"

	bk "github.com/moby/buildkit/client/llb"
)

// fetchGuests adds a fetch for each further lock, on top of one another: cargo
// that a test or a build script runs on such a workspace has no network either.
// How the network is reached stays the workspace's: a guest has no configuration
// of its own here.
func (b *builder) fetchGuests() error {
	for _, guest := range b.skeleton.Guests {
		action := bk.Mkdir(path.Join("/", guest.Dir), 0o755, bk.WithParents(true), epoch)
		for _, file := range guest.Files {
			action = action.Mkdir(path.Join("/", path.Dir(file.Path)), 0o755, bk.WithParents(true), epoch).
				Mkfile("/"+file.Path, file.Mode, file.Data, epoch)
		}
		name := b.named(NodeFetch + " " + guest.Dir)
		layout := b.bare.File(action, bk.WithCustomName("[internal] skeleton of "+guest.Dir))
		if err := b.fetchInto(name, path.Join(SourceDir, guest.Dir), layout, []string{b.fetched}, b.home); err != nil {
			return err
		}
		// As one types it where the others are typed.
		if rel, err := filepath.Rel(filepath.FromSlash(b.ws.Dir), filepath.FromSlash(guest.Dir)); err == nil {
			manifest := path.Join(filepath.ToSlash(rel), "Cargo.toml")
			b.nodes[name].Commands = []string{CommandLine([]string{"cargo", "fetch", "--locked", "--manifest-path", manifest})}
		}
	}
	return nil
}

// withGuests are the needs of what can run cargo in a guest, with the fetch that
// has brought its packages.
func (b *builder) withGuests(needs []string) []string {
	if b.fetched == b.ownFetch {
		return needs
	}
	return append(slices.Clip(needs), b.fetched)
}
