# cranekit's own tasks. `make` lists them.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES := mmdebstrap runc
# Programs that tests run: package:program.
TEST_PACKAGES := openssh-server:sshd openssh-client:ssh docker.io:dockerd
LINT_PACKAGES := shellcheck
FUZZTIME ?= 60s
# More flags for golangci-lint, such as one that writes a report.
LINT_FLAGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Lists the targets, and the flags of tests
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@printf '%s\n' '' 'Flags of tests:' \
		'go test ./llb -update           writes the golden graphs anew (./config: reference, schema and example; ./cmd: a page)' \
		'go test -tags integration -count=1 ./cmd/integration -run '"'TestReruns\$$'"'' \
		'                                one test on a real builder, after make build image; more tags: engine, clouds' \
		'go test ./config/cargo -run TestSkeletonKeepsUnits -workspaces DIR,…' \
		'                                compares the units of workspaces on this machine with those of their skeletons' \
		'go run ./cmd/conformance -only NAME,…' \
		'                                compares with plain cargo on some trees; -quick, -layers, -doc FILE' \
		'make fuzz FUZZTIME=5s             time or number (400x) for each target (60s)' \
		'make lint LINT_FLAGS=…          more flags for golangci-lint'

.PHONY: build
build: ## Builds bin/cranekit
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/cranekit ./cmd/cranekit

.PHONY: deps
deps: ## Installs what is missing of Debian's mmdebstrap and runc (needs root)
	@$(call install,$(PACKAGES))

# Services that these packages bring are not started: the tests start their own.
.PHONY: test-deps
test-deps: ## Installs what the tests need beside: sshd, ssh and dockerd (needs root)
	@$(call install,$(TEST_PACKAGES))

# install gets packages, given as package or package:program, whose program is
# not there.
define install
missing=$$(for p in $(1); do \
	PATH=$$PATH:/usr/sbin command -v $${p#*:} >/dev/null || echo $${p%:*}; done); \
if [ -n "$$missing" ]; then \
	echo "installing" $$missing; \
	policy=/usr/sbin/policy-rc.d; made=; \
	if [ ! -e $$policy ]; then made=yes; printf '#!/bin/sh\nexit 101\n' >$$policy && chmod +x $$policy; fi; \
	apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; \
	status=$$?; \
	if [ -n "$$made" ]; then rm -f $$policy; fi; \
	exit $$status; \
fi
endef

.PHONY: image
image: deps ## Makes .cache/rust-debian, a toolchain image for machines without a hub
	go run ./cmd/mkimage -o .cache/rust-debian images/debian

.PHONY: demo
demo: ## Shows the point on examples/workspace (about 8 minutes on two cores, less the second time)
	@began=$$(date +%s); \
	$(MAKE) --no-print-directory -j2 --output-sync=line build image && DEMO_BEGAN=$$began examples/demo.sh

.PHONY: test
test: build image test-deps lint ## Runs lint and all tests: pure ones, and cranekit on real workspaces
	go test -race -shuffle=on -timeout 30m $$(go list ./... | grep -v /internal/hostile)
	go test ./cmd/internal/hostile
	$(MAKE) --no-print-directory fuzz FUZZTIME=400x
	go test -tags integration -count=1 -timeout 50m ./cmd/integration
	go run ./cmd/conformance -quick
	go run ./cmd/conformance -layers -dir .cache/conformance-layers -only 'members,red-*,target-inside,writes-source'
	go run ./cmd/chaos -seed 2 -rounds 8

.PHONY: conformance
conformance: build image ## Compares with plain cargo on many workspaces, writes docs/conformance.md (about 45 minutes)
	go run ./cmd/conformance -doc docs/conformance.md

.PHONY: chaos
chaos: build image ## Interrupts 200 runs at random moments, writes docs/reliability.md (about an hour; needs root)
	go run ./cmd/chaos -doc docs/reliability.md

.PHONY: test-engine
test-engine: build image ## Builds a current Docker engine and runs on it (about 6 minutes)
	.ci/engine .cache/engine
	go test -tags integration,engine -count=1 ./cmd/integration -run 'TestContainerdStore|TestClassicStore'

.PHONY: test-clouds
test-clouds: build image ## Installs servers for the caches gha, s3 and azblob and runs on them (about 12 minutes; needs node)
	.ci/clouds .cache/clouds
	go test -tags integration,clouds -count=1 -timeout 30m ./cmd/integration -run TestClouds

.PHONY: bench
bench: build image ## Prints ratios against plain cargo and cargo-chef (about an hour)
	go run ./cmd/bench

.PHONY: fuzz
fuzz: ## Fuzzes what reads files of others and what builders send, a minute each
	@for target in config:FuzzLoad config/address:FuzzAddress config/cargo:FuzzManifest config/cargo:FuzzLock config/cargo:FuzzFetchConfig config/cargo:FuzzMessages config/git:FuzzParse buildkit/output:FuzzSave buildkit/sanitize:FuzzText buildkit/sanitize:FuzzMask config:FuzzUnclosed cmd/report/libtest:FuzzRead; do \
		grep -q "^func $${target#*:}(" $${target%:*}/*_test.go || { echo "no fuzz target $$target"; exit 1; }; \
		go test ./$${target%:*} -run '^$$' -fuzz "$${target#*:}$$" -fuzztime $(FUZZTIME) || exit 1; done

TOOL := go tool -modfile=.ci/tools.mod
SCRIPTS = $$(git ls-files '*.sh' .ci llb/scripts images/debian/mkrootfs | grep -vE '\.(mod|sum|awk)$$')

.PHONY: check
check: format ## Runs what needs neither root nor runc: gofumpt, vet, unit tests
	go vet ./... && go vet -tags integration,engine,clouds ./cmd/integration
	go test ./...

.PHONY: format
format:
	@unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofumpt would change:" $$unformatted; exit 1; fi

.PHONY: lint-deps
lint-deps: ## Installs shellcheck if it is missing (needs root then)
	@$(call install,$(LINT_PACKAGES))

.PHONY: lint
lint: lint-deps format ## Runs gofumpt, golangci-lint, shellcheck and govulncheck
	$(TOOL) golangci-lint run $(LINT_FLAGS)
	shellcheck --shell sh --severity warning $(SCRIPTS)
	.ci/vulncheck
