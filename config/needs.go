package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// need is what a repository has to be trusted with for a value in its own
// file. Values from variables and flags need nothing.
type need struct {
	trust Trust
	// of reports whether a value needs it.
	of func(*repo, any) bool
	// when says in words for which values, "" for all.
	when string
	// with is a key, "" for none, without which the value needs nothing.
	with string
	// optional is set where a run can do without the value: it is then left
	// out, which is no error.
	optional bool
}

// needs is a need for every value that [key.at] would not have without the
// file.
func needs(trust Trust) []need { return []need{{trust: trust, of: given}} }

// given reports whether a value is another than that of an absent key.
func given(_ *repo, value any) bool {
	switch v := value.(type) {
	case string:
		return v != ""
	case bool:
		return v
	case []string:
		return len(v) > 0
	case []CacheEntry:
		return len(v) > 0
	}
	return true
}

// outsiders is the need of a file or directory that may lie anywhere.
func outsiders() []need { return []need{{trust: TrustPaths, of: (*repo).outside, when: outsideText}} }

const outsideText = "outside of the repository"

// toolchains is the need of an image in which steps with network run: on the
// embedded builder they reach the machine's network, its loopback included.
func toolchains(of func(*repo, any) bool, when string) need {
	return need{trust: TrustToolchain, when: when, of: of}
}

// String is what the reference says of a need.
func (n need) String() string {
	text := "`" + string(n.trust) + "`"
	if n.when != "" {
		text += " " + n.when
	}
	return text
}

// foreignImage reports whether an image is none of Docker's official ones.
func foreignImage(_ *repo, value any) bool {
	image, _ := value.(string)
	return image != "" && !OfficialImage(image)
}

// OfficialImage reports whether an image reference is of Docker's official
// images, such as rust.
func OfficialImage(image string) bool {
	named, err := reference.ParseNormalizedNamed(image)
	return err == nil && reference.Domain(named) == "docker.io" && strings.HasPrefix(reference.Path(named), "library/")
}

// publicRegistries are asked by everybody: a request to one tells nothing of the
// network that it comes from.
func publicRegistries() []string {
	return []string{
		"docker.io", "cgr.dev", "gcr.io", "ghcr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io",
		"registry.access.redhat.com", "registry.fedoraproject.org", "registry.gitlab.com", "registry.k8s.io", "registry.suse.com",
	}
}

// hiddenRegistry reports whether an image is of a registry that may be inside of
// a network: cranekit itself reads it, where code of the repository could not.
func hiddenRegistry(_ *repo, value any) bool {
	image, _ := value.(string)
	named, err := reference.ParseNormalizedNamed(image)
	return image != "" && image != "scratch" && (err != nil || !slices.Contains(publicRegistries(), reference.Domain(named)))
}

// foreignBuilder reports whether a value of the key builder names one that is
// not on this machine, or that the file does not name by a word.
func foreignBuilder(_ *repo, value any) bool {
	names, _ := value.(string)
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(builderWords(), name) {
			return true
		}
	}
	return false
}

// routes are variables that lead programs of the step with network elsewhere,
// as the keys of network do.
var routes = regexp.MustCompile(`(?i)(_PROXY$|^(GIT|SSL|CURL)_|^CARGO_HTTP_(PROXY|PROXY_CAINFO|CAINFO)$|^CARGO_(SOURCE|REGISTRY|REGISTRIES)_)`)

// reroutes reports whether an entry of common.env is one of them.
func reroutes(_ *repo, value any) bool {
	e, ok := value.(entry)
	return ok && routes.MatchString(e.name)
}

// moreThan is the need of a bound that is raised above its default.
func moreThan[T int | Size](bound T) []need {
	return []need{{trust: TrustOutput, when: "above the default", of: func(_ *repo, value any) bool {
		v, ok := value.(T)
		return ok && v > bound
	}}}
}

// off reports whether a switch that is on by itself is turned off.
func off(_ *repo, value any) bool {
	on, ok := value.(bool)
	return ok && !on
}
