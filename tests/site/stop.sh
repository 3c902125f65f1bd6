#!/usr/bin/env bash
# Ends everything the stack started.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for name in nginx fpm sandbox; do stop_pid "$RUN/$name.pid"; done
"$ROOT/tests/stack/db.sh" stop
step "stopped"
