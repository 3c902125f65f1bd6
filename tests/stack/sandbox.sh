#!/usr/bin/env bash
# The provider that plays Zoom: sandbox.sh start|stop. SANDBOX_MODE=http for demos, tls (default) for tests.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start() {
	if running "$RUN/sandbox.pid" && [ -f "$RUN/sandbox.env" ]; then return; fi
	step "building and starting the sandbox provider"
	cargo build -q -p telemed-sandbox
	local ready=$RUN/sandbox.json mode=${SANDBOX_MODE:-tls} ca=$RUN/sandbox-ca.pem
	rm -f "$ready"
	# The running binary is a copy: the next build must not replace it under the process.
	install "$CARGO_TARGET_DIR/debug/telemed-sandbox" "$STACK_DIR/telemed-sandbox"
	"$STACK_DIR/telemed-sandbox" --http 127.0.0.1:0 --tls 127.0.0.1:0 --admin 127.0.0.1:0 --ca-out "$ca" \
		--ready-file "$ready" --seed >"$STACK_DIR/sandbox.log" 2>&1 &
	echo $! >"$RUN/sandbox.pid"
	disown
	wait_for 20 "the sandbox" test -f "$ready"
	{
		echo "export SANDBOX_READY='$ready' SANDBOX_ADMIN_URL='$(jq -r .admin_url "$ready")'"
		echo "export SANDBOX_URL='$(jq -r ".${mode}_url" "$ready")' SANDBOX_TLS_PORT='$(jq -r '.tls | split(":")[-1]' "$ready")'"
		if [ "$mode" = tls ]; then
			echo "export SANDBOX_CA_FILE='$ca' SANDBOX_ALLOW_HTTP=false"
		else
			echo "export SANDBOX_CA_FILE='' SANDBOX_ALLOW_HTTP=true"
		fi
	} >"$RUN/sandbox.env"
}

case ${1:-start} in
start) start ;;
stop)
	stop_pid "$RUN/sandbox.pid"
	rm -f "$RUN/sandbox.env"
	;;
esac
