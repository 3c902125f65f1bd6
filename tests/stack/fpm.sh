#!/usr/bin/env bash
# php-fpm with the extension: fpm.sh start|stop. FPM_WORKERS: static workers, 8 when unset.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start() {
	if running "$RUN/fpm.pid"; then return; fi
	step "starting php-fpm"
	local version as_root=''
	version=$(php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
	[ "$(id -u)" = 0 ] && as_root=$'user = root\ngroup = root'
	cat >"$RUN/fpm.conf" <<CONF
[global]
pid = $RUN/fpm.pid
error_log = $STACK_DIR/fpm.log
daemonize = yes
[telemed]
$as_root
listen = $(cat "$RUN/db.dir")/fpm.sock
pm = static
pm.max_children = ${FPM_WORKERS:-8}
pm.max_requests = 0
catch_workers_output = yes
php_admin_value[error_log] = $STACK_DIR/php.log
php_admin_value[memory_limit] = 256M
CONF
	PATH=$PATH:/usr/sbin "php-fpm$version" --allow-to-run-as-root -y "$RUN/fpm.conf" \
		-d extension="$STACK_DIR/kivicare_telemed.so" || fail "see $STACK_DIR/fpm.log"
	wait_for 10 php-fpm test -S "$(cat "$RUN/db.dir")/fpm.sock"
}

case ${1:-start} in
start) start ;;
stop) stop_pid "$RUN/fpm.pid" ;;
esac
