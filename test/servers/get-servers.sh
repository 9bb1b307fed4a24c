#!/usr/bin/env bash
# Fetches Redis, Valkey and Redict servers of several versions, side by side, for the tests; and a Prometheus with
# its exporter of Redis, where it is asked for by name.
#
# Works on a bare Debian 12 or 13, root or not, with what Debian always has (bash, apt-get, dpkg-deb, gpgv or sqv,
# sha256sum, flock). It touches neither the machine's packages nor its apt sources or apt state: each suite gets a private
# apt tree below DEST/.apt. apt checks each Release file and each package, and we the packages once more. A server comes
# with the C library of its own suite and a wrapper starts it through that library's loader (by exec, so the
# wrapper's pid is the server's): the machine's own glibc does not matter. It builds nothing and starts nothing.
#
#   get-servers.sh DEST ID...
#     DEST/ID/bin/{redis,valkey,redict}-{server,cli,benchmark,sentinel}   what it leaves; may be moved as a whole
#     ID   redis-bullseye 6.0 · redis-bookworm 7.0 · redis-trixie 8.0 · redis-experimental 8.6 · valkey-trixie 8.1 ·
#          valkey-sid 9.1 · redict-backports 7.3
#   get-servers.sh DEST prometheus-bookworm
#     DEST/prometheus-bookworm/bin/{prometheus,promtool,prometheus-redis-exporter}   2.42, 1.45
#   DEBIAN_MIRROR=URL   instead of the mirror in the machine's own apt sources
#
# Safe to run twice at once (the second waits, then finds everything there) and to interrupt: a version is
# built in DEST/.partial-ID and renamed when it is whole.
set -euo pipefail
export LC_ALL=C

die() {
	printf 'get-servers: %s\n' "$*" >&2
	exit 1
}

[ $# -ge 2 ] || die 'usage: get-servers.sh DEST ID...'
for tool in apt-get apt-cache apt-config dpkg dpkg-deb sha256sum flock; do
	command -v "$tool" >/dev/null || die "$tool not found"
done
# What apt checks signatures with: Debian 13 has the second and not the first.
command -v gpgv >/dev/null || command -v sqv >/dev/null || die 'gpgv not found'
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$KEYRING" ] || die "$KEYRING not found (package debian-archive-keyring)"

mkdir -p "$1" && DEST=$(cd "$1" && pwd)
shift
ARCH=$(dpkg --print-architecture)

exec 9>"$DEST/.lock"
flock 9
trap 'rm -rf "$DEST/.apt" "$DEST"/.partial-*' EXIT
trap 'exit 130' INT TERM HUP
rm -rf "$DEST/.apt" "$DEST"/.partial-*

# The mirror this machine already uses: the one it can surely reach. No release info: that would leave out what a
# fresh machine has not read yet.
MIRROR=${DEBIAN_MIRROR:-$(apt-get indextargets --no-release-info \
	--format '$(REPO_URI) $(COMPONENT) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
	awk '$2 == "main" && !/security|updates|backports/ && $1 ~ /\/debian\/?$/ && !found { print $1; found = 1 }')}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
MIRROR=${MIRROR%/}

# Proxies and the like are the machine's: without them a private tree reaches no mirror.
NETWORK=$(apt-config dump | grep -E '^Acquire::(http|https|ForceIPv[46]|Check-Date)[: ]' || true)

# Makes a private apt tree for a suite, reads its index, and points apt at it. Backports and experimental hold few
# packages: what they lack comes from the suite named second, what both have from the first.
use_suite() {
	local suite=$1 base=${2:-} tree=$DEST/.apt/$1 one
	if [ ! -e "$tree/apt.conf" ]; then
		mkdir -p "$tree"/etc/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} \
			"$tree"/{state/lists/partial,cache/archives/partial,log}
		: >"$tree/status"
		for one in "$suite" $base; do
			echo "deb [arch=$ARCH signed-by=$KEYRING] $MIRROR $one main"
		done >"$tree/etc/sources.list"
		cat >"$tree/apt.conf" <<-CONF
			$NETWORK
			Dir "$tree";
			Dir::State "$tree/state";
			Dir::State::status "$tree/status";
			Dir::State::lists "$tree/state/lists";
			Dir::Cache "$tree/cache";
			Dir::Log "$tree/log";
			Dir::Etc "$tree/etc";
			Dir::Etc::main "$tree/none";
			Dir::Etc::parts "$tree/etc/apt.conf.d";
			Dir::Etc::sourcelist "$tree/etc/sources.list";
			Dir::Etc::sourceparts "$tree/etc/sources.list.d";
			Dir::Etc::preferencesparts "$tree/etc/preferences.d";
			Dir::Etc::trustedparts "$tree/etc/trusted.gpg.d";
			APT::Architecture "$ARCH";
			APT::Architectures { "$ARCH"; };
			APT::Default-Release "$suite";
			APT::Sandbox::User "$(id -un)";
			Acquire::Languages "none";
			Acquire::PDiffs "false";
			Acquire::Retries "3";
			Acquire::Check-Valid-Until "false";
			Debug::NoLocking "true";
			quiet "2";
		CONF
	fi
	export APT_CONFIG=$tree/apt.conf
	apt-get update >&2 || die "no package index of Debian $suite from $MIRROR"
	[ -n "$(apt-cache pkgnames libc6)" ] || die "the package index of Debian $suite from $MIRROR is empty"
}

# The packages given and every library they depend on, to the last.
with_libraries() {
	local todo=("$@") seen=' ' package dependency
	while [ ${#todo[@]} -gt 0 ]; do
		package=${todo[0]}
		todo=("${todo[@]:1}")
		case $seen in *" $package "*) continue ;; esac
		seen="$seen$package "
		printf '%s\n' "$package"
		for dependency in $(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks \
			--no-replaces --no-enhances "$package" 2>/dev/null | awk '/^ +(Pre)?Depends: /{print $2}'); do
			case $dependency in
			libjs-*) ;;
			lib* | zlib1g | lua-*) todo+=("$dependency") ;;
			esac
		done
	done
}

# "SHA256  file" of every package given, as the signed index says.
checksums() {
	apt-cache show --no-all-versions "$@" | awk '
		/^Filename:/ { n = split($2, path, "/"); file = path[n] }
		/^SHA256:/ { sum = $2 }
		/^$/ { if (file && sum) print sum "  " file; file = sum = "" }
		END { if (file && sum) print sum "  " file }'
}

# The wrapper finds its libraries from its own place, so the folder may be moved.
write_wrapper() {
	cat >"$1" <<-'SCRIPT'
		#!/bin/sh
		root=${0%/*}/../root
		for loader in "$root"/lib/*-linux-gnu*/ld-linux*.so.* "$root"/usr/lib/*-linux-gnu*/ld-linux*.so.*; do
			[ -f "$loader" ] && break
		done
		folder=${loader%/*}
		triplet=${folder##*/}
		exec "$loader" --library-path "$root/lib/$triplet:$root/usr/lib/$triplet" "$root/usr/bin/${0##*/}" "$@"
	SCRIPT
	chmod 755 "$1"
}

is_whole() {
	[ -e "$DEST/$1/SHA256SUMS" ] && (cd "$DEST/$1" && sha256sum --quiet -c SHA256SUMS) >/dev/null 2>&1
}

# fetch ID SUITES PACKAGES PROGRAMS: the packages with their libraries, and a wrapper for each program. The suites are
# one, or one and what it builds on.
fetch() {
	local id=$1 suites=$2 roots=$3 programs=$4 partial=$DEST/.partial-$1 packages package sums sum program
	# shellcheck disable=SC2086  # one word a suite, and below one a package
	use_suite $suites
	mkdir -p "$partial"/{debs,root,bin}
	# shellcheck disable=SC2086
	packages=$(with_libraries $roots)
	printf 'get-servers: %s: fetching %s packages of Debian %s\n' "$id" "$(wc -w <<<"$packages")" "${suites%% *}" >&2
	# shellcheck disable=SC2086
	(cd "$partial/debs" && apt-get download $packages >&2) || die "$id: the packages cannot be fetched from $MIRROR"
	# shellcheck disable=SC2086
	sums=$(checksums $packages)
	for package in "$partial"/debs/*.deb; do
		sum=$(sha256sum "$package")
		grep -q "^${sum%% *}  " <<<"$sums" || die "$id: ${package##*/} is not what the signed index says"
		dpkg-deb -x "$package" "$partial/root"
	done
	rm -rf "$partial"/debs "$partial"/root/{etc,var,usr/share,usr/sbin,usr/lib/systemd,lib/systemd} \
		"$partial"/root/usr/lib/*/{gconv,audit}
	# Sentinel is the server under another name; its own package has nothing else that the tests need.
	for program in "$partial"/root/usr/bin/*-server; do
		[ ! -e "$program" ] || cp "$program" "${program%-server}-sentinel"
	done
	for program in $programs; do
		write_wrapper "$partial/bin/$program"
	done
	program=${programs%% *}
	"$partial/bin/$program" --version >/dev/null || die "$id: $program does not start on this machine"
	(cd "$partial" && find bin root -type f \( -path '*/bin/*' -o -name '*.so*' \) -exec sha256sum {} + >SHA256SUMS)
	rm -rf "${DEST:?}/$id"
	mv "$partial" "$DEST/$id"
}

# fetch_server ID NAME SUITE...
fetch_server() {
	local id=$1 name=$2
	shift 2
	fetch "$id" "$*" "$name-server $name-tools" "$name-server $name-cli $name-benchmark $name-sentinel"
}

for id in "$@"; do
	is_whole "$id" && continue
	case $id in
	redis-bullseye) fetch_server "$id" redis bullseye ;;
	redis-bookworm) fetch_server "$id" redis bookworm ;;
	redis-trixie) fetch_server "$id" redis trixie ;;
	redis-experimental) fetch_server "$id" redis experimental sid ;;
	valkey-trixie) fetch_server "$id" valkey trixie ;;
	valkey-sid) fetch_server "$id" valkey sid ;;
	redict-backports) fetch_server "$id" redict bookworm-backports bookworm ;;
	prometheus-bookworm)
		fetch "$id" bookworm 'prometheus prometheus-redis-exporter' 'prometheus promtool prometheus-redis-exporter'
		;;
	*) die "unknown id $id" ;;
	esac
done
