#!/usr/bin/env bash
# nginx before php-fpm, on the loopback port of site.env: nginx.sh start|stop
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start() {
	. "$RUN/site.env"
	if running "$RUN/nginx.pid"; then return; fi
	step "starting nginx on $SITE_URL"
	local as_root='' tmp=$STACK_DIR/nginx
	mkdir -p "$tmp"
	[ "$(id -u)" = 0 ] && as_root='user root;'
	cat >"$RUN/nginx.conf" <<CONF
$as_root
pid $RUN/nginx.pid;
error_log $STACK_DIR/nginx.log;
events { worker_connections 512; }
http {
	include /etc/nginx/mime.types;
	access_log off;
	client_body_temp_path $tmp/body;
	fastcgi_temp_path $tmp/fastcgi;
	proxy_temp_path $tmp/proxy;
	uwsgi_temp_path $tmp/uwsgi;
	scgi_temp_path $tmp/scgi;
	server {
		listen 127.0.0.1:$SITE_PORT;
		root $SITE;
		index index.php;
		client_max_body_size 16m;
		location / { try_files \$uri \$uri/ /index.php?\$args; }
		location ~ \.php$ {
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
			fastcgi_pass unix:$(cat "$RUN/db.dir")/fpm.sock;
			fastcgi_read_timeout 120s;
		}
	}
}
CONF
	PATH=$PATH:/usr/sbin nginx -e "$STACK_DIR/nginx.log" -c "$RUN/nginx.conf" || fail "see $STACK_DIR/nginx.log"
	wait_for 10 nginx curl -s -o /dev/null "http://127.0.0.1:$SITE_PORT/readme.html"
}

case ${1:-start} in
start) start ;;
stop) stop_pid "$RUN/nginx.pid" ;;
esac
