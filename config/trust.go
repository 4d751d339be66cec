package config

import (
	"fmt"
	"slices"
	"strings"
)

// Trust is something that a repository may do only if somebody outside of it
// says so: by --trust, by CRANEKIT_TRUST or in the user's own configuration.
type Trust string

// What a repository can be trusted with.
const (
	// TrustSecrets hands secrets of the machine to steps: the maps of secrets,
	// and the tokens that go to registries which the repository names.
	TrustSecrets Trust = "secrets"
	// TrustNetwork lets checks out, and lets the repository name proxies.
	TrustNetwork Trust = "network"
	// TrustSSH hands over the ssh agent.
	TrustSSH Trust = "ssh"
	// TrustOutput lets results go to a directory outside of the repository.
	TrustOutput Trust = "output"
	// TrustBuilder lets the repository choose a builder of its own.
	TrustBuilder Trust = "builder"
	// TrustCache lets the repository name shared caches and how they are kept
	// apart.
	TrustCache Trust = "cache"
	// TrustPaths lets the repository name files outside of it: the workspace,
	// path dependencies, certificates, layouts, Dockerfiles.
	TrustPaths Trust = "paths"
	// TrustToolchain lets the repository choose a toolchain that is no official
	// image: steps with network run in it.
	TrustToolchain Trust = "toolchain"
	// TrustInsecure lets checks ask for entitlements of the builder.
	TrustInsecure Trust = "insecure"
	// TrustFork makes the others count in a run for a change from a fork, too.
	TrustFork Trust = "fork"
)

// Trusts lists what there is to trust a repository with.
func Trusts() []Trust {
	return []Trust{
		TrustSecrets, TrustNetwork, TrustSSH, TrustOutput, TrustBuilder,
		TrustCache, TrustPaths, TrustToolchain, TrustInsecure, TrustFork,
	}
}

// Meaning is what a repository gets with it, in a few words.
func (t Trust) Meaning() string {
	return map[Trust]string{
		TrustSecrets:   "secrets of this machine in steps",
		TrustNetwork:   "network in checks; proxies of its choice",
		TrustSSH:       "your ssh agent, to download dependencies",
		TrustOutput:    "results in a directory outside of the repository",
		TrustBuilder:   "a builder of its choice, which gets source and secrets",
		TrustCache:     "shared caches of its choice, to read and write",
		TrustPaths:     "files outside of the repository: workspaces, certificates, images",
		TrustToolchain: "a toolchain that is no official image; steps with network run in it",
		TrustInsecure:  "checks that are root on the builder",
		TrustFork:      "the others in a run for a change from a fork; --trust and CRANEKIT_TRUST only",
	}[t]
}

// ParseTrust reads a list with commas between.
func ParseTrust(list string) ([]Trust, error) {
	var trusts []Trust
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		t := Trust(name)
		if !slices.Contains(Trusts(), t) {
			return nil, fmt.Errorf("%q is nothing to trust a repository with; there are %s", name, joinTrusts(Trusts()))
		}
		if !slices.Contains(trusts, t) {
			trusts = append(trusts, t)
		}
	}
	return trusts, nil
}

func joinTrusts(trusts []Trust) string {
	names := make([]string, len(trusts))
	for i, t := range trusts {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// TrustVariable is the variable that trusts a repository in one run.
const TrustVariable = "CRANEKIT_TRUST"

// TrustAdvice is how to trust a repository with something: the line for its
// branch, and the flag for one run.
func TrustAdvice(fork bool, trusts ...Trust) string {
	var names []string
	for _, t := range Trusts() {
		if slices.Contains(trusts, t) && t != TrustFork {
			names = append(names, string(t))
		}
	}
	list := strings.Join(names, ",")
	if fork {
		return fmt.Sprintf("--trust %s,%s, or %s in CI, if you have read the change: it comes from a fork", TrustFork, list, TrustVariable)
	}
	return fmt.Sprintf("cranekit trust %s, once for this branch, or --trust %s for this run, %s in CI", list, list, TrustVariable)
}

// Trusts reports whether the repository is trusted with something in this run.
func (c *Config) Trusts(what Trust) bool { return slices.Contains(c.Trust, what) }
