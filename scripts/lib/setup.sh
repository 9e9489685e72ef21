# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages and the kernel source.  This is the only verb that may need root,
# and only when a package is missing.

declare -gA PACKAGES=(
	[build]="gcc make bc bison flex libc6-dev libelf-dev libssl-dev
		 perl python3 rsync quilt ccache xz-utils git patch"
	[run]="iproute2 nginx-light|nginx curl iperf3 nftables ethtool
	       util-linux procps"
	[vm]="qemu-system-x86 seabios"
	[fuzz]="clang-14 libclang-rt-14-dev llvm-14"
	[check]="sparse coccinelle codespell python3-yaml python3-jsonschema
		 shellcheck"
	[model]="spin gcc libc6-dev"
)

# Is package $1 installed?  "a|b": either.
have_package() {
	local p
	for p in ${1//|/ }; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null) == \
		   installed ]] && return
	done
	return 1
}

# need_packages GROUP...: every verb names what it uses, so that somebody who
# only wants to build is not asked for an emulator.
need_packages() {
	local group p missing=() seen=' '
	command -v dpkg-query > /dev/null ||
		die "this needs Debian (or a system with dpkg and apt)"
	for group; do
		for p in ${PACKAGES[$group]}; do
			[[ $seen == *" $p "* ]] && continue
			seen+="$p "
			have_package "$p" || missing+=("${p%%|*}")
		done
	done
	((${#missing[@]})) || return 0
	install_packages "${missing[@]}"
}

# As root, by sudo, or not at all: then the command to give is printed.
install_packages() {
	local apt=(apt-get -y --no-install-recommends install "$@") sudo=()
	if ((EUID)); then
		if ! command -v sudo > /dev/null ||
		   ! { sudo -n true 2> /dev/null || [[ -t 0 ]]; }; then
			die "missing packages; as root:
    apt-get update && ${apt[*]}"
		fi
		sudo=(sudo)
	fi
	say "installing: $*"
	"${sudo[@]}" apt-get -q update < /dev/null >&2 ||
		warn "apt-get update failed; trying with the lists there are"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		"${apt[@]}" -q < /dev/null >&2 ||
		die "could not install: $*"
}

# Sets TARBALL and VERSION.  The source needs no installed package: a user
# without root gets it by apt-get download.
find_source() {
	local pkg=linux-source-$BASE deb
	VERSION=$(dpkg-query -W -f '${Version}' "$pkg" 2> /dev/null) || VERSION=
	TARBALL=/usr/src/$pkg.tar.xz
	[[ -n $VERSION && -f $TARBALL ]] && return

	# An earlier download will do; upgrading is for who removes it.
	mkdir -p "$BUILD/download"
	deb=$(find "$BUILD/download" -name "${pkg}_*.deb" | sort -V | tail -n 1)
	if [[ -z $deb ]]; then
		if ((EUID == 0)); then
			install_packages "$pkg"
			VERSION=$(dpkg-query -W -f '${Version}' "$pkg")
			return
		fi
		say "downloading $pkg ..."
		(cd "$BUILD/download" && apt-get -q download "$pkg" >&2) ||
			die "cannot download $pkg; as root:
    apt-get update && apt-get install $pkg"
		deb=$(find "$BUILD/download" -name "${pkg}_*.deb")
	fi
	VERSION=$(dpkg-deb -f "$deb" Version)
	TARBALL=$BUILD/download/usr/src/$pkg.tar.xz
	[[ -f $TARBALL ]] || dpkg -x "$deb" "$BUILD/download"
}

# An upgrade of the package is noticed while it is installed.
source_ready() {
	[[ -d $PRISTINE && -f $PRISTINE.version ]] || return
	local v
	v=$(dpkg-query -W -f '${Version}' "linux-source-$BASE" 2> /dev/null) ||
		return 0
	[[ -z $v || $(cat "$PRISTINE.version") == "$v" ]]
}

# The stamp is written last and lies outside: what has it is complete, and
# the tree itself stays as the distribution ships it.
unpack_source() {
	local stamp=$PRISTINE.version
	find_source
	source_ready && return
	say "unpacking linux-source-$BASE $VERSION ..."
	rm -rf "$PRISTINE" "$PRISTINE.new" "$stamp"
	mkdir -p "$PRISTINE.new"
	tar -C "$PRISTINE.new" --strip-components=1 -xJf "$TARBALL"
	mv "$PRISTINE.new" "$PRISTINE"
	# Another base: everything made from the old one is void.
	rm -rf "$LINUX" "$LINUX".{owned,base}
	printf '%s\n' "$VERSION" > "$stamp"
}

# kernel_version DIR: 6.12.y of an unpacked tree; of the pristine one for a
# folder that has only the changed files
kernel_version() {
	[[ -f $1/Makefile ]] || set -- "$PRISTINE"
	awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { v = v "." $3 }
	     /^NAME =/ { exit } END { print substr(v, 2) }' "$1/Makefile"
}

need_source() {
	need_packages build
	source_ready || with_lock unpack_source
}

setup_main() {
	(($# == 0)) || die "usage: scripts/handoff setup"
	need_packages build run vm check fuzz model
	with_lock unpack_source
	say "setup: ok, linux-source-$BASE $(cat "$PRISTINE.version")"
}
