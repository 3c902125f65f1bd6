#!/usr/bin/env bash
# The demo and the tests on Debian 13, in a root directory of its own below the cache: debian13.sh [layer...]
# Needs root. The directory stays, so that a second run is quick; `make clean` removes it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || fail "chroot and mount need root: sudo make test-debian13"
DEBIAN=$CACHE/debian13
HOME=${HOME:-/root}
CARGO_DIR=${CARGO_HOME:-$HOME/.cargo}
RUSTUP_DIR=${RUSTUP_HOME:-$HOME/.rustup}
CHECKOUT=/srv/kivicare-telemed

# Where this machine's packages come from.
mirror() {
	local found
	found=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *\([^ ]*\).*/\1/p' | head -n 1)
	[ -n "$found" ] || found=$(sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
	[ -n "$found" ] || fail "no mirror in this machine's apt sources"
	echo "$found"
}

bootstrap() {
	if [ -f "$DEBIAN/ready" ]; then return; fi
	step "Debian 13 from $(mirror)"
	rm -rf "$DEBIAN"
	debootstrap --variant=minbase --include=ca-certificates trixie "$DEBIAN" "$(mirror)" >"$CACHE/debootstrap.log" 2>&1 ||
		{ tail -n 20 "$CACHE/debootstrap.log"; fail "debootstrap did not succeed"; }
	# No service of a package may start here: the tests start their own.
	printf '#!/bin/sh\nexit 101\n' >"$DEBIAN/usr/sbin/policy-rc.d"
	chmod +x "$DEBIAN/usr/sbin/policy-rc.d"
	touch "$DEBIAN/ready"
}

# How this machine reaches its registries.
settings() {
	local file
	for file in /etc/apt/apt.conf.d/*; do
		# Hooks of desktop packages that are not there.
		grep -q 'Post-Invoke' "$file" || cp "$file" "$DEBIAN/etc/apt/apt.conf.d/"
	done
	cp -L /etc/hosts /etc/resolv.conf "$DEBIAN/etc/"
	cp -L /etc/ssl/certs/ca-certificates.crt "$DEBIAN/etc/ssl/certs/ca-certificates.crt"
	for file in "$HOME/.npmrc" "$HOME/.config/pip/pip.conf" /etc/pip.conf; do
		[ ! -f "$file" ] || install -D "$file" "$DEBIAN/root/${file##*/}"
	done
}

# The checkout as it stands, without what is built; what an earlier run built there stays. Only what differs is written, with
# the time of now: cargo takes a file for unchanged that is older than its last build.
checkout() {
	local files file
	mkdir -p "$DEBIAN$CHECKOUT"
	files=$(mktemp)
	(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard --deduplicate |
		while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done) >"$files"
	(cd "$DEBIAN$CHECKOUT" && find . -type f -not -path './target/*' -not -path './.cache/*' -printf '%P\0' | sort -z |
		comm -z -23 - <(sort -z "$files") | xargs -0r rm -f)
	while IFS= read -r -d '' file; do
		cmp -s "$ROOT/$file" "$DEBIAN$CHECKOUT/$file" || install -D -m "$(stat -c %a "$ROOT/$file")" "$ROOT/$file" "$DEBIAN$CHECKOUT/$file"
	done <"$files"
	rm -f "$files"
}

mounts() {
	local place
	mkdir -p "$DEBIAN/root/.cargo" "$DEBIAN/root/.rustup" "$DEBIAN/root/.cache/kivicare-telemed"
	mount -t proc proc "$DEBIAN/proc"
	mount -t sysfs -o ro sysfs "$DEBIAN/sys"
	mount --rbind /dev "$DEBIAN/dev"
	mount --make-rslave "$DEBIAN/dev"
	# Debian's own compiler is too old, and tools built on this machine run there.
	for place in "$CARGO_DIR:.cargo" "$RUSTUP_DIR:.rustup" "$TOOLS:.cache/kivicare-telemed"; do
		mount --bind "${place%%:*}" "$DEBIAN/root/${place##*:}"
	done
}

# Processes whose root is ours, and no others; then the mounts, whatever happened before.
leave() {
	local root pid place
	for root in /proc/[0-9]*/root; do
		pid=${root#/proc/}
		if [ "$(readlink "$root" 2>/dev/null)" = "$DEBIAN" ]; then kill -9 "${pid%/root}" 2>/dev/null || true; fi
	done
	for place in root/.cargo root/.rustup root/.cache/kivicare-telemed dev sys proc; do
		if mountpoint -q "$DEBIAN/$place"; then umount -R -l "$DEBIAN/$place"; fi
	done
}

within() {
	env -i HOME=/root LANG=C.UTF-8 RUSTUP_AUTO_INSTALL=0 CI="${CI:-}" CARGO_TERM_COLOR=never DEBIAN_FRONTEND=noninteractive \
		PATH=/root/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		FUZZ_RUNS="${FUZZ_RUNS:-}" KILL_TIMES="${KILL_TIMES:-}" SOAK_ACTIONS="${SOAK_ACTIONS:-}" \
		chroot "$DEBIAN" /bin/bash -euo pipefail -c "cd $CHECKOUT; $1" debian13 "${@:2}"
}

trap leave EXIT
trap 'exit 1' INT TERM
leave
bootstrap
settings
checkout
mounts
within 'bash tests/site/setup.sh demo; bash tests/site/demo.sh; bash tests/site/stop.sh'
within 'bash tests/site/setup.sh test'
step "Debian $(cat "$DEBIAN/etc/debian_version"): $(within 'php -r "echo PHP_VERSION;"; echo -n ", "; mariadbd --version | sed "s/.*Ver \([^ ]*\).*/\1/"; phpunit --version | head -n 1; dpkg-query -W wordpress' | paste -sd' ')"
within 'bash tests/site/test.sh "$@"' "$@"
