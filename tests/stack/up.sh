#!/usr/bin/env bash
# The whole site: database, sandbox provider, WordPress with the plugins, php-fpm, nginx, seed. Writes run/site.env.
# A second call is quick. LIBRARY: the built extension, the debug build when unset.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$ROOT/tests/stack
library=${LIBRARY:-$EXTENSION}

"$here/db.sh" start
"$here/sandbox.sh" start
# Workers keep the file mapped: a changed build goes to a new file, and they start anew.
if ! cmp -s "$library" "$STACK_DIR/kivicare_telemed.so"; then
	"$here/nginx.sh" stop
	"$here/fpm.sh" stop
	rm -f "$STACK_DIR/kivicare_telemed.so"
	cp "$library" "$STACK_DIR/kivicare_telemed.so"
fi
if ! running "$RUN/nginx.pid"; then
	SITE_PORT=$(free_port)
	SITE_URL=http://127.0.0.1:$SITE_PORT
	export SITE_PORT SITE_URL
	echo "export SITE_PORT=$SITE_PORT SITE_URL=$SITE_URL WORDPRESS_PATH='$SITE' STACK_RUN='$RUN'" >"$RUN/site.env"
	echo "export SITE_EXTENSION='$STACK_DIR/kivicare_telemed.so'" >>"$RUN/site.env"
fi
. "$RUN/site.env"
"$here/wordpress.sh"
"$here/fpm.sh" start
"$here/nginx.sh" start
cat "$RUN/db.env" "$RUN/sandbox.env" "$STACK_DIR/admin.env" >>"$RUN/site.env"
wait_for 20 "the site" curl -sf -o /dev/null "$SITE_URL/wp-login.php"
[ -f "$STACK_DIR/seed.json" ] && [ "$STACK_DIR/seed.json" -nt "$STACK_DIR/site.stamp" ] || "$here/seed.sh"
step "the site is up at $SITE_URL"
