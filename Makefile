# Two commands do all the set-up on a Debian machine with Go, Node and PostgreSQL's server programs: make run, make test.
SHELL := /bin/bash
GO ?= go
BIN := bin
TOOLS := GOBIN=$(CURDIR)/$(BIN) $(GO) install

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.6.0

.DEFAULT_GOAL := help
.PHONY: help run test bench lint generate build web devstack clean fuzz

help: ## show this help
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: build devstack ## start everything with demo data on 127.0.0.1 and print the URLs (Ctrl-C stops it)
	$(BIN)/devstack up --dir .rondo --rondo $(BIN)/rondo $(ARGS)

test: build devstack ## every test against real servers on free ports, with the race detector
	@deploy/browser.sh
	$(BIN)/devstack run -- env RONDO_BIN=$(CURDIR)/$(BIN)/rondo $(GO) test -race -timeout 20m $(ARGS) ./...
	cd deploy/devstack && $(GO) test -timeout 15m ./...

bench: build devstack ## a benchmark on a throwaway stack: make bench ARGS="rounds --members 100000"
	$(GO) build -o $(BIN)/rondobench ./cmd/rondobench
	$(BIN)/devstack run -- env RONDO_BIN=$(CURDIR)/$(BIN)/rondo $(BIN)/rondobench $(ARGS)

lint: $(BIN)/golangci-lint $(BIN)/workflowcheck $(BIN)/govulncheck web ## golangci-lint, workflowcheck, type check of the pages, govulncheck where its database is reachable
	$(BIN)/golangci-lint run ./...
	cd deploy/devstack && ../../$(BIN)/golangci-lint run --config ../../.golangci.yaml ./...
	$(BIN)/workflowcheck ./workflows/...
	cd api/web && npm run --silent check
	@deploy/vulncheck.sh $(BIN)/govulncheck

generate: build ## write docs/openapi.json and the typed client again
	$(GO) generate ./...

fuzz: ## every fuzz target for FUZZTIME (default 30s) each
	@deploy/fuzz.sh $(or $(FUZZTIME),30s)

build: web ## bin/rondo with its pages
	$(GO) build -o $(BIN)/rondo ./cmd/rondo

web: api/web/dist/.built

api/web/dist/.built: api/web/node_modules/.installed $(shell find api/web/src api/web/vite.config.ts -type f 2>/dev/null)
	cd api/web && npm run --silent build
	@touch $@

api/web/node_modules/.installed: api/web/package-lock.json
	cd api/web && npm ci --no-audit --no-fund --silent
	@touch $@

# The dev stack is Temporal, LiveKit and a SendGrid simulator in one binary. The first build takes minutes; -v shows progress.
devstack: $(BIN)/devstack
$(BIN)/devstack: $(shell find deploy/devstack -type f -not -name '*_test.go' 2>/dev/null)
	@test -x $@ || echo "building the dev stack from source; the first time takes a few minutes"
	cd deploy/devstack && $(GO) build -v -o ../../$(BIN)/devstack . 2>&1 | awk '{n++; if (n % 100 == 0) printf "  %d packages\n", n} /error|\.go:/{print} END{if (n) printf "  %d packages built\n", n}'; exit $${PIPESTATUS[0]}

$(BIN)/golangci-lint:
	$(TOOLS) $(GOLANGCI)
$(BIN)/workflowcheck:
	$(TOOLS) $(WORKFLOWCHECK)
$(BIN)/govulncheck:
	$(TOOLS) $(GOVULNCHECK)

clean: ## remove what was built and the data of make run
	rm -rf $(BIN) .rondo api/web/node_modules api/web/dist/assets api/web/dist/.built
