.DEFAULT_GOAL := help

help: ## This list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the tests need (Debian packages, analysers); the demo needs less
	@bash tests/site/setup.sh test

setup-demo:
	@bash tests/site/setup.sh demo

setup-bench:
	@bash tests/site/setup.sh bench

build: ## Build the extension for release
	@cargo build --release --features php

test: setup ## Every test layer, counted
	@bash tests/site/test.sh

test-browser: setup ## The browser tests alone; screenshots in .cache/screenshots
	@bash tests/site/test.sh browser

test-debian13: ## Demo and tests on Debian 13, in a chroot (as root); LAYERS="wp e2e" chooses
	@bash tests/site/setup.sh debian13
	@bash tests/site/debian13.sh $(LAYERS)

fuzz: setup ## Fuzz what comes from outside, ten million runs each (FUZZ_RUNS); .cache/fuzz keeps what it learned
	@bash tests/site/fuzz.sh

test-faults: setup ## Kill workers at every step, 20 times each, at both providers; prints the table
	@KILL_TIMES=$${KILL_TIMES:-20} bash tests/site/faults.sh 'KillTest|OutageTest'

soak: setup ## 2000 bookings, moves and cancellations while every tenth answer breaks
	@SOAK_ACTIONS=$${SOAK_ACTIONS:-2000} bash tests/site/faults.sh SoakTest

stubs: setup ## Write the PHP stubs anew
	@bash .ci/stubs write

pot: setup ## Write php/languages/kivicare-telemed.pot anew
	@bash .ci/pot write

demo: setup-demo ## A site with one booked video visit, left running
	@bash tests/site/demo.sh

bench: setup-bench ## Measure the extension beside wp_remote_post
	@bash tests/bench/bench.sh

stop: ## End the site and the database
	@bash tests/site/stop.sh

clean: stop ## Remove everything built and cached
	@! grep -q ' $(CURDIR)/.cache/' /proc/self/mounts || { echo "something is mounted below .cache: see /proc/mounts"; exit 1; }
	@rm -rf .cache target

.PHONY: help setup setup-demo setup-bench build demo bench test test-browser test-debian13 fuzz test-faults soak stubs pot stop clean
