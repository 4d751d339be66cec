package report

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// clues are what hints are found by.
type clues struct {
	*Check
	check config.Check
	o     JudgeOptions
	log   string
	// ran is set when the log is that of the check's own commands, not of a
	// stage of its dependencies.
	ran bool
}

// hint looks for a trace of something that is on a developer's machine and not
// in the container, and says which key to write, "" for no trace.
type hint func(clues) string

func hints() []hint {
	return []hint{network, guests, offline, git, unsent, wrapper, systemPackages, target, certificate, memory, root, sandbox}
}

// advise adds the hints to a red check.
func (c *Check) advise(check config.Check, o JudgeOptions) {
	if !c.Red() {
		return
	}
	found := clues{Check: c, check: check, o: o, log: string(c.details.log), ran: slices.Contains(c.Outputs, path.Join(c.Name, llb.LogFile))}
	for _, h := range hints() {
		if advice := h(found); advice != "" {
			c.Hints = append(c.Hints, advice)
		}
	}
}

var (
	networkTrace     = regexp.MustCompile(`(?i)could not resolve host|couldn't resolve host|temporary failure in name resolution|failed to lookup address information|\bdns error\b|name or service not known|network is unreachable`)
	offlineTrace     = regexp.MustCompile("but --offline was specified|you're using offline mode|offline mode \\(via `")
	gitTrace         = regexp.MustCompile(`(?i)not a git repository|could not find (git )?repository (at|from)`)
	targetTrace      = regexp.MustCompile("the `[^`]+` target may not be installed|target may not support the standard library")
	wrapperTrace     = regexp.MustCompile("could not execute process `(\\S*?)([^/\\s`]+) \\S*rustc\\b[^`]*` \\(never executed\\)")
	certificateTrace = regexp.MustCompile(`SSL certificate problem|SSL peer certificate|SSL certificate is invalid|invalid peer certificate|certificate verification failed|x509: certificate signed by unknown authority`)
	memoryTrace      = regexp.MustCompile(`signal: 9, SIGKILL|(?m)\bKilled\b.*\b(rustc|cc1|cc1plus|ld|lld|collect2)\b|fatal error: Killed signal|(^|\d )Killed$|memory allocation of \d+ bytes failed|LLVM ERROR: out of memory|Cannot allocate memory \(os error 12\)`)
)

func network(c clues) string {
	if !c.ran || c.check.Network || !networkTrace.MatchString(c.log) {
		return ""
	}
	return "checks have no network: network: true gives it to this one"
}

// guests is for crates that no fetch brings: those of workspaces that have a lock
// of their own, and all where a check has no dependencies.
func guests(c clues) string {
	bare := c.check.Deps == "none" && !c.check.Network
	if !offlineTrace.MatchString(c.log) || len(c.o.Locks) == 0 && !bare {
		return ""
	}
	locks := "fetch.locks: [" + strings.Join(c.o.Locks, ", ") + "]"
	switch {
	case !bare:
		return "cargo misses a crate that Cargo.lock does not have: " + locks + " fetches those of other workspaces, too"
	case len(c.o.Locks) == 0:
		return "the check has deps: none, and with that no crates: deps: check gives it those of Cargo.lock"
	}
	return "the check has deps: none, and with that no crates: deps: check gives it those of Cargo.lock, and " + locks + " those of other workspaces, too"
}

func offline(c clues) string {
	if !c.ran || c.check.Network || len(c.o.Locks) > 0 || c.check.Deps == "none" || !offlineTrace.MatchString(c.log) {
		return ""
	}
	return "cargo is offline in checks and has no crates but those of Cargo.lock: network: true lets this check ask the registry, as cargo publish --dry-run and cargo search do; cargo package does without"
}

func git(c clues) string {
	if !c.ran || !gitTrace.MatchString(c.log) {
		return ""
	}
	return "the source has no .git: source.git-env hands over the commit, and a test can make a repository of its own"
}

// wrapper is for a compiler wrapper that configuration or environment name.
func wrapper(c clues) string {
	m := wrapperTrace.FindStringSubmatch(c.log)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("the image has no %s, which rustc-wrapper in .cargo/config.toml or a variable names: common: {env: {CARGO_BUILD_RUSTC_WRAPPER: \"\", RUSTC_WRAPPER: \"\"}} compiles without it", m[2])
}

func target(c clues) string {
	if !targetTrace.MatchString(c.log) {
		return ""
	}
	return "the toolchain lacks the standard library of that target: name it in targets of rust-toolchain.toml, or its package in toolchain.packages"
}

// certificate is for a company's proxy that the container does not know.
func certificate(c clues) string {
	if !certificateTrace.MatchString(c.log) {
		return ""
	}
	return "the certificate is of an authority that the container does not know, that of a company's proxy for instance: name a PEM file with it in network.ca"
}

// exitKilled is the exit code of a shell whose command was killed.
const exitKilled = 137

func memory(c clues) string {
	switch {
	case c.Timeout || c.ExitCode != exitKilled && !memoryTrace.MatchString(c.log):
		return ""
	case c.ran && c.check.Limits.Memory > 0:
		return fmt.Sprintf("a process was killed, probably because memory ran out: the check has memory: %s; more, or fewer compilers at once by env: {CARGO_BUILD_JOBS: \"1\"}", c.check.Limits.Memory)
	}
	return "a process was killed, probably because memory ran out: look at that of the builder; --jobs 1 runs one check at a time, env: {CARGO_BUILD_JOBS: \"1\"} one compiler"
}

var (
	rootTrace = regexp.MustCompile(`(?i)(can(no|')t|must not|should not|not allowed to|refus\w+ to|do not|don't) (be )?run \w* ?as root|"root" execution of the PostgreSQL server is not permitted|running as root without --no-sandbox`)
	// deniedTest is a test that wants a permission to be lacking.
	deniedTest = regexp.MustCompile(`(?i)unreadable|not_?readable|unwrit|not_?writable|read_?only|permission|denied`)
	grantedTo  = regexp.MustCompile("on an `Ok` value|PermissionDenied|is_err\\(\\)")
)

// root is for programs that refuse to run as root, and tests that want files to
// be closed to whoever runs them.
func root(c clues) string {
	found := rootTrace.MatchString(c.log)
	for _, test := range failed(c) {
		found = found || deniedTest.MatchString(test.Name) && grantedTo.MatchString(test.Output)
	}
	if !c.ran || !found || c.check.User != "" {
		return ""
	}
	return "checks run as root, whom no file is closed to and some programs refuse: user: true runs this one as a user"
}

// failed are the tests of a check that failed.
func failed(c clues) []libtest.Test {
	var tests []libtest.Test
	for i := range c.details.tests.Suites {
		for _, t := range c.details.tests.Suites[i].Tests {
			if t.Outcome == libtest.Failed {
				tests = append(tests, t)
			}
		}
	}
	return tests
}

var (
	// call is a system call that the sandbox of a build may refuse, or what
	// people call it.
	call    = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(io_uring(?:_setup)?|unshare|user[ _]?namespaces?|userns|clone_newuser|setpriority|perf_event_open|ptrace|userfaultfd|keyctl|pivot_root|setns|bpf|mlock(?:all)?|sched_setscheduler|mount)(?:[^a-z0-9]|$)`)
	refusal = regexp.MustCompile(`Operation not permitted|os error 1\b|EPERM|Function not implemented|os error 38\b|ENOSYS`)
	// plainCall are those that a test is hardly named after for another
	// reason.
	plainCall   = regexp.MustCompile(`(?i)^(io_uring|user_?namespace|userns)`)
	refusedCall = regexp.MustCompile(`(?im)^.*\b(unshare|bwrap|setpriority|io_uring\w*|perf_event_open)\b.*(?:operation not permitted|no permissions to create new namespace).*$`)
)

// sandbox names a call that the builder refuses in containers of a build.
func sandbox(c clues) string {
	if !c.ran {
		return ""
	}
	name := ""
	for _, t := range failed(c) {
		m := call.FindStringSubmatch(t.Name + "\n" + t.Output)
		if m != nil && (refusal.MatchString(t.Output) || plainCall.MatchString(path.Base(strings.ReplaceAll(t.Name, "::", "/")))) {
			name = m[1]
			break
		}
	}
	if m := refusedCall.FindStringSubmatch(c.log); name == "" && m != nil {
		name = m[1]
	}
	if name == "" || c.check.Insecure {
		return ""
	}
	return fmt.Sprintf("the sandbox of checks refuses %s: insecure: true lifts it for this one, where the builder allows that", strings.ToLower(name))
}
