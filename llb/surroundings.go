package llb

import (
	"maps"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
)

// Ids of secrets that belong to one run or one check. None of their values is
// in a cache key.
const (
	// SecretKnownHosts is ssh's file of host keys for fetch.
	SecretKnownHosts = "cranekit-known-hosts"
	// FetchSecretPrefix starts the ids of the secrets of fetch.
	FetchSecretPrefix = "cranekit-fetch-"
	// checkSecretPrefix starts the ids of the secrets of all checks.
	checkSecretPrefix = "cranekit-check-"
	// limitsPrefix starts those of the time-out and the retries of a check.
	limitsPrefix = "cranekit-limits-"
)

// SecretLimits is the id of the secret that holds the time-out and the retries
// of a check, as lines of shell assignments. Being a secret they enter no key:
// a green check stays cached when they change.
func SecretLimits(check string) string { return limitsPrefix + check }

// CheckSecretPrefix starts the ids of the secrets of a check. No other name of
// a check begins with it: names of checks have no slash.
func CheckSecretPrefix(check string) string { return checkSecretPrefix + check + "/" }

// NamedSecret reports whether an id is that of a secret which the configuration
// names, of fetch or of a check.
func NamedSecret(id string) bool {
	return strings.HasPrefix(id, FetchSecretPrefix) || strings.HasPrefix(id, checkSecretPrefix)
}

// surroundings are what a check has around its commands: network, /tmp,
// limits and secrets.
func (b *builder) surroundings(c config.Check) []bk.RunOption {
	opts := []bk.RunOption{limits(c)}
	if c.Network {
		opts = append(opts, b.network()...)
	} else {
		opts = append(opts, bk.Network(bk.NetModeNone))
	}
	if size := int64(c.Limits.TmpSize); size > 0 {
		opts = append(opts, bk.AddMount("/tmp", bk.Scratch(), bk.Tmpfs(bk.TmpfsSize(size))))
	} else {
		opts = append(opts, scratchTmp())
	}
	if size := int64(c.Limits.ShmSize); size > 0 {
		opts = append(opts, bk.AddMount("/dev/shm", bk.Scratch(), bk.Tmpfs(bk.TmpfsSize(size))))
	}
	opts = append(opts, resources(c.Limits)...)
	return append(opts, secretOptions(CheckSecretPrefix(c.Name), c.Secrets)...)
}

// limits gives the time-out and the retries of a check to a script.
func limits(c config.Check) bk.RunOption {
	return bk.AddSecret("/run/secrets/cranekit/limits", bk.SecretID(SecretLimits(c.Name)), bk.SecretFileOpt(0, 0, 0o444), bk.SecretOptional)
}

// cpuPeriod is the kernel's usual period of CPU quotas, in microseconds.
const cpuPeriod = 100_000

// resources limit memory and processors. BuildKit keeps them out of the key.
func resources(l config.Limits) []bk.RunOption {
	var r bk.LinuxResources
	if l.CPUs > 0 {
		r.CPUPeriod, r.CPUQuota = cpuPeriod, int64(l.CPUs*cpuPeriod)
	}
	r.Memory = int64(l.Memory)
	if r == (bk.LinuxResources{}) {
		return nil
	}
	return []bk.RunOption{bk.WithLinuxResources(r)}
}

// secretOptions give secrets to a vertex: those from a variable as variables,
// those from a file as files.
func secretOptions(prefix string, secrets map[string]string) []bk.RunOption {
	var opts []bk.RunOption
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		id := bk.SecretID(prefix + name)
		if strings.HasPrefix(secrets[name], "env:") {
			opts = append(opts, bk.AddSecret(name, id, bk.SecretAsEnv(true)))
			continue
		}
		opts = append(opts, bk.AddSecret("/run/secrets/"+name, id, bk.SecretFileOpt(0, 0, 0o444)))
	}
	return opts
}

// masked are the secrets of a vertex as scripts/secrets.awk takes them: their names,
// by which it finds the values where the vertex has them.
func masked(secrets map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		kind, _, _ := strings.Cut(secrets[name], ":")
		names = append(names, kind+" "+name)
	}
	return names
}
