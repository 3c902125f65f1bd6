#!/usr/bin/env bash
# Installs what the build and the tests need: Debian packages by name, and cargo-php into the cache directory.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages=(build-essential pkg-config libclang-dev clang curl openssl jq php-cli php-dev php-fpm php-mysql php-curl
	php-xml php-mbstring php-intl php-zip mariadb-server nginx-light phpunit php-codesniffer faketime gettext chromium)
missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
# Debian's node and npm, unless there is one from elsewhere, which conflicts with them.
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
# After php-fpm, which satisfies it: otherwise WordPress would bring Apache.
if [ -z "${WORDPRESS_DIR:-}" ] && [ ! -d /usr/share/wordpress ]; then missing+=(wordpress); fi
if [ ${#missing[@]} -gt 0 ]; then
	step "installing ${missing[*]}"
	[ "$(id -u)" = 0 ] || fail "run as root once, or install: ${missing[*]}"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$CACHE/apt.log" 2>&1 ||
		{ tail -n 20 "$CACHE/apt.log"; fail "the packages could not be installed"; }
fi
command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.88 or newer with rustup (https://rustup.rs)"
if [ ! -x "$CACHE/tools/bin/cargo-php" ]; then
	step "building cargo-php, once"
	CARGO_TARGET_DIR=$CACHE/tools/target cargo install -q cargo-php --locked --version 0.2.2 --root "$CACHE/tools" \
		>"$CACHE/cargo-php.log" 2>&1 || { tail -n 20 "$CACHE/cargo-php.log"; fail "cargo-php could not be built"; }
	rm -rf "$CACHE/tools/target"
fi
step "set up"
