#!/usr/bin/env bash
# Runs a part of the fault layer for as long as its variables say and prints what it found: faults.sh FILTER.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cargo build -q --features php,fault-injection
"$ROOT/tests/site/up.sh"
. "$RUN/db.env"
. "$RUN/site.env"
trap '"$ROOT/tests/site/stop.sh" >/dev/null' EXIT
phpunit_run faults --filter "$1"
