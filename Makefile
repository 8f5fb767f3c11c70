# Every task of this repository; `make help` lists them. Tools and test
# programs are built from source at the versions named here, into ./bin, and
# again only when something they are built from has changed.

GOLANGCI_LINT_VERSION  := v2.15.0
ACTIONLINT_VERSION     := v1.7.12
GORELEASER_VERSION     := v2.16.0
KUBERNETES_VERSION     := v1.37.2
COREDNS_VERSION        := v1.14.7
KWOK_VERSION           := v0.8.0
PROVISIONER_VERSION    := v0.0.30

MODULE  := github.com/crdb-kube/crdb-kube
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STRIP   := -s -w

LDFLAGS  = $(STRIP) -X $(MODULE)/internal/cli.linkedVersion=$(VERSION)

# The race detector needs a C compiler; without one the go command says 0 here.
RACE = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

# All but the race detector shares one build cache, that of cgo switched off.
PLAIN := CGO_ENABLED=0

CONTROL_PLANE := bin/localkube bin/localkube-components bin/localkube-pod bin/coredns
STANDIN       := bin/cockroach bin/standin.tar bin/standin-releases.tar
KUBE_BINARIES := bin/crdb-kube $(CONTROL_PLANE) bin/kwok bin/local-path-provisioner $(STANDIN)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two cores are kept busy by the go command alone, and steps have an order.
.NOTPARALLEL:
.PHONY: help build install demo test test-unit test-kube test-long torture bench bench-check e2e lint fmt generate verify snapshot clean FORCE

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9\/.-]+:.*## / { printf "  %-26s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## what users get

build: bin/crdb-kube ## build bin/crdb-kube

install: ## install crdb-kube where go install puts programs, and kubectl-crdb beside it
	$(PLAIN) $(GO) install -buildvcs=false -ldflags '$(LDFLAGS)' ./cmd/crdb-kube
	@dir="$$($(GO) env GOBIN)"; dir="$${dir:-$$($(GO) env GOPATH | cut -d: -f1)/bin}"; \
	ln -sf crdb-kube "$$dir/kubectl-crdb"; \
	ln -sf crdb-kube "$$dir/kubectl_complete-crdb"; \
	echo "installed $$dir/crdb-kube and $$dir/kubectl-crdb"; \
	case ":$$PATH:" in *":$$dir:"*) ;; *) echo "$$dir is not on PATH: export PATH=\"$$dir:\$$PATH\"" ;; esac

demo: bin/crdb-kube $(if $(CONTEXT),,$(CONTROL_PLANE) $(STANDIN)) ## see it work: on a Kubernetes made for it (root, Linux), or on yours with CONTEXT=minikube
	@CONTEXT='$(CONTEXT)' BIN='$(CURDIR)/bin' test/demo.sh

## tests

test: ## all tests; without root those that need no real machines (15 minutes, the first time 30)
	@$(MAKE) --no-print-directory test-unit
	@$(MAKE) --no-print-directory test-kube UNPROVEN=allow

test-unit: ## tests that need nothing but Go
	@echo 'unit tests: they compile first, some minutes the first time, before anything is printed'
	$(GO) test $(RACE) ./cmd/... ./internal/... ./manifests/... ./test/standin/... ./test/tools/... ./test/bench/...

UNPROVEN ?= refuse
SUITES    = .:./test/e2e/... .:./test/torture/... test/localkube:./...
# The developer's own clusters stay out of reach of these tests.
SCENARIOS = env -u KUBECONFIG $(PLAIN) E2E_BIN='$(CURDIR)/bin' LOCALKUBE_BIN='$(CURDIR)/bin' \
	bin/scenarios -unproven $(UNPROVEN) $(if $(RUN),-run '$(RUN)')

test-kube: $(KUBE_BINARIES) bin/scenarios ## tests on a real Kubernetes (root, Linux); RUN=… picks some
	@$(SCENARIOS) -timeout 20m $(SUITES)

test-long: $(KUBE_BINARIES) bin/scenarios ## the same with those that take long (40 minutes)
	@E2E_LONG=1 $(SCENARIOS) -timeout 40m -tags long $(SUITES)

torture: $(KUBE_BINARIES) bin/scenarios ## kill it at every request, fail, lie, race (hours; TORTURE_FOR=30m), and write docs/reliability.md; TORTURE_SEED=… and RUN=… pick cases
	@TORTURE_REPORT='$(or $(TORTURE_REPORT),$(CURDIR)/docs/reliability.md)' $(SCENARIOS) -timeout 24h .:./test/torture/...

BENCH = env -u KUBECONFIG $(PLAIN) $(GO) run ./test/bench -bin bin

bench: $(KUBE_BINARIES) ## measure against what one would type instead (root, Linux; 10 minutes), and write docs/performance.md
	@$(BENCH) -report docs/performance.md

bench-check: $(KUBE_BINARIES) ## the same, and fail where a figure is worse than its bound
	@$(BENCH) -check

e2e: UNPROVEN = allow
e2e: bin/crdb-kube bin/scenarios ## the scenarios on a cluster of yours: make e2e KUBECONFIG=… IMAGE=cockroachdb/cockroach:vX
ifneq ($(origin KUBECONFIG),command line)
	@echo 'make e2e creates and deletes things: name the cluster, make e2e KUBECONFIG=/path/of/its/kubeconfig' >&2; exit 2
else
	@E2E_KUBECONFIG='$(KUBECONFIG)' E2E_IMAGE='$(IMAGE)' $(SCENARIOS) -timeout 40m .:./test/e2e/...
endif

## keeping it good

# All but the one main function that links Kubernetes itself: its compilation is
# check enough, where analysing all that it imports takes minutes and 11 GB.
LOCALKUBE_PACKAGES = $$($(GO) list -f '{{.Dir}}' ./... | grep -v '/components$$')

lint: bin/golangci-lint bin/actionlint ## linters, format, and the syntax of workflows and of the script in examples
	bin/golangci-lint config verify
	$(PLAIN) bin/golangci-lint run ./...
	cd test/localkube && $(PLAIN) ../../bin/golangci-lint run --config ../../.golangci.yml $(LOCALKUBE_PACKAGES)
	cd test/localkube && ../../bin/golangci-lint fmt --diff --config ../../.golangci.yml ./components
	@# Without shellcheck, which actionlint asks where it is installed, and only there.
	bin/actionlint -shellcheck= -pyflakes= $(wildcard .github/workflows/*.yml examples/ci/github-*.yml)
	sh -n examples/ci/with-database.sh

fmt: bin/golangci-lint ## format all Go files
	bin/golangci-lint fmt ./...
	cd test/localkube && ../../bin/golangci-lint fmt --config ../../.golangci.yml ./...

generate: ## write again what is made from code: the command reference, the JSON Schemas and the causes
	$(GO) generate ./...
	$(GO) run ./test/tools/docs

# The state of the working tree, in one hash: changed files and new ones.
TREE = { git diff HEAD 2>/dev/null; git ls-files --others --exclude-standard; \
	git ls-files --others --exclude-standard | git hash-object --stdin-paths; } | git hash-object --stdin

verify: ## what is generated is up to date, modules are tidy, go vet is content, other systems compile
	@before=$$($(TREE)) && $(MAKE) --no-print-directory generate && \
	if [ "$$before" != "$$($(TREE))" ]; then \
		echo 'generated files were out of date and are written now; commit them:' >&2; git status --short >&2; exit 1; fi
	$(GO) mod tidy -diff
	cd test/localkube && $(GO) mod tidy -diff
	$(PLAIN) $(GO) vet -tags long ./...
	cd test/localkube && $(PLAIN) $(GO) vet -tags long $(LOCALKUBE_PACKAGES)
	GOOS=darwin $(PLAIN) $(GO) build -o /dev/null ./cmd/crdb-kube
	GOOS=windows $(PLAIN) $(GO) build -o /dev/null ./cmd/crdb-kube

snapshot: bin/goreleaser ## build the release archives for all systems into ./dist, and publish nothing
	bin/goreleaser check
	VERSION='$(VERSION)' bin/goreleaser release --snapshot --clean

clean: ## remove ./bin and ./dist
	rm -rf bin dist

## programs in ./bin; each looks for itself whether it is up to date

BUILD := bin/.cache/build

$(BUILD): go.mod $(wildcard test/tools/build/*.go)
	@mkdir -p $(@D)
	@$(PLAIN) $(GO) build -buildvcs=false -o $@ ./test/tools/build

# As it is released but for -trimpath, with which nothing of what the tests and
# localkube compile could be used: two minutes more.
bin/crdb-kube: $(BUILD) FORCE
	@$(BUILD) -o $@ -ldflags '$(LDFLAGS)' ./cmd/crdb-kube

bin/localkube: $(BUILD) FORCE ## a Kubernetes on this machine: up, down, status, kubectl
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -dir test/localkube .

# The version has to be told: without it clients see v0.0.0.
KUBERNETES_MINOR = $(word 2,$(subst ., ,$(KUBERNETES_VERSION)))
COMPONENT_BASE   = k8s.io/component-base/version

bin/localkube-components: $(BUILD) FORCE ## etcd, API server, controller manager, scheduler, kubelet, kube-proxy
	@$(BUILD) -o $@ -dir test/localkube \
		-ldflags '$(STRIP) -X $(COMPONENT_BASE).gitVersion=$(KUBERNETES_VERSION) -X $(COMPONENT_BASE).gitMajor=1 -X $(COMPONENT_BASE).gitMinor=$(KUBERNETES_MINOR)' \
		-long 'a whole Kubernetes from source, 8 to 15 minutes on 2 cores, once' ./components

bin/localkube-pod: $(BUILD) FORCE ## the one program of the images that localkube itself needs
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -dir test/localkube ./pod

bin/coredns: $(BUILD) FORCE ## the cluster's name server
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -long '2 to 4 minutes, once' -module github.com/coredns/coredns@$(COREDNS_VERSION) .

bin/kwok: $(BUILD) FORCE ## simulated machines
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -long '2 to 4 minutes, once' -module sigs.k8s.io/kwok@$(KWOK_VERSION) ./cmd/kwok

bin/local-path-provisioner: $(BUILD) FORCE ## volumes that wait for their consumer
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -module github.com/rancher/local-path-provisioner@$(PROVISIONER_VERSION) .

bin/cockroach: $(BUILD) FORCE ## the stand-in for tests, not CockroachDB
	@$(BUILD) -o $@ -ldflags '$(STRIP)' ./test/standin

STANDIN_IMAGE = $(wildcard test/standin/image/*.go test/standin/archive/*.go)

bin/standin.tar: bin/cockroach $(STANDIN_IMAGE) ## the stand-in's image
	@$(GO) run ./test/standin/image -binary bin/cockroach -o $@

# What upgrades go to from v21.1.2: the same program under other names.
STANDIN_RELEASES := v21.1.3,v21.2.0,v22.1.0

bin/standin-releases.tar: bin/cockroach $(STANDIN_IMAGE) ## the same, posing as other releases
	@$(GO) run ./test/standin/image -binary bin/cockroach -release $(STANDIN_RELEASES) -o $@

bin/scenarios: $(BUILD) FORCE
	@$(BUILD) -o $@ -ldflags '$(STRIP)' ./test/tools/scenarios

bin/golangci-lint: $(BUILD) FORCE
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -long '2 to 4 minutes, once' \
		-module github.com/golangci/golangci-lint/v2@$(GOLANGCI_LINT_VERSION) ./cmd/golangci-lint

bin/actionlint: $(BUILD) FORCE
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -module github.com/rhysd/actionlint@$(ACTIONLINT_VERSION) ./cmd/actionlint

bin/goreleaser: $(BUILD) FORCE
	@$(BUILD) -o $@ -ldflags '$(STRIP)' -long '2 to 5 minutes, once' -module github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION) .

FORCE:
