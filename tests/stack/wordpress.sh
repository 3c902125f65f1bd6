#!/usr/bin/env bash
# An installed WordPress with KiviCare and this plugin active, in the cache directory. Needs db.sh and sandbox.sh up.
# WORDPRESS_DIR: another WordPress than Debian's. KIVICARE_DIR: the real KiviCare instead of the contract plugin.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$RUN/db.env"
. "$RUN/sandbox.env"
here=$ROOT/tests/stack
source_dir=${WORDPRESS_DIR:-/usr/share/wordpress}
plugins=$SITE/wp-content/plugins
kivicare=$plugins/kivicare-clinic-management-system

copy_wordpress() {
	step "copying WordPress from $source_dir"
	rm -rf "$SITE"
	mkdir -p "$SITE"
	# Debian's package links its libraries elsewhere; the copy must stand alone.
	tar -C "$source_dir" -ch --exclude=./wp-config.php --exclude=./.htaccess --exclude=./.git . | tar -C "$SITE" -x
	mkdir -p "$plugins" "$SITE/wp-content/themes" "$SITE/wp-content/uploads"
	ln -sfn "$here/mu-plugins" "$SITE/wp-content/mu-plugins"
	ln -sfn "$here/theme" "$SITE/wp-content/themes/telemed-stack"
	ln -sfn "$ROOT/php" "$plugins/kivicare-telemed"
	cp "$here/wp-config.php" "$SITE/wp-config.php"
}

copy_kivicare() {
	rm -rf "$kivicare"
	if [ -z "${KIVICARE_DIR:-}" ]; then
		ln -s "$ROOT/tests/kivicare" "$kivicare"
		return
	fi
	step "copying KiviCare from $KIVICARE_DIR"
	cp -rL "$KIVICARE_DIR" "$kivicare"
	# Two stale migrations declare classes twice and end a fresh installation.
	find "$kivicare" \( -name '2025_07_09_AddDefaultModuleConfig*' -o -name '2025_06_23_MergeContactNumber*' \) -delete
}

# Salts and key of this installation, made once.
write_keys() {
	[ -f "$STACK_DIR/keys.php" ] && return
	local name
	{
		echo '<?php'
		for name in AUTH_KEY SECURE_AUTH_KEY LOGGED_IN_KEY NONCE_KEY AUTH_SALT SECURE_AUTH_SALT LOGGED_IN_SALT NONCE_SALT; do
			echo "define( '$name', '$(openssl rand -hex 32)' );"
		done
		echo "define( 'KIVICARE_TELEMED_KEY', '$(openssl rand -base64 32)' );"
	} >"$STACK_DIR/keys.php"
}

# What changes with every start: ports, the sandbox' addresses, the socket.
write_endpoints() {
	cat >"$STACK_DIR/endpoints.php" <<PHP
<?php
define( 'DB_HOST', '$TELEMED_TEST_DB_HOST' );
define( 'DB_NAME', '$TELEMED_TEST_DB_NAME' );
define( 'DB_USER', '$TELEMED_TEST_DB_USER' );
define( 'DB_PASSWORD', '$TELEMED_TEST_DB_PASSWORD' );
define( 'WP_HOME', '$SITE_URL' );
define( 'WP_SITEURL', '$SITE_URL' );
define( 'KIVICARE_TELEMED_ZOOM_API_URL', '${ZOOM_BASE_URL:-$SANDBOX_URL}/v2' );
define( 'KIVICARE_TELEMED_ZOOM_OAUTH_URL', '${ZOOM_BASE_URL:-$SANDBOX_URL}/oauth' );
define( 'KIVICARE_TELEMED_CA_FILE', '$SANDBOX_CA_FILE' );
define( 'KIVICARE_TELEMED_ALLOW_HTTP', ${SANDBOX_ALLOW_HTTP} );
define( 'TELEMED_STACK_RUN', '$RUN' );
PHP
}

wanted="$source_dir ${KIVICARE_DIR:-contract}"
if [ "$(cat "$STACK_DIR/site.stamp" 2>/dev/null)" != "$wanted" ]; then
	rm -f "$STACK_DIR/site.stamp"
	mariadb --no-defaults --socket="$TELEMED_DB_SOCKET" -u root \
		-e "DROP DATABASE IF EXISTS $TELEMED_TEST_DB_NAME; CREATE DATABASE $TELEMED_TEST_DB_NAME CHARACTER SET utf8mb4"
	copy_wordpress
	copy_kivicare
fi
write_keys
write_endpoints
if [ ! -f "$STACK_DIR/site.stamp" ]; then
	step "installing WordPress, KiviCare and KiviCare Telemed"
	ADMIN_PASSWORD=$(openssl rand -hex 8)
	export ADMIN_PASSWORD
	site_php "$here/install.php" "$SITE" || fail "the site could not be installed"
	echo "export ADMIN_LOGIN=admin ADMIN_PASSWORD=$ADMIN_PASSWORD" >"$STACK_DIR/admin.env"
	echo "$wanted" >"$STACK_DIR/site.stamp"
fi
