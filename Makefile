# cranekit's own tasks. `make` lists them.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES := mmdebstrap runc

.DEFAULT_GOAL := help

.PHONY: help
help: ## Lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

.PHONY: build
build: ## Builds bin/cranekit
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/cranekit ./cmd/cranekit

.PHONY: deps
deps: ## Installs what is missing of Debian's mmdebstrap and runc (needs root)
	@missing=$$(for p in $(PACKAGES); do \
		PATH=$$PATH:/usr/sbin command -v $$p >/dev/null || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "installing" $$missing; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; \
	fi

.PHONY: image
image: deps ## Makes .cache/rust-debian, a toolchain image for machines without a hub
	go run ./cmd/mkimage -o .cache/rust-debian images/debian
