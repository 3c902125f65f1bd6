#!/usr/bin/env bash
# One booked video visit on a real site, from nothing; the site stays up.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "building the extension"
cargo build -q --features php,fault-injection
"$ROOT/tests/site/up.sh"
. "$RUN/db.env"
. "$RUN/site.env"
php "$ROOT/tests/site/demo.php"
curl -fsS -o /dev/null --noproxy '*' "$SITE_URL/" && step "$SITE_URL answers"
