#!/usr/bin/env bash
# Compares making a meeting through the extension with the same request through wp_remote_post, both from one warm
# php-fpm worker over TLS at 40 ms round trip; a backlog of cancellations; a sweep with nothing to do; and what loading the
# extension costs.
. "$(dirname "${BASH_SOURCE[0]}")/../site/lib.sh"

step "building the release extension"
cargo build -q --release --features php
EXTENSION=$CARGO_TARGET_DIR/release/libkivicare_telemed.so
export EXTENSION
bash "$ROOT/tests/site/stop.sh" >/dev/null
cargo build -q -p telemed-sandbox
TELEMED_EXTENSION_FILE=$EXTENSION bash "$ROOT/tests/site/up.sh"

rm -f "$RUN/proxy.json"
"$CARGO_TARGET_DIR/debug/delay-proxy" --to "$(jq -r .tls "$RUN/sandbox.json")" --listen 127.0.0.1:0 --admin 127.0.0.1:0 \
	--rtt-ms 40 --ready-file "$RUN/proxy.json" >/dev/null 2>&1 &
proxy=$!
trap 'kill $proxy 2>/dev/null; bash "$ROOT/tests/site/stop.sh" >/dev/null' EXIT
wait_for 60 "the delay proxy" test -s "$RUN/proxy.json"
listen=$(jq -r .listen "$RUN/proxy.json")
export SANDBOX_BASE=https://localhost:${listen##*:}
TELEMED_EXTENSION_FILE=$EXTENSION bash "$ROOT/tests/site/up.sh"
. "$RUN/site.env"
curl -fsS --noproxy '*' -X POST -H 'content-type: application/json' -d '{"unlimited":true}' "$(jq -r .admin_url "$RUN/sandbox.json")/limits" >/dev/null
cp "$ROOT/tests/bench/bench.php" "$SITE/kct-bench.php"
step "40 calls each, interleaved"
curl -fsS --noproxy '*' --max-time 120 "$SITE_URL/kct-bench.php"
rm -f "$SITE/kct-bench.php"

step "500 cancellations at once, and one after the other"
. "$RUN/db.env"
TELEMED_EXTENSION_FILE=$EXTENSION php -d memory_limit=512M -d extension="$EXTENSION" "$ROOT/tests/bench/backlog.php"

step "a sweep with nothing to do"
php -d memory_limit=512M -d extension="$EXTENSION" "$ROOT/tests/bench/idle.php"

step "loading the extension"
php -n "$ROOT/tests/bench/load.php" "$EXTENSION"
