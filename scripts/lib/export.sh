# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The series as mails: one commit a patch, hook and new files together, and a
# cover letter.  `git am` of them makes of the pristine source what prepare
# makes.

load setup overlay

export_main() {
	(($# == 1)) || die "usage: scripts/handoff export DIR"
	need_source
	export_series "$1"
	say "export: ok, ${#PATCHES[@]} patches and a cover letter in $1"
}

# A repository of only the files that matter is enough: blobs, hence patches,
# are the same as in a full one.
export_series() {
	local dir=$1 git k p text
	read_series
	((${#PATCHES[@]})) || die "the series is empty"
	mkdir -p "$dir"
	dir=$(readlink -f "$dir")
	find "$dir" -maxdepth 1 -name '[0-9][0-9][0-9][0-9]-*.patch' -delete
	scratch
	git=$SCRATCH/export
	rm -rf "$git"
	seed_repository "$git"
	for ((k = 1; k <= ${#PATCHES[@]}; k++)); do
		p=${PATCHES[k - 1]}
		find "$git" -mindepth 1 -maxdepth 1 ! -name .git \
			-exec rm -rf {} +
		concerned_files | copy_pristine_files "$git"
		stage "$SCRATCH/export-$k" "${PATCHES[@]:0:k}"
		rsync -rlp --exclude=/.pc "$SCRATCH/export-$k/" "$git/"
		rm -rf "$SCRATCH/export-$k"
		commit_patch "$git" "$p"
	done
	text=$(cover_letter)
	git -C "$git" config branch.master.description "$text"
	git -C "$git" format-patch -q --no-signature --zero-commit --abbrev=12 \
		--no-renames --cover-letter --cover-from-description=subject \
		-o "$dir" base..master
	# git am takes a cover letter for an empty patch: "git am DIR/*.patch"
	# shall not see it, "git send-email DIR" does.
	mv "$dir/0000-cover-letter.patch" "$dir/0000-cover-letter"
}

# seed_repository DIR: the pristine files that the series changes or would
# collide with, as commit "base".
seed_repository() {
	git init -q -b master "$1"
	git -C "$1" config user.name "$(git config user.name || echo handoff)"
	git -C "$1" config user.email "$(git config user.email || echo handoff@localhost)"
	git -C "$1" config core.autocrlf false
	git -C "$1" config commit.gpgsign false
	git -C "$1" config gc.auto 0
	concerned_files | copy_pristine_files "$1"
	git -C "$1" add -Af .
	git -C "$1" commit -q --allow-empty -m "linux-source-$BASE"
	git -C "$1" tag base
}

# What the series changes or brings
concerned_files() {
	{
		patched_files "${PATCHES[@]}"
		overlay_owners | cut -f 3
	} | sort -u
}

# Author, date and message of the patch's header; while that is still to be
# written (check headers insists), the name of the patch will do.
commit_patch() {
	local git=$1 p=$2 info name mail subject date file
	file=$SERIES_ROOT/patches/$p
	info=$(git mailinfo -b "$SCRATCH/message" /dev/null < "$file")
	name=$(sed -n 's/^Author: //p' <<< "$info")
	mail=$(sed -n 's/^Email: //p' <<< "$info")
	subject=$(sed -n 's/^Subject: //p' <<< "$info")
	date=$(sed -n 's/^Date: //p' <<< "$info")
	[[ -n $date ]] ||
		date=$(git -C "$REPO" log -1 --format=%aI -- "$file" 2> /dev/null) || true
	[[ -n $date ]] || date=@$(stat -c %Y "$file")
	subject=$(sed -E 's/^\[[^]]*\] *//' <<< "$subject")
	git -C "$git" add -Af .
	{
		printf '%s\n\n' "${subject:-${p%.patch}}"
		cat "$SCRATCH/message"
	} | GIT_AUTHOR_NAME=${name:-handoff} GIT_AUTHOR_EMAIL=${mail:-handoff@localhost} \
		GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date \
		git -C "$git" commit -q --allow-empty --cleanup=whitespace -F -
}

cover_letter() {
	cat "$REPO/scripts/cover-letter"
	printf '\nThe series applies to Linux %s (Debian linux-source-%s %s).\n' \
		"$(kernel_version "$PRISTINE")" "$BASE" "$(cat "$PRISTINE.version")"
}
