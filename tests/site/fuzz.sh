#!/usr/bin/env bash
# Coverage-guided fuzzing: FUZZ_RUNS=N fuzz.sh [target...]; all targets without arguments. What crashed stays in .cache/fuzz.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUNS=${FUZZ_RUNS:-10000000}
# dev is quick to build, release several times as fast.
PROFILE=${FUZZ_PROFILE:-release}
TARGETS=("$@")
[ ${#TARGETS[@]} -gt 0 ] || TARGETS=(seal webhook push zoom google tokens db_host consent)

# No sanitizer but coverage: the core is safe Rust, and a panic, an overflow or a false assertion is what is looked for.
build() {
	step "building the fuzz targets"
	CARGO_PROFILE_RELEASE_LTO=off RUSTC_WORKSPACE_WRAPPER=$ROOT/tests/site/fuzz-rustc.sh \
		cargo build -q -p telemed-fuzz --bins --profile "$PROFILE" --config 'profile.dev.package."kivicare-telemed".opt-level=1' \
		--config 'profile.dev.package.telemed-fuzz.opt-level=1' >"$CACHE/fuzz-build.log" 2>&1 ||
		{ tail -n 60 "$CACHE/fuzz-build.log"; fail "the fuzz targets could not be built"; }
}

# The last line of a run says how many there were: executed LOG
executed() { sed -n 's/^stat::number_of_executed_units: *//p' "$1" | tail -n 1; }

cd "$ROOT"
build
BIN=$CARGO_TARGET_DIR/$([ "$PROFILE" = dev ] && echo debug || echo "$PROFILE")
total=0 crashes=0
for target in "${TARGETS[@]}"; do
	work=$CACHE/fuzz/$target
	log=$CACHE/fuzz/$target.log
	mkdir -p "$work/corpus" "$work/crashes"
	rm -f "$work/crashes"/*
	"$BIN/$target" "$work/corpus" "$ROOT/tests/fuzz/seeds/$target" -runs="$RUNS" -max_len=2048 \
		-timeout=60 -rss_limit_mb=4096 -artifact_prefix="$work/crashes/" -print_final_stats=1 -verbosity=0 >"$log" 2>&1 || true
	found=$(find "$work/crashes" -type f | wc -l)
	count=$(executed "$log")
	total=$((total + ${count:-0}))
	crashes=$((crashes + found))
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -n 1)
	echo "FUZZ $target ${count:-0} runs, ${rate:-?} a second, $found crashes"
	if [ "$found" -eq 0 ] && [ "${count:-0}" -ge "$RUNS" ]; then
		echo "check: fuzz $target ok"
	else
		tail -n 30 "$log"
		echo "check: fuzz $target failed"
	fi
done
echo "RESULT fuzz_executions $total runs"
echo "RESULT fuzz_crashes $crashes crashes"
[ "$crashes" -eq 0 ]
