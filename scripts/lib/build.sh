# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernels: um (User Mode Linux), vm (x86-64, SMP), vm-debug (the same with
# lockdep, KASAN and friends).

load setup overlay prepare

# A rebuild from another checkout at another path must hit the cache: no
# dates, users or absolute paths in what is compiled.  An O= directory right
# inside the source makes Kbuild use "..", so out-KIND lies in the tree.
build_env() {
	export CCACHE_DIR=${CCACHE_DIR:-$HOME/.cache/handoff-ccache}
	export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-2G}
	export CCACHE_BASEDIR=$BUILD CCACHE_NOHASHDIR=1
	export CCACHE_COMPILERCHECK=content
	export KBUILD_BUILD_TIMESTAMP='2026-01-01 00:00:00 UTC'
	export KBUILD_BUILD_USER=handoff KBUILD_BUILD_HOST=build
	export KBUILD_BUILD_VERSION=1
	unset ARCH KCFLAGS KBUILD_OUTPUT MAKEFLAGS MAKELEVEL CROSS_COMPILE
}

kernel_arch() {
	case $1 in
	um*)	echo um ;;
	*)	echo x86_64 ;;
	esac
}

# Fragments of a kind, later ones win.
kernel_fragments() {
	case $1 in
	um)		echo common um ;;
	vm)		echo common vm ;;
	vm-debug)	echo common vm debug ;;
	*)		die "no such kernel '$1': um, vm or vm-debug" ;;
	esac
}

# kmake TREE KIND ARGS...: make for kernel KIND in TREE/out-KIND
kmake() {
	local tree=$1 kind=$2
	shift 2
	make -C "$tree" O="out-$kind" ARCH="$(kernel_arch "$kind")" \
		CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

# What the fragments ask for.  Symbols of a technique exist only while its
# patch is in the series.  HANDOFF_WITHOUT: symbols that are to be off.
wanted_config() {
	local tree=$1 kind=$2 f symbol
	for f in $(kernel_fragments "$kind"); do
		cat "$REPO/configs/$f.config"
	done
	[[ -f $tree/net/ipv4/tcp_handoff/Kconfig ]] || return 0
	sed -nE 's/^config (TCP_HANDOFF[A-Z0-9_]*)$/\1/p' \
		"$tree/net/ipv4/tcp_handoff/Kconfig" | while read -r symbol; do
			if [[ " ${HANDOFF_WITHOUT-} " == *" $symbol "* ]]; then
				echo "# CONFIG_$symbol is not set"
			else
				echo "CONFIG_$symbol=y"
			fi
		done
}

# configure TREE KIND: everything off but what the fragments name.  .config
# is only replaced if it differs.
configure() {
	local tree=$1 kind=$2 out=$1/out-$2 key
	mkdir -p "$out"
	key=$({ wanted_config "$tree" "$kind"
		grep -hE '/Kconfig' "$LINUX.owned" || true; } 2> /dev/null |
		sha256sum)
	[[ -f $out/.config && $(cat "$out/.handoff-config" 2> /dev/null) == \
	   "$key" ]] && return

	wanted_config "$tree" "$kind" > "$out/.handoff-wanted"
	KCONFIG_ALLCONFIG=$out/.handoff-wanted KCONFIG_CONFIG=.config.new \
		kmake "$tree" "$kind" allnoconfig > "$out/.handoff-log" 2>&1 || {
		cat "$out/.handoff-log" >&2
		die "cannot configure kernel $kind"
	}
	verify_config "$out/.handoff-wanted" "$out/.config.new" "$kind"
	if ! cmp -s "$out/.config.new" "$out/.config"; then
		mv "$out/.config.new" "$out/.config"
	fi
	rm -f "$out/.config.new" "$out/.config.new.old"
	printf '%s\n' "$key" > "$out/.handoff-config"
}

# Kconfig drops silently what has an unmet dependency.
verify_config() {
	local lost
	lost=$(awk -F= '
		FNR == NR { if (/^CONFIG_/) { k = $1; sub(/^[^=]*=/, "")
				want[k] = $0 }; next }
		/^CONFIG_/ { k = $1; sub(/^[^=]*=/, ""); have[k] = $0 }
		END {
			for (k in want) {
				h = k in have ? have[k] : "n"
				if (h != want[k])
					print "  " k "=" want[k] " but is " h
			}
		}' "$1" "$2" | sort)
	[[ -z $lost ]] || die "kernel $3 cannot have
$lost"
}

build_main() {
	(($# == 1)) || die "usage: scripts/handoff build um|vm|vm-debug"
	need_kernel "$1"
	say "build: ok, ${IMAGES#"$REPO/"}/$1"
}

# need_kernel KIND: prepared, built, its image in build/images/KIND.
need_kernel() {
	kernel_fragments "$1" > /dev/null
	need_source
	with_lock build_kernel "$1"
}

build_kernel() {
	local kind=$1 out=$LINUX/out-$1 log=$LOGS/build-$1.log target image total
	build_env
	prepare_tree
	configure "$LINUX" "$kind"
	case $kind in
	um)	target=linux image=$out/linux ;;
	*)	target=bzImage image=$out/arch/x86/boot/bzImage ;;
	esac
	total=$(cat "$out/.handoff-total" 2> /dev/null) || total=0
	if ! PROGRESS='^  (CC|AS|LD|AR|GEN|HOSTCC|UPD) ' \
	     follow "build $kind" "$log" "$total" \
	     kmake "$LINUX" "$kind" -j"$JOBS" "$target"; then
		build_errors "$log" >&2
		die "kernel $kind does not build; all of it in ${log#"$REPO/"}"
	fi
	# The longest build seen is what the next progress line compares with.
	((FOLLOWED > total)) && printf '%s\n' "$FOLLOWED" > "$out/.handoff-total"
	grep -E 'warning:' "$log" >&2 || true
	publish_image "$image" "$kind"
}

# The lines of a make log that say what went wrong.
build_errors() {
	local found
	found=$(grep -vE '^  [A-Z]+ |^make.*(directory|Waiting)' "$1" |
		grep -E -B 2 -A 4 ': (fatal )?error: |undefined ref|\*\*\* ')
	head -n 60 <<< "${found:-$(tail -n 30 "$1")}"
}

# Copied and renamed into place: a kernel in use is not changed under it.
publish_image() {
	mkdir -p "$IMAGES"
	cmp -s "$1" "$IMAGES/$2" && return
	cp "$1" "$IMAGES/.$2.new"
	mv "$IMAGES/.$2.new" "$IMAGES/$2"
}
