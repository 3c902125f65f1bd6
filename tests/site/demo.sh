#!/usr/bin/env bash
# One booked video visit on a real site, with the extension as it is released; the site stays up.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "building the extension for release"
cargo build -q --release --features php
export TELEMED_EXTENSION_FILE=$CARGO_TARGET_DIR/release/libkivicare_telemed.so
"$ROOT/tests/site/up.sh"
. "$RUN/db.env"
. "$RUN/site.env"
php "$ROOT/tests/site/demo.php"
curl -fsS -o /dev/null --noproxy '*' "$SITE_URL/" && step "$SITE_URL answers"
