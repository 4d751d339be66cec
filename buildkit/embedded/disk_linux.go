package embedded

import (
	"fmt"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/disk"
)

const (
	day = 24 * time.Hour
	// minDiskLimit fits one toolchain and the dependencies of a large program.
	minDiskLimit = 10e9
	// minDiskFree is what caches leave free of a disk that something else fills,
	// as long as they have more than half of minDiskLimit.
	minDiskFree = 2e9
)

// diskLimit returns how many bytes the caches of a builder may occupy.
func diskLimit(o Options) (int64, error) {
	if o.DiskLimit > 0 {
		return o.DiskLimit, nil
	}
	stat, err := disk.GetDiskStat(o.StateDir)
	if err != nil {
		return 0, fmt.Errorf("builder state directory: %w", err)
	}
	return max(stat.Total/5, minDiskLimit), nil
}

// gcPolicy keeps caches below limit and something of the disk free, the least
// recently used going first. Sources and cargo's download cache are cheap to get
// again and go before compiled dependencies do, though not as soon as with
// buildkitd's defaults.
func gcPolicy(limit int64) []client.PruneInfo {
	reserved := min(limit, minDiskLimit/2)
	return []client.PruneInfo{
		{
			Filter:       []string{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"},
			KeepDuration: 7 * day,
			MaxUsedSpace: limit / 2,
		},
		{KeepDuration: 60 * day, MaxUsedSpace: limit / 2},
		{MaxUsedSpace: limit, MinFreeSpace: minDiskFree, ReservedSpace: reserved},
		{All: true, MaxUsedSpace: limit, MinFreeSpace: minDiskFree, ReservedSpace: reserved},
	}
}
