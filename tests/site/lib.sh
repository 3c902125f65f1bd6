# Shared by the stack's scripts: places, progress lines, counted results. Source it, do not run it.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=$ROOT/.cache
RUN=$CACHE/site-run
SITE=$CACHE/site
RESULTS=$CACHE/results
# Tools that are built once for a machine, whatever clone asks for them.
TOOLS=${TELEMED_TOOLS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kivicare-telemed}
EXTENSION=${TELEMED_EXTENSION_FILE:-$ROOT/target/debug/libkivicare_telemed.so}
export CARGO_TARGET_DIR=$ROOT/target
# What PHP is started with for the tests, beside php.ini.
PHP_FLAGS=()
mkdir -p "$RUN" "$RESULTS"

step() { printf '==> %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# A port nobody listens on at this moment.
free_port() {
	php -n -r '$s = stream_socket_server("tcp://127.0.0.1:0"); echo explode(":", stream_socket_get_name($s, false))[1];'
}

# Waits until a command succeeds: wait_for SECONDS WHAT COMMAND...
wait_for() {
	local seconds=$1 what=$2 i
	shift 2
	for ((i = 0; i < seconds * 10; i++)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	fail "$what did not come up within $seconds s"
}

running() { [ -s "$1" ] && kill -0 "$(cat "$1" 2>/dev/null)" 2>/dev/null; }

stop_pid() {
	if running "$1"; then
		kill "$(cat "$1")" 2>/dev/null || true
		for _ in $(seq 600); do running "$1" || break; sleep 0.1; done
	fi
	rm -f "$1"
}

# Runs PHPUnit, whichever of 9 to 11 is there; from 10 on it hides what made a run fail, unless asked: phpunit_run SUITE ARGUMENT...
phpunit_run() {
	local suite=$1 binary show=()
	shift
	binary=$(command -v phpunit) || fail "phpunit is missing: make setup"
	if ! php "$binary" --version | grep -q '^PHPUnit 9\.'; then
		show=(--display-errors --display-warnings --display-notices --display-deprecations)
	fi
	php "${PHP_FLAGS[@]}" "$binary" -c "$ROOT/tests/phpunit-$suite.xml" --log-junit "$RESULTS/$suite.junit.xml" "${show[@]}" "$@"
}

# Runs a layer's command, keeps its output, and counts from the runner's own closing lines: layer NAME COMMAND...
layer() {
	local name=$1 log=$RESULTS/$1.log status=0
	shift
	step "$name"
	"$@" >"$log" 2>&1 || status=$?
	php -n "$ROOT/tests/site/count.php" "$name" "$log" "$status" >"$RESULTS/$name.count"
	if [ "$status" -ne 0 ] || ! grep -q ' 0 failed' "$RESULTS/$name.count"; then
		tail -n 80 "$log"
	fi
	grep -E '^(RESULT|skipped:) ' "$log" || true
	cat "$RESULTS/$name.count"
}
