#!/usr/bin/env bash
# Runs test layers and counts them: test.sh [layer...]; all of them, in order, without arguments.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Something without a runner of its own: check WHAT COMMAND...
check() {
	local what=$1
	shift
	if "$@"; then echo "check: $what ok"; else echo "check: $what failed"; fi
}

# What this machine has not got: skip WHAT WHY
skip() { echo "skipped: $1 ($2)"; }

core_names_php() { grep -rlE 'ext_php_rs|Zval|ZendCallable' "$ROOT/src" --include='*.rs' | grep -v "^$ROOT/src/php/"; }

format_and_lints() {
	check rustfmt cargo fmt --check
	check clippy cargo clippy -q --all-targets -- -D warnings
	check 'clippy with bindings' cargo clippy -q --features php,fault-injection -- -D warnings
	check 'the core never names PHP' eval '! core_names_php'
}

php_lint() {
	local file
	while IFS= read -r file; do
		check "$file" php -n -l "$file"
	done < <(cd "$ROOT" && find php tests -name '*.php' -not -path '*/target/*' | sort)
}

# WordPress' coding standard, types and dead code in PHP, licences and duplicates among the crates.
analysis() {
	cd "$ROOT"
	local config=mago.toml
	if [ -n "${WORDPRESS_DIR:-}" ]; then
		config=$RUN/mago.toml
		sed "s#/usr/share/wordpress#$WORDPRESS_DIR#" mago.toml >"$config"
	fi
	local mago=("$TOOLS/bin/mago" --workspace "$ROOT" --config "$config" --colors never)
	# Debian 13 has no package of it.
	if command -v phpcs >/dev/null; then
		check 'sniffs of our own' php tests/phpcs/check.php
		check phpcs phpcs -q
	else
		skip phpcs 'no package php-codesniffer here'
	fi
	check 'mago analyze' "${mago[@]}" analyze --reporting-format medium --minimum-fail-level note
	check 'mago lint' "${mago[@]}" lint --reporting-format medium --minimum-fail-level note
	check cargo-deny "$TOOLS/bin/cargo-deny" check licenses bans sources
}

unit() { cargo test --no-fail-fast --color never -- --show-output; }
sandbox() { cargo test -p telemed-sandbox --color never; }

# A short run; make fuzz is the long one.
fuzz() { FUZZ_PROFILE=dev FUZZ_RUNS=${FUZZ_RUNS:-20000} bash "$ROOT/tests/site/fuzz.sh"; }

store() {
	"$ROOT/tests/site/db.sh" start
	. "$RUN/db.env"
	# Each account of a case has slots of its own there.
	mkdir -p "$RUN/tmp"
	TMPDIR=$RUN/tmp cargo test --color never --test store_contract -- --nocapture
}

build_extension() { cargo build -q --features php,fault-injection; }

ext() {
	build_extension
	"$ROOT/tests/site/db.sh" start
	. "$RUN/db.env"
	local PHP_FLAGS=(-d extension="$EXTENSION")
	TELEMED_EXTENSION=$EXTENSION phpunit_run ext
}

wp() {
	build_extension
	"$ROOT/tests/site/up.sh"
	. "$RUN/db.env"
	. "$RUN/site.env"
	local PHP_FLAGS=(-d extension="$EXTENSION")
	WORDPRESS_PATH=$SITE phpunit_run wp
}

e2e() {
	build_extension
	"$ROOT/tests/site/up.sh"
	. "$RUN/db.env"
	. "$RUN/site.env"
	phpunit_run e2e
}

# A site without visits and connections of earlier layers.
fresh_site() {
	"$ROOT/tests/site/stop.sh" >/dev/null
	rm -f "$RUN/site.stamp"
	"$ROOT/tests/site/up.sh"
}

# The browser's driver and the accessibility checks, by name and version, in the cache directory.
browser_tools() {
	mkdir -p "$CACHE/browser"
	[ "$(cat "$CACHE/browser/stamp" 2>/dev/null)" = "$*" ] && return
	echo '{"private":true}' >"$CACHE/browser/package.json"
	(cd "$CACHE/browser" && npm install --no-audit --no-fund --save-exact "$@") && echo "$*" >"$CACHE/browser/stamp"
}

browser() {
	build_extension
	browser_tools playwright-core@1.65.1 axe-core@4.14.1
	fresh_site
	. "$RUN/db.env"
	. "$RUN/site.env"
	# One after the other: they share the site.
	node --test --test-concurrency=1 --test-reporter=tap "$ROOT"/tests/browser/*.test.mjs
}

# Workers die, databases restart, answers break. KILL_TIMES and SOAK_ACTIONS say how long it goes on. On a site of its own:
# where hundreds of earlier visits follow a doctor to another provider, no single one is measured.
faults() {
	build_extension
	fresh_site
	. "$RUN/db.env"
	. "$RUN/site.env"
	phpunit_run faults
}

all=(format_and_lints php_lint analysis unit sandbox fuzz store ext)
[ -d "$ROOT/tests/kivicare" ] && [ -f "$ROOT/tests/site/up.sh" ] && [ -f "$ROOT/tests/phpunit-wp.xml" ] && all+=(wp)
[ -f "$ROOT/tests/phpunit-e2e.xml" ] && all+=(e2e)
[ -f "$ROOT/tests/phpunit-faults.xml" ] && all+=(faults)
all+=(browser)
all+=(stubs pot)
stubs() { "$ROOT/.ci/stubs" check; }
pot() { "$ROOT/.ci/pot" check; }

# The tests that the security model names as proofs have passed, all of them; the report is for reviewers.
security_report() {
	check 'the proofs that docs/security.md names' eval 'php "$ROOT/tests/report/security.php" "$RESULTS" >"$CACHE/security-report.md"'
}

layers=("$@")
[ ${#layers[@]} -gt 0 ] || layers=("${all[@]}" security_report)
rm -f "$RESULTS"/*.count "$RESULTS"/*.junit.xml
for name in "${layers[@]}"; do layer "$name" "$name"; done
[ -x "$ROOT/tests/site/stop.sh" ] && "$ROOT/tests/site/stop.sh" >/dev/null

echo
step "layers"
cat "$RESULTS"/*.count
read -r passed failed skipped < <(awk '{ p += $2; f += $4; s += $6 } END { print p, f, s + 0 }' "$RESULTS"/*.count)
echo
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
[ "$failed" -eq 0 ]
