# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# build/linux: the distribution's source with the series and the new files.
# Only files that really differ are written, so make rebuilds only those.

load setup overlay

prepare_main() {
	case ${1-} in
	'')	need_tree
		say "prepare: ok, build/linux has $(series_patches | wc -l) patches" ;;
	K=?*)	[[ -f ${1#K=}/Kbuild && -d ${1#K=}/net/ipv4 ]] ||
			die "${1#K=} is no unpacked kernel source"
		need_packages build
		prepare_foreign "$(readlink -f "${1#K=}")" ;;
	*)	die "usage: scripts/handoff prepare [K=DIR]" ;;
	esac
}

need_tree() {
	need_source
	with_lock prepare_tree
}

prepare_tree() {
	read_series
	check_source_version
	copy_pristine
	warn_unowned
	scratch
	rm -rf "$SCRATCH/stage"
	stage "$SCRATCH/stage" "${PATCHES[@]}"
	sync_tree "$SCRATCH/stage" "$LINUX"
}

# For who has just added a file; `check map` makes an error of it.
warn_unowned() {
	overlay_owners | awk -F '\t' '
		$1 == "!"  { print "handoff: " $2 " is left out: no line in scripts/overlay.map" }
		$1 == "!!" { print "handoff: " $2 " is left out: several lines in scripts/overlay.map" }' >&2
}

check_source_version() {
	local found
	found=$(kernel_version "$PRISTINE")
	[[ $found == "$TESTED" || -n ${VERSION_TOLD-} ]] && return
	warn "tested on $TESTED, this source is $found"
	VERSION_TOLD=1
}

copy_pristine() {
	local version
	version=$(cat "$PRISTINE.version")
	[[ -d $LINUX && $(cat "$LINUX.base" 2> /dev/null) == "$version" ]] &&
		return
	say "copying the source to build/linux ..."
	rm -rf "$LINUX" "$LINUX".{owned,base}
	mkdir -p "$LINUX"
	tar -C "$PRISTINE" --exclude='./out-*' -cf - . | tar -C "$LINUX" -xf -
	printf '%s\n' "$version" > "$LINUX.base"
}

# sync_tree STAGE DIR: bring DIR to the state STAGE.  DIR.owned holds path and
# checksum of what the last call wrote: what is no longer owned goes back to
# the pristine state, and what somebody has edited since is kept in
# build/edited rather than overwritten.
sync_tree() {
	local stage=$1 dir=$2 f sum now kept owned=$2.owned
	local new=$SCRATCH/owned
	(cd "$stage" && find . -path ./.pc -prune -o \( -type f -o -type l \) \
		-printf '%P\0' | xargs -0r sha256sum) |
		sort -k 2 > "$new"
	kept=$BUILD/edited/$(date +%Y%m%d-%H%M%S)

	[[ -f $owned ]] && while read -r sum f; do
		now=$(sha256sum < "$dir/$f" 2> /dev/null) || continue
		now=${now%% *}
		if [[ $now != "$sum" ]] && ! cmp -s "$dir/$f" "$stage/$f"; then
			mkdir -p "$kept"
			(cd "$dir" && cp -p --parents "$f" "$kept")
			warn "build/linux/$f was edited; kept in ${kept#"$REPO/"}"
		fi
		[[ -e $stage/$f || -L $stage/$f ]] && continue
		if [[ -e $PRISTINE/$f ]]; then
			cp "$PRISTINE/$f" "$dir/$f"
		else
			rm -f "$dir/$f"
			(cd "$dir" && rmdir -p --ignore-fail-on-non-empty \
				"$(dirname "$f")")
		fi
	done < "$owned"

	rsync -rlpc --exclude=/.pc "$stage/" "$dir/"
	rm -rf "$dir/.pc"
	[[ ! -d $stage/.pc ]] || cp -rp "$stage/.pc" "$dir/.pc"
	cp "$new" "$owned"
}

# Somebody's own kernel tree: quilt works in it directly, so that `quilt pop`
# does there what its user expects.
prepare_foreign() {
	local dir=$1 list=$1/.pc/handoff-files
	read_series
	if [[ -s $dir/.pc/applied-patches ]]; then
		run_quilt "$dir" pop -aq > /dev/null ||
			die "cannot take the patches in $dir off again"
		if [[ -f $list ]]; then
			(cd "$dir" && xargs -rd '\n' rm -f) < "$list"
		fi
	fi
	if ! (push_patches "$dir"); then
		run_quilt "$dir" pop -aqf > /dev/null 2>&1 || true
		rm -f "$list"
		die "$dir is left as it was"
	fi
	mkdir -p "$dir/.pc"
	scratch
	mkdir "$SCRATCH/overlay"
	install_overlay "$SCRATCH/overlay" "${PATCHES[@]}"
	(cd "$SCRATCH/overlay" && find . -type f -o -type l) > "$list"
	rsync -rlpc "$SCRATCH/overlay/" "$dir/"
	say "prepare: ok, $dir ($(kernel_version "$dir"), tested on $TESTED)" \
		"has ${#PATCHES[@]} patches and $(wc -l < "$list") new files"
}
