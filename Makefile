# The first of any of these on a fresh Debian host installs what is missing, as root or through sudo.
# Only Node 20, npm, make, git and apt have to be there.

.DEFAULT_GOAL := help
.PHONY: help setup build demo check test test-all bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install packages and node_modules, if any are missing
	@scripts/setup.sh

build: setup ## build the guest agent and the library into dist/
	@npm run --silent build

demo: build ## run examples/hello-package in real machines
	@node scripts/demo.mjs

check: build ## types, lint, format, dead code, package
	npm run --silent check

test: check ## all checks and all tests
	npx --no-install playwright test

# The specs of the verbs, which are for every Debian.
verbs = $(patsubst %,tests/vm/%.spec.ts,\
  clock clone cold commands console coredumps desktop files life matchers monitor network polling-condition screen shares units waits)

test-all: export FLEDGE_TEST_ALL = 1
test-all: test ## the same, on every image, and the agent under clang's fuzzer
	FLEDGE_TEST_IMAGE=debian:12-minimal npx --no-install playwright test --project=vm $(verbs)

bench: build ## measure boots, clones, commands, streams, shares and whole test runs
	node dist/cli/main.js bench

clean: ## remove what was built here; the cache stays: see "fledge cache"
	rm -rf dist test-results playwright-report examples/*/test-results
