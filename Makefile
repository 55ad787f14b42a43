# libdm_connections. `make` builds it, `make help` lists what else there is.

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR    ?=
export PREFIX LIBDIR INCLUDEDIR DESTDIR

.PHONY: all help setup plugin install uninstall test torture check demo bench fuzz mutants header clean

all: ## Build the library into build/lib and the C examples into build/examples
	@scripts/build.sh

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what tests need on Debian or Ubuntu
	@scripts/setup.sh test

plugin: ## Make the WordPress plugin from what `make` built: dist/datamachine-connections.zip
	@scripts/plugin.sh

install: ## Install what `make` built (PREFIX, LIBDIR, INCLUDEDIR, DESTDIR)
	@scripts/install.sh

uninstall: ## Take it away again
	@scripts/install.sh uninstall

demo: ## Import an old option, work with it, let an agent act, renew a token in two processes at once
	@scripts/setup.sh demo
	@scripts/demo.sh

test: ## Run every test, the quick tier
	@scripts/test.sh

torture: ## Run every test at full size
	@DM_TORTURE=1 scripts/test.sh

check: ## Format, lints, header, exported symbols
	@scripts/check.sh

bench: ## Measure
	@scripts/setup.sh test
	@scripts/bench.sh

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60)
	@scripts/fuzz.sh

mutants: ## Name changes to the source that no test notices (hours)
	@scripts/mutants.sh

header: ## Write include/dm_connections.h from src/ffi
	@scripts/header.sh

clean: ## Remove what was built
	@scripts/clean.sh
