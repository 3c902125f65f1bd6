#!/usr/bin/env bash
# Brings a site up: MariaDB, sandbox provider, WordPress with KiviCare (or the contract plugin) and this plugin,
# php-fpm with the extension, nginx. A second call finds everything running.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FPM_BINARY=$(command -v php-fpm || find /usr/sbin -name 'php-fpm8*' | sort | tail -n 1)

sandbox() {
	if running "$RUN/sandbox.pid"; then return; fi
	step "starting the sandbox provider"
	cargo build -q -p telemed-sandbox
	# Its certificate authority is new, and processes that run keep the old one.
	stop_pid "$RUN/fpm.pid"
	rm -f "$RUN/sandbox.json"
	"$CARGO_TARGET_DIR/debug/telemed-sandbox" --http 127.0.0.1:0 --tls 127.0.0.1:0 --admin 127.0.0.1:0 --seed \
		--ca-out "$RUN/sandbox-ca.pem" --ready-file "$RUN/sandbox.json" >"$RUN/sandbox.out" 2>&1 &
	echo $! >"$RUN/sandbox.pid"
	disown
	wait_for 120 "the sandbox" test -s "$RUN/sandbox.json"
}

files() {
	local wordpress=${WORDPRESS_DIR:-/usr/share/wordpress} kivicare=${KIVICARE_DIR:-$ROOT/tests/kivicare}
	local stamp="$wordpress $kivicare"
	if [ "$(cat "$RUN/site.stamp" 2>/dev/null)" = "$stamp" ]; then
		cp "$ROOT"/tests/site/mu-plugins/*.php "$SITE/wp-content/mu-plugins/"
		# The contract plugin is ours and changes; the real KiviCare does not.
		[ -n "${KIVICARE_DIR:-}" ] || cp -R "$kivicare/." "$SITE/wp-content/plugins/kivicare-clinic-management-system/"
		return
	fi
	step "copying WordPress and KiviCare"
	local plugin=$SITE/wp-content/plugins/kivicare-clinic-management-system
	rm -rf "$SITE" "$RUN/site.env" "$RUN/installed"
	mkdir -p "$SITE"
	tar -C "$wordpress" --exclude=.git --exclude=wp-config.php --exclude=./wp-content/languages -chf - . 2>/dev/null | tar -C "$SITE" -xf -
	mkdir -p "$plugin" "$SITE/wp-content/mu-plugins" "$SITE/wp-content/uploads"
	tar -C "$kivicare" --exclude=.git -cf - . | tar -C "$plugin" -xf -
	# Two stale files of the public mirror declare classes twice and stop a fresh installation.
	find "$plugin" \( -name '2025_07_09_AddDefaultModuleConfig*' -o -name '2025_06_23_MergeContactNumber*' \) -delete
	ln -sfn "$ROOT/php" "$SITE/wp-content/plugins/kivicare-telemed"
	cp "$ROOT"/tests/site/mu-plugins/*.php "$SITE/wp-content/mu-plugins/"
	. "$RUN/db.env"
	mariadb --no-defaults --socket="$TELEMED_DB_SOCKET" -u root -e 'DROP DATABASE telemed; CREATE DATABASE telemed CHARACTER SET utf8mb4'
	echo "$stamp" >"$RUN/site.stamp"
}

config() {
	. "$RUN/db.env"
	if [ ! -f "$RUN/site.env" ]; then
		cat >"$RUN/site.env" <<ENV
export SITE_PORT=$(free_port) SITE_KEY='$(openssl rand -base64 32)' SEED_PASSWORD='$(openssl rand -hex 8)'
export SITE_SALT='$(openssl rand -hex 40)' KCT_RUN='$RUN' WORDPRESS_PATH='$SITE'
export SITE_URL=http://127.0.0.1:\$SITE_PORT
ENV
	fi
	. "$RUN/site.env"
	SANDBOX_JSON=$RUN/sandbox.json CACHE=$CACHE RUN=$RUN php -n "$ROOT/tests/site/wp-config.php" >"$SITE/wp-config.php"
}

# Which build of the extension the workers have: another one takes a start.
build_of() { stat -c '%n %Y %s' "$EXTENSION"; }

fpm() {
	if [ "$(cat "$RUN/fpm.build" 2>/dev/null)" != "$(build_of)" ]; then stop_pid "$RUN/fpm.pid"; fi
	if running "$RUN/fpm.pid"; then return; fi
	build_of >"$RUN/fpm.build"
	step "starting php-fpm"
	local root_flag=() owner=
	if [ "$(id -u)" = 0 ]; then
		root_flag=(-R)
		owner=$'user = root\ngroup = root'
	fi
	cat >"$RUN/fpm.conf" <<CONF
[global]
pid = $RUN/fpm.pid
error_log = $CACHE/fpm.log
[www]
listen = $SOCKETS/fpm.sock
pm = static
pm.max_children = 8
pm.status_path = /kct-workers
pm.status_listen = $SOCKETS/status.sock
clear_env = no
catch_workers_output = yes
$owner
CONF
	# The test build's workers die where the file says; see src/fault.rs.
	KIVICARE_TELEMED_KILL_FILE=$RUN/kill "$FPM_BINARY" "${root_flag[@]}" -y "$RUN/fpm.conf" -d extension="$EXTENSION" ${TELEMED_FPM_FLAGS:-} >"$CACHE/fpm-start.log" 2>&1
	wait_for 120 php-fpm test -S "$SOCKETS/fpm.sock"
}

nginx_up() {
	if running "$RUN/nginx.pid"; then return; fi
	step "starting nginx on port $SITE_PORT"
	local owner=
	[ "$(id -u)" = 0 ] && owner='user root;'
	cat >"$RUN/nginx.conf" <<CONF
$owner
pid $RUN/nginx.pid;
error_log $CACHE/nginx.log;
events {}
http {
	include /etc/nginx/mime.types;
	access_log off;
	client_body_temp_path $RUN/nginx-body;
	fastcgi_temp_path $RUN/nginx-fastcgi;
	proxy_temp_path $RUN/nginx-proxy;
	uwsgi_temp_path $RUN/nginx-uwsgi;
	scgi_temp_path $RUN/nginx-scgi;
	server {
		listen 127.0.0.1:$SITE_PORT;
		root $SITE;
		index index.php;
		location = /kct-workers {
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME /kct-workers;
			fastcgi_param SCRIPT_NAME /kct-workers;
			fastcgi_pass unix:$SOCKETS/status.sock;
		}
		location / { try_files \$uri \$uri/ /index.php?\$args; }
		location ~ \.php$ {
			include /etc/nginx/fastcgi_params;
			# With the port, which Debian's file leaves out: WordPress would redirect pages to themselves for ever.
			fastcgi_param HTTP_HOST \$host:\$server_port;
			fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
			fastcgi_read_timeout 300;
			fastcgi_pass unix:$SOCKETS/fpm.sock;
		}
	}
}
CONF
	nginx -c "$RUN/nginx.conf" -e "$CACHE/nginx.log"
	wait_for 120 nginx test -s "$RUN/nginx.pid"
}

if [ ! -f "$EXTENSION" ]; then
	step "building the extension"
	cargo build -q --features php,fault-injection
fi
"$ROOT/tests/site/db.sh" start
SOCKETS=$(cat "$RUN/db.dir")
sandbox
files
config
fpm
nginx_up
if [ ! -f "$RUN/installed" ]; then
	step "installing WordPress and activating the plugins"
	php -d extension="$EXTENSION" "$ROOT/tests/site/install.php"
	php -d extension="$EXTENSION" "$ROOT/tests/site/seed.php" >"$RUN/seed.json"
	touch "$RUN/installed"
fi
php -d extension="$EXTENSION" "$ROOT/tests/site/connect.php"
