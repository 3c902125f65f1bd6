.DEFAULT_GOAL := help

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what build and tests need (Debian packages, cargo-php)
	@bash tests/site/setup.sh

build: ## Build the extension for release
	@cargo build --release --features php

test: setup ## Every test layer, counted
	@bash tests/site/test.sh

test-browser: setup ## The browser tests alone; screenshots in .cache/screenshots
	@bash tests/site/test.sh browser

test-faults: setup ## Kill workers at every step, 20 times each, at both providers; prints the table
	@KILL_TIMES=$${KILL_TIMES:-20} bash tests/site/faults.sh 'KillTest|OutageTest'

soak: setup ## 2000 bookings, moves and cancellations while every tenth answer breaks
	@SOAK_ACTIONS=$${SOAK_ACTIONS:-2000} bash tests/site/faults.sh SoakTest

stubs: setup ## Write the PHP stubs anew
	@bash .ci/stubs write

pot: setup ## Write php/languages/kivicare-telemed.pot anew
	@bash .ci/pot write

demo: setup ## A site with one booked video visit, left running
	@bash tests/site/demo.sh

bench: setup ## Measure the extension beside wp_remote_post
	@bash tests/bench/bench.sh

stop: ## End the site and the database
	@bash tests/site/stop.sh

clean: stop ## Remove everything built and cached
	@rm -rf .cache target

.PHONY: help setup build demo bench test test-browser test-faults soak stubs pot stop clean
