package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, want string }{
		"unknown keys": {
			"chekcs: {}\nprofile: dev\ncommon: {proflie: dev}\nchecks: {clippy: {arg: x}}\ncommon.target: x\nzzz: 1\n",
			`crane.yaml:1: chekcs: unknown key (did you mean "checks"?)
crane.yaml:2: profile: unknown key (did you mean "common.profile"?)
crane.yaml:3: common.proflie: unknown key (did you mean "profile"?)
crane.yaml:4: checks.clippy.arg: unknown key (did you mean "args"?)
crane.yaml:5: common.target: unknown key (write its parts as keys within keys)
crane.yaml:6: zzz: unknown key`,
		},
		"wrong types": {
			"jobs: many\nfail-fast: yes\nsource: {exclude: docs/**}\ncommon: []\ntoolchain:\n  image: true\n  tools: [a]\nchecks:\n  tarpaulin: {fail-under: high}\n  clippy: {args: {}, features: [[a]], env: {A: [b], B: }}\n",
			`crane.yaml:1: jobs: expected a whole number, got "many"
crane.yaml:2: fail-fast: expected true or false, got "yes"
crane.yaml:3: source.exclude: expected a list, got "docs/**" (write [docs/**])
crane.yaml:4: common: expected a map, got a list
crane.yaml:6: toolchain.image: expected text, got true (put it in quotes: "true")
crane.yaml:7: toolchain.tools: expected a map, got a list
crane.yaml:9: checks.tarpaulin.fail-under: expected a number, got "high"
crane.yaml:10: checks.clippy.args: expected text or a list, got a map
crane.yaml:10: checks.clippy.features: in the list: expected text, got a list
crane.yaml:10: checks.clippy.env.A: expected text, got a list
crane.yaml:10: checks.clippy.env.B: expected text, got nothing`,
		},
		"bad values": {
			"jobs: -1\nprogress: fancy\nbuilder: sh://x\ncommon:\n  profile: a b\n  target: a b\n  features: [a b]\n  env: {A=B: c, RUSTFLAGS: x, CARGO_HOME: y}\n" +
				"network: {proxy: \"secret@x\"}\ntoolchain:\n  packages: ['libc6:arm64/bookworm-backports', 'g++=4:12.2*', git/a/b]\n  tools: {cargo-nextest: 0.9, -x: 1.2.3}\n",
			`crane.yaml:1: jobs: -1 is not between 0 and 65536
crane.yaml:2: progress: "fancy" is not one of auto, tty, plain, full, json, quiet
crane.yaml:3: builder: "sh://x" is none of unix://PATH, tcp://HOST:PORT, ssh://[USER@]HOST[:PORT][/SOCKET], kube-pod://POD, docker-container://NAME, podman-container://NAME (did you mean "ssh"?)
crane.yaml:5: common.profile: "a b" is not a profile name (letters, digits, _ and - only)
crane.yaml:6: common.target: "a b" has a space in it
crane.yaml:7: common.features: "a b" has a space in it
crane.yaml:8: common.env."A=B": "A=B" is not the name of a variable (letters, digits and _ only)
crane.yaml:8: common.env.RUSTFLAGS: flags given this way differ between dependencies and checks (write rustflags: beside env:)
crane.yaml:8: common.env.CARGO_HOME: cranekit sets this variable itself (leave it out)
crane.yaml:9: network.proxy: is not the URL of a proxy (write http://HOST:PORT)
crane.yaml:11: toolchain.packages: "git/a/b" is not a package name
crane.yaml:12: toolchain.tools.cargo-nextest: "0.9" is not an exact version (write all three numbers, such as 1.2.3)
crane.yaml:12: toolchain.tools.-x: "-x" is not a crate name`,
		},
		"checks": {
			"checks:\n  clipy: {}\n  coverage: {kind: tarpulin}\n  fmt: {fail-under: 3, run: x}\n  own: {kind: custom}\n  own2:\n    kind: custom\n    run: [\" \"]\n" +
				"  Bad: {kind: fmt}\n  bin: {kind: fmt}\n  tarpaulin: {fail-under: 101, out: [pdf]}\n  clippy: {args: \"'x\", all-features: true, features: [a]}\n",
			`crane.yaml:2: checks.clipy.kind: needs a kind, for "clipy" is none (did you mean "clippy"?)
crane.yaml:3: checks.coverage.kind: no kind "tarpulin" (did you mean "tarpaulin"?)
crane.yaml:4: checks.fmt.run: does not apply to kind fmt (only to custom)
crane.yaml:4: checks.fmt.fail-under: does not apply to kind fmt (only to tarpaulin)
crane.yaml:5: checks.own.run: kind custom needs at least one shell line
crane.yaml:8: checks.own2.run: kind custom needs at least one shell line
crane.yaml:9: checks.Bad: not a name for a check (lower-case letters, digits and _ . @ - only, a letter or digit first)
crane.yaml:10: checks.bin: this name is taken in the output directory (choose another)
crane.yaml:11: checks.tarpaulin.fail-under: 101 is not between 0 and 100
crane.yaml:11: checks.tarpaulin.out: "pdf" is not one of Html, Json, Lcov, Xml
crane.yaml:12: checks.clippy.args: has an unclosed '
crane.yaml:12: checks.clippy.all-features: cannot be set together with checks.clippy.features`,
		},
		"matrix, limits and secrets": {
			"matrix:\n  A: {}\n  x: {toolchain: {image: a, oci-layout: b}, timeout: 1}\nchecks:\n  clippy: {matrix: [y], timeout: -5s, memory: lots, retries: 99}\n" +
				"  test: {secrets: {a/b: \"file:x\", T: hunter2, RUSTFLAGS: \"env:X\"}, source: {exclud: []}}\n  test@x: {kind: test, matrix: []}\nsource: {git-env: {SHA: comit}}\n" +
				"common: {packages: [a], exclude: [b]}\n",
			`crane.yaml:2: matrix.A: "A" is not a name for a leg (lower-case letters, digits and _ . - only, a letter or digit first)
crane.yaml:3: matrix.x.timeout: is a key of checks, not of legs (write it below a check, or below common for all)
crane.yaml:3: matrix.x.toolchain.oci-layout: cannot be set together with matrix.x.toolchain.image
crane.yaml:3: matrix.x.toolchain.oci-layout: no OCI layout in DIR/b (skopeo copy docker://IMAGE oci:DIRECTORY makes one, and so does make image in a clone of cranekit, without a registry: docs/first-workspace.md)
crane.yaml:5: checks.clippy.timeout: expected a duration such as 90s, 30m or 1d, got "-5s"
crane.yaml:5: checks.clippy.memory: expected a size such as 512MiB, got "lots"
crane.yaml:5: checks.clippy.retries: 99 is not between 0 and 20
crane.yaml:5: checks.clippy.matrix: there is no leg y in matrix (did you mean "A"?)
crane.yaml:6: checks.test.secrets.a/b: "a/b" is not the name of a file
crane.yaml:6: checks.test.secrets.T: is not the source of a secret (write env:NAME or file:PATH)
crane.yaml:6: checks.test.secrets.RUSTFLAGS: flags given this way differ between dependencies and checks (write rustflags: beside env:)
crane.yaml:6: checks.test.source.exclud: unknown key (did you mean "exclude"?)
crane.yaml:7: checks.test@x: a check on a leg of the matrix has this name too (choose another)
crane.yaml:8: source.git-env.SHA: "comit" is not one of branch, commit, date, describe, short-commit (did you mean "commit"?)
crane.yaml:9: common.exclude: cannot be set together with common.packages`,
		},
		"builders": {
			"builder: fram\nbuilders:\n  farm: {address: \"tcp://h:1\", cert: c.pem, kee: x}\n  shell: {address: \"ssh://h\", ca: ca.pem}\n  none:\n  auto: {address: \"unix:///x\"}\n  CI: {address: \"unix:///x\"}\n" +
				"  no-port: {address: tcp://h}\n  secret: {address: \"ssh://a:hunter2@h\"}\n",
			`crane.yaml:1: builder: "fram" is neither an address nor one of auto, embedded, docker, container, farm, shell, none, auto, CI, no-port, secret, desktop (did you mean "farm"?)
crane.yaml:3: builders.farm.kee: unknown key (did you mean "key"?)
crane.yaml:3: builders.farm: cert and key need each other
crane.yaml:3: builders.farm.cert: no file DIR/c.pem
crane.yaml:4: builders.shell: ca, cert, key and server-name are for tcp:// only
crane.yaml:4: builders.shell.ca: no file DIR/ca.pem
crane.yaml:5: builders.none: has no address (write address: tcp://HOST:PORT, for instance)
crane.yaml:6: builders.auto: this name has a meaning of its own (choose another)
crane.yaml:7: builders.CI: "CI" is not a name for a builder (lower-case letters, digits and _ . - only, a letter or digit first)
crane.yaml:8: builders.no-port.address: "tcp://h" is not of the form tcp://HOST:PORT
crane.yaml:9: builders.secret.address: an address cannot hold a password (use keys and ssh's agent)`,
		},
		"numbers without a unit": {
			"common: {timeout: 30}\nchecks: {clippy: {timeout: 0, max-age: 7}}\n",
			`crane.yaml:1: common.timeout: expected a duration such as 90s, 30m or 1d, got "30" (give it a unit: 30s, 30m or 30h)
crane.yaml:2: checks.clippy.max-age: expected a duration such as 90s, 30m or 1d, got "7" (give it a unit: 7s, 7m or 7h)`,
		},
		"exclusive and missing": {
			"toolchain: {image: rust, oci-layout: lay}\ncommon: {features: [a], all-features: true}\nnetwork: {ca: ca.pem}\n",
			`crane.yaml:1: toolchain.oci-layout: cannot be set together with toolchain.image
crane.yaml:1: toolchain.oci-layout: no OCI layout in DIR/lay (skopeo copy docker://IMAGE oci:DIRECTORY makes one, and so does make image in a clone of cranekit, without a registry: docs/first-workspace.md)
crane.yaml:2: common.all-features: cannot be set together with common.features
crane.yaml:3: network.ca: no file DIR/ca.pem`,
		},
		"image": {
			"image:\n  packages: [curl]\n  workdir: srv\n  expose: [8080, 53/udp, http, 70000, 1/icmp]\n  files: {/etc/a: /b, config: etc, static: /srv/../x}\n",
			`crane.yaml:2: image.packages: an image from scratch has no package manager (name a Debian or Alpine image in image.base)
crane.yaml:3: image.workdir: "srv" is not an absolute path (write /srv)
crane.yaml:4: image.expose: "http" is not a port (write 8080, or 53/udp)
crane.yaml:5: image.files./etc/a: "/etc/a" is not a path in the workspace (write workspace path: path in the image)
crane.yaml:5: image.files.config: "etc" is not an absolute path (write /etc)
crane.yaml:5: image.files.static: "/srv/../x" has .. in it (write /x)`,
		},
		"deny warnings": {
			"common: {rustflags: -C debuginfo=0 -D warnings}\nchecks: {clippy: {rustflags: --deny=warnings}, test: {rustflags: -Dwarnings}}\n",
			`crane.yaml:1: common.rustflags: denying warnings here recompiles every dependency and fails every check (write args: "--all-targets -- --deny warnings" for clippy)
crane.yaml:2: checks.clippy.rustflags: denying warnings here recompiles every dependency and fails every check (write args: "--all-targets -- --deny warnings" for clippy)
crane.yaml:2: checks.test.rustflags: denying warnings here recompiles every dependency and fails every check (write args: "--all-targets -- --deny warnings" for clippy)`,
		},
		"duplicates": {"jobs: 1\njobs: 2\nchecks: {fmt: , fmt: }\n", "crane.yaml:2: jobs: duplicate key, first on line 1\ncrane.yaml:3: checks.fmt: duplicate key, first on line 3"},
		"no checks":  {"checks: {}\n", "crane.yaml:1: checks: is empty (leave the key out for clippy, package, tarpaulin)"},
		"syntax":     {"jobs: 1\ncommon: [\n", "crane.yaml:2: unclosed [ (close it with ])"},
		"bool as line": {
			"checks:\n  own: {kind: custom, run: [false]}\n  other: {kind: custom, run: true}\nmatrix: {x: {args: y}}\n",
			`crane.yaml:2: checks.own.run: in the list: expected text, got false (put it in quotes: "false")
crane.yaml:3: checks.other.run: expected text or a list, got true (put it in quotes: "true")
crane.yaml:4: matrix.x.args: is a key of checks, not of legs (write it below a check)`,
		},
		"not a map":   {"- a\n", "crane.yaml:1: expected a map, got a list"},
		"two of them": {"jobs: 1\n---\njobs: 2\n", "crane.yaml:2: a second YAML document (crane.yaml has only one)"},
		"workspace":   {"workspace: x\n", "crane.yaml:1: workspace: no Cargo.toml in DIR/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "crane.yaml", tt.file)
			compareProblems(t, testOptions(dir), tt.want)
		})
	}
}

func TestProblemsOutsideOfFile(t *testing.T) {
	t.Parallel()
	o := testOptions(project(t, "crane.yaml", "checks: {a-test: {kind: fmt}, a: {kind: package}}\njobs: x\n"))
	o.Environ = []string{
		"CRANEKIT_JOBS=few", "CRANEKIT_JBOS=1", "CRANEKIT_COMMON_ENV=A=b", "CRANEKIT_STATE_DIR=/x", "CRANEKIT_CACHE_DIR=/y",
		"CRANEKIT_CHECKS_A_TEST_ARGS=x", "CRANEKIT_ZZZZ=1", "OTHER=1", "CRANEKIT_CHECKS_A_FAIL_UNDER=3",
	}
	o.Flags = pflag.NewFlagSet("", pflag.ContinueOnError)
	o.Flags.String("progress", "", "")
	if err := o.Flags.Parse([]string{"--progress=plane"}); err != nil {
		t.Fatal(err)
	}
	o.Set = []string{"jobs", "checks.a.arg=1", "common.env=1", "common.env.A-B=1", "Jobs=1", "checks.new.args=x"}
	compareProblems(t, o, `crane.yaml:2: jobs: expected a whole number, got "x"
--set: jobs: has no value (write --set key=value)
--set: checks.a.arg: unknown key (did you mean "checks.a.args"?)
--set: common.env: expected the name of an entry (write --set common.env.NAME=value)
--set: common.env.A-B: "A-B" is not the name of a variable (letters, digits and _ only)
--set: Jobs: unknown key (did you mean "jobs"?)
CRANEKIT_CHECKS_A_TEST_ARGS: means both checks.a-test.args and checks.a.test-args (use --set)
CRANEKIT_COMMON_ENV: common.env: a map cannot be set by a variable (use --set common.env.NAME=value)
CRANEKIT_JBOS: unknown variable (did you mean "CRANEKIT_JOBS"?)
CRANEKIT_JOBS: jobs: expected a whole number, got "few"
CRANEKIT_ZZZZ: unknown variable
--progress: progress: "plane" is not one of auto, tty, plain, full, json, quiet (did you mean "plain"?)
CRANEKIT_CHECKS_A_FAIL_UNDER: checks.a.fail-under: does not apply to kind package (only to tarpaulin)
--set: checks.new.kind: needs a kind, for "new" is none (kinds are clippy, custom, fmt, package, tarpaulin, test)`)
}

// TestLimitsOfLegs: legs have no limits, and whoever gives them some is told
// where they belong, in the way in which they were given.
func TestLimitsOfLegs(t *testing.T) {
	t.Parallel()
	o := testOptions(project(t, "crane.yaml", "checks: {clippy: }\nmatrix:\n  x: {memory: lots, timout: 3m, max-age: 1h}\n  y: {profil: dev, zzzzzz: 1}\n"))
	o.Environ = []string{"CRANEKIT_MATRIX_X_MEMORY=1GiB", "CRANEKIT_MATRIX_X_DEPS=none"}
	o.Set = []string{"matrix.x.memory=1GiB", "matrix.x.memroy=1", "matrix.x.run=a", "matrix.x.profil=dev", "checks.clippy@x.memory=1GiB", "matrix.x=1"}
	compareProblems(t, o, `crane.yaml:3: matrix.x.memory: is a key of checks, not of legs (write it below a check, or below common for all)
crane.yaml:3: matrix.x.timout: unknown key (did you mean "timeout"? That is a key of checks, not of legs: write it below a check, or below common for all)
crane.yaml:3: matrix.x.max-age: is a key of checks, not of legs (write it below a check)
crane.yaml:4: matrix.y.profil: unknown key (did you mean "profile"?)
crane.yaml:4: matrix.y.zzzzzz: unknown key
--set: matrix.x.memory: is a key of checks, not of legs (--set checks.NAME.memory=… for one check, --set common.memory=… for all)
--set: matrix.x.memroy: unknown key (did you mean "memory"? That is a key of checks, not of legs: --set checks.NAME.memory=… for one check, --set common.memory=… for all)
--set: matrix.x.run: is a key of checks, not of legs (--set checks.NAME.run=…)
--set: matrix.x.profil: unknown key (did you mean "matrix.x.profile"?)
--set: matrix.x: unknown key
CRANEKIT_MATRIX_X_DEPS: matrix.x.deps: is a key of checks, not of legs (--set checks.NAME.deps=…)
CRANEKIT_MATRIX_X_MEMORY: matrix.x.memory: is a key of checks, not of legs (--set checks.NAME.memory=… for one check, --set common.memory=… for all)
--set: checks.clippy@x.kind: clippy on the leg x has no settings of its own (write them below checks.clippy, for all legs; what differs between legs is below matrix.x)`)
}

func TestNothingToLoad(t *testing.T) {
	t.Parallel()
	o := testOptions(project(t, "inner/.git/HEAD", ""))
	o.Dir = filepath.Join(o.Dir, "inner")
	compareProblems(t, o, "workspace: no Cargo.toml in DIR or above it (name its directory with -C or the key workspace)")
	o.File = "none.yaml"
	compareProblems(t, o, "none.yaml: cannot be read: no such file or directory\n"+
		"workspace: no Cargo.toml in DIR or above it (name its directory with -C or the key workspace)")
}

func compareProblems(t *testing.T, o Options, want string) {
	t.Helper()
	_, err := Load(o)
	var all *Error
	if !errors.As(err, &all) {
		t.Fatalf("Load = %v, want an *Error", err)
	}
	if got := strings.ReplaceAll(all.Error(), o.Dir, "DIR"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":                      {},
		"  a\tb\n c ":           {"a", "b", "c"},
		`'a b' "c d" e\ f`:      {"a b", "c d", "e f"},
		`'' ""`:                 {"", ""},
		`a'b'"c"d`:              {"abcd"},
		`"\"\\\$\a" '\'`:        {`"\$\a`, `\`},
		`--cfg 'x="y"' # $A *`:  {"--cfg", `x="y"`, "#", "$A", "*"},
		"a\\\nb \"c\\\nd\" e\\": nil,
		`'a`:                    nil,
		`a "b\"`:                nil,
	} {
		got, err := splitWords(in)
		if (err != nil) != (want == nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("splitWords(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"jbos", "jobs", 1}, {"arg", "args", 1}, {"kitten", "sitting", 3}, {"abc", "abc", 0}} {
		if got := distance(tt.a, tt.b); got != tt.want || distance(tt.b, tt.a) != got {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestPackageNames: no part of a package's name is an option for dpkg or apk.
func TestPackageNames(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"libssl-dev": true, "libc6:arm64": true, "libc6:arm64/bookworm-backports": true, "g++=4:12.2*": true, "so:libz.so.1": true, "a~1": true,
		"": false, "-x": false, "x:-x": false, "x:": false, "x y": false, "x\ny": false, "git/a/b": false,
	} {
		if message, _ := packageName(name); (message == "") != valid {
			t.Errorf("%q: %s", name, message)
		}
	}
}
