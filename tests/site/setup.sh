#!/usr/bin/env bash
# Installs what the build and the tests need: Debian packages by name, and tools of cargo into the machine's cache.
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

# Cargo packages at fixed versions; quick to build matters more here than quick to run: tool NAME VERSION.
tool() {
	local name=$1 version=$2
	if [ "$(cat "$TOOLS/$name.version" 2>/dev/null)" = "$version" ] && [ -x "$TOOLS/bin/$name" ]; then return; fi
	step "building $name $version, once"
	mkdir -p "$TOOLS"
	CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
		CARGO_TARGET_DIR=$TOOLS/target cargo install -q "$name" --locked --force --version "$version" --root "$TOOLS" \
		>"$CACHE/$name.log" 2>&1 || { tail -n 20 "$CACHE/$name.log"; fail "$name could not be built"; }
	rm -rf "$TOOLS/target"
	echo "$version" >"$TOOLS/$name.version"
}
tool cargo-php 0.2.2
tool mago 1.25.2
tool cargo-deny 0.20.2
step "set up"
