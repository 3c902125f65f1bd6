#!/bin/sh
# RUSTC_WORKSPACE_WRAPPER of the fuzz build: coverage for our own crates (and what they instantiate of others), not for what
# they are built on, which guides nothing and takes long. Build scripts stay as they are.
case " $* " in
*' --crate-name kivicare_telemed '* | *' --crate-name telemed_fuzz '* | *"/tests/fuzz/targets/"* | *' tests/fuzz/targets/'*)
	exec "$@" --cfg fuzzing -Ccodegen-units=1 -Coverflow-checks=on -Cdebug-assertions=on -Cpasses=sancov-module \
		-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
		-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
	;;
esac
exec "$@"
