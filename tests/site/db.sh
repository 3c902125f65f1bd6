#!/usr/bin/env bash
# A private MariaDB in the cache directory, on a socket only: db.sh start|restart|stop
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Socket paths are limited to about 107 bytes, whatever the repository's own path is.
SOCKET_DIR=$(cat "$RUN/db.dir" 2>/dev/null || mktemp -d /tmp/telemed-db.XXXXXX)
SOCKET=$SOCKET_DIR/db.sock
PASSWORD_FILE=$RUN/db.password

start() {
	mkdir -p "$SOCKET_DIR"
	echo "$SOCKET_DIR" >"$RUN/db.dir"
	if running "$RUN/db.pid" && [ -S "$SOCKET" ]; then return; fi
	step "starting MariaDB"
	local data=$CACHE/db
	if [ ! -d "$data/mysql" ]; then
		mariadb-install-db --no-defaults --auth-root-authentication-method=normal --user="$(id -un)" \
			--datadir="$data" --skip-test-db >"$CACHE/db-install.log" 2>&1 || fail "see $CACHE/db-install.log"
	fi
	mariadbd --no-defaults --user="$(id -un)" --datadir="$data" --socket="$SOCKET" --skip-networking \
		--pid-file="$RUN/db.pid" --innodb-buffer-pool-size=128M --max-connections=200 >"$CACHE/db.log" 2>&1 &
	disown
	wait_for 120 MariaDB mariadb-admin --no-defaults --socket="$SOCKET" -u root ping
	[ -f "$PASSWORD_FILE" ] || openssl rand -hex 12 >"$PASSWORD_FILE"
	local password
	password=$(cat "$PASSWORD_FILE")
	mariadb --no-defaults --socket="$SOCKET" -u root -e "
		CREATE DATABASE IF NOT EXISTS telemed CHARACTER SET utf8mb4;
		CREATE USER IF NOT EXISTS telemed@localhost;
		ALTER USER telemed@localhost IDENTIFIED BY '$password';
		GRANT ALL ON telemed.* TO telemed@localhost;"
	cat >"$RUN/db.env" <<ENV
export TELEMED_TEST_DB_HOST='localhost:$SOCKET' TELEMED_TEST_DB_USER=telemed TELEMED_TEST_DB_PASSWORD='$password'
export TELEMED_TEST_DB_NAME=telemed TELEMED_REQUIRE_DB=1 TELEMED_DB_SOCKET='$SOCKET'
ENV
}

case ${1:-start} in
start) start ;;
restart)
	stop_pid "$RUN/db.pid"
	start
	;;
stop)
	stop_pid "$RUN/db.pid"
	rm -rf "$SOCKET_DIR" "$RUN/db.dir"
	;;
esac
