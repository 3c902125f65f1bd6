#!/usr/bin/env bash
# Ends everything the site's scripts started.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for name in nginx fpm sandbox; do stop_pid "$RUN/$name.pid"; done
"$ROOT/tests/site/db.sh" stop
step "stopped"
