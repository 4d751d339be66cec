package report

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
)

// hint is what a red check's log may have a trace of: something that is on a
// developer's machine and not in the container.
type hint struct {
	trace *regexp.Regexp
	// own is for what the check's own commands said only, not for stages of
	// its dependencies.
	own bool
	// unless says that the configuration already has what is advised.
	unless func(config.Check) bool
	advice string
}

// missesCrate is what cargo says of a crate that is not there.
var missesCrate = regexp.MustCompile(`you're using offline mode|but --offline was specified`)

func hints() []hint {
	packages := func(names string) string {
		return "the image lacks what this needs: name its package in toolchain.packages, " + names + " for instance; cranekit init names those that it knows"
	}
	return []hint{
		{
			regexp.MustCompile(`(?i)could not resolve host|couldn't resolve host|temporary failure in name resolution|failed to lookup address information|\bdns error\b|name or service not known|network is unreachable`),
			true, func(c config.Check) bool { return c.Network },
			"checks have no network: network: true gives it to this one",
		},
		{
			regexp.MustCompile(`(?i)not a git repository|could not find (git )?repository (at|from)`),
			true, nil,
			"the source has no .git: source.git-env hands over the commit, and a test can make a repository of its own",
		},
		{
			regexp.MustCompile(`pkg-config (command )?could not be|could not (find|run) .{0,20}pkg-config|Could not find directory of OpenSSL|system library .{1,40} required by crate .{1,60} was not found`),
			false, nil, packages("[pkg-config, libssl-dev]"),
		},
		{
			regexp.MustCompile("linker `[^`]+` not found|is `[^`]+` not installed\\?|Unable to find libclang|cannot find -l|Could not find `protoc`"),
			false, nil, packages("[clang], [cmake] or [protobuf-compiler]"),
		},
		{
			regexp.MustCompile("the `[^`]+` target may not be installed|target may not support the standard library"),
			false, nil, "the toolchain lacks the standard library of that target: name it in targets of rust-toolchain.toml, or its package in toolchain.packages",
		},
		{
			regexp.MustCompile(`SSL certificate problem|SSL peer certificate|SSL certificate is invalid|invalid peer certificate|certificate verification failed|x509: certificate signed by unknown authority`),
			false, nil, "the certificate is of an authority that the container does not know, that of a company's proxy for instance: name a PEM file with it in network.ca",
		},
		{
			regexp.MustCompile(`signal: 9, SIGKILL|\bKilled\b.*\b(rustc|cc1|ld)\b`),
			false, nil, "a process was killed, mostly for want of memory: see memory of the check, that of the builder, and --jobs",
		},
	}
}

// advise adds the hints to a red check.
func (c *Check) advise(check config.Check, o JudgeOptions) {
	if !c.Red() {
		return
	}
	ran := slices.Contains(c.Outputs, path.Join(c.Name, "log.txt"))
	for _, h := range hints() {
		if (ran || !h.own) && h.trace.Match(c.details.log) && (h.unless == nil || !h.unless(check)) {
			c.Hints = append(c.Hints, h.advice)
		}
	}
	if len(o.Locks) > 0 && missesCrate.Match(c.details.log) {
		c.Hints = append(c.Hints, "cargo misses a crate that Cargo.lock does not have: fetch.locks: ["+strings.Join(o.Locks, ", ")+"] fetches those of other workspaces, too")
	}
}
