# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks of the series as such: do map, series, patches and files agree, can
# they be applied, refreshed and sent?

# Every new file has one owner that exists, and a place of its own.
check_map() {
	local COMPLAINTS='' owners patch src dst
	owners=$(overlay_owners)
	while IFS=$'\t' read -r patch src dst; do
		case $patch in
		'')	continue ;;
		'!')	complain "$src: no line of overlay.map names it" ;;
		'!!')	complain "$src: several lines of overlay.map fit" ;;
		\?*)	complain "$src: there is no patch ${patch#\?}, or several" ;;
		esac
		[[ ! -e $PRISTINE/$dst ]] ||
			complain "$src: would replace the kernel's $dst"
	done <<< "$owners"
	while read -r src; do
		[[ -z $src ]] || complain "overlay.map: no file for '$src'"
	done < <(overlay_unused)
	while read -r dst; do
		[[ -z $dst ]] || complain "$dst: several files land there"
	done < <(awk -F '\t' '$2 !~ /\/(Kconfig|Makefile)\.[^\/]*$/ { print $3 }' \
			<<< "$owners" | sort | uniq -d)
	[[ -z $COMPLAINTS ]]
}

# The series and the folder are the same set, but for techniques left out.
check_series() {
	local COMPLAINTS='' p names
	names=$(series_patches)
	grep -nE '^[^#]*[^#[:space:]].*#' "$SERIES_ROOT/series" &&
		complain "series: comments only on lines of their own"
	while read -r p; do
		[[ -z $p ]] || complain "series: $p is there twice"
	done < <(sort <<< "$names" | uniq -d)
	for p in $names; do
		[[ -f $SERIES_ROOT/patches/$p ]] ||
			complain "series: $p is not in patches/"
	done
	for p in "$SERIES_ROOT"/patches/*; do
		p=${p##*/}
		[[ $p == *.patch ]] || complain "patches/$p is no patch"
		grep -qxF -- "$p" <<< "$names" && continue
		overlay_owners | awk -F '\t' -v p="$p" \
			'$1 == p && $2 ~ /\/tech_[^\/]*\.c$/ { t = 1 } END { exit !t }' ||
			complain "patches/$p is not in series, and no technique"
	done
	[[ -z $COMPLAINTS ]]
}

# Only hooks: existing files change, none comes or goes.
check_patches() {
	local COMPLAINTS='' p f out
	read_series
	for p in "${PATCHES[@]}"; do
		grep -qE '^(---|\+\+\+) /dev/null' "$SERIES_ROOT/patches/$p" &&
			complain "$p: creates or removes a file"
		for f in $(patched_files "$p"); do
			[[ -f $PRISTINE/$f ]] ||
				complain "$p: $f is not in the kernel"
		done
		[[ -n $(patched_files "$p") ]] || complain "$p: no hunk"
	done
	rm -rf "$SCRATCH/patches"
	mkdir "$SCRATCH/patches"
	patched_files "${PATCHES[@]}" | copy_pristine_files "$SCRATCH/patches"
	out=$(push_patches "$SCRATCH/patches" 2>&1) || complain "$out"
	[[ -z $COMPLAINTS ]]
}

# What quilt writes is what is there, to the byte.
check_refresh() {
	local COMPLAINTS='' p root=$SCRATCH/refresh
	read_series
	rm -rf "$root"
	mkdir -p "$root/tree"
	cp -r "$SERIES_ROOT/patches" "$SERIES_ROOT/series" "$root/"
	patched_files "${PATCHES[@]}" | copy_pristine_files "$root/tree"
	for p in "${PATCHES[@]}"; do
		SERIES_ROOT=$root run_quilt "$root/tree" push --fuzz=0 -q > /dev/null
		SERIES_ROOT=$root run_quilt "$root/tree" refresh > /dev/null
		cmp -s "$SERIES_ROOT/patches/$p" "$root/patches/$p" && continue
		complain "$p: quilt refresh changes it:"
		diff -u "$SERIES_ROOT/patches/$p" "$root/patches/$p" | sed -n '3,30p'
	done
	[[ -z $COMPLAINTS ]]
}

# A patch is a mail: who, what, why, signed, with a diffstat.
check_headers() {
	local COMPLAINTS='' p
	read_series
	for p in "${PATCHES[@]}"; do
		awk -v p="$p" "$HEADERS_AWK" "$SERIES_ROOT/patches/$p" ||
			COMPLAINTS=1
	done
	[[ -z $COMPLAINTS ]]
}

# shellcheck disable=SC2016
HEADERS_AWK='
function no(what) { print p ": " what; bad = 1 }
BEGIN { part = "head" }
part == "head" && /^From: .+ <.+@.+>$/ { from = 1 }
part == "head" && /^Subject: / {
	subject = 1
	if (length($0) - 9 > 75)
		no("subject longer than 75 columns")
	if ($0 !~ /^Subject: (\[[^]]*\] )?[a-z0-9_, \/-]+: .*[^.]$/)
		no("subject is not \"area: what it does\"")
}
part == "head" && /^$/ { part = "body"; next }
/^(--- a\/|diff |Index: )/ { part = "diff" }
part == "body" && /^---$/ { part = "stat"; next }
part == "body" {
	if (/^Signed-off-by: .+ <.+@.+>$/)
		signed = 1
	else if (length($0) > 75 && !/^ *(https?:|Link:|>|\[[0-9]+\])/)
		no("line longer than 75 columns: " $0)
	if (/[^ \t]/ && !/^[A-Z][a-z-]+-by: /)
		words += NF
}
part == "stat" && /^ [0-9]+ files? changed/ { stat = 1 }
part == "diff" { exit }
END {
	if (!from) no("no From:")
	if (!subject) no("no Subject:")
	if (words < 20) no("the body does not say why")
	if (!signed) no("no Signed-off-by:")
	if (!stat) no("no diffstat after ---")
	exit bad
}'

# How much of the kernel is touched; no #if in its C files, no long hook.
check_hooks() {
	local p
	read_series
	for p in "${PATCHES[@]}"; do
		cat "$SERIES_ROOT/patches/$p"
	done | awk '
		function flush() {
			if (block > longest)
				longest = block
			if (block > 5) {
				print file ": a hook of " block " lines"
				bad = 1
			}
			block = 0
		}
		/^--- a\// { flush(); inside = 0; next }
		/^\+\+\+ b\// {
			file = substr($1 == "+++" ? $2 : $1, 3)
			code = file ~ /^(net|include|drivers|lib|kernel)\/.*\.[ch]$/
			next
		}
		/^@@ / { flush(); inside = 1; next }
		!inside || !code { next }
		/^\+/ && !/^\+[ \t]*$/ {
			if (!/^\+#include/) {
				block++
				if (file ~ /\.c$/ && /^\+[ \t]*#[ \t]*if/) {
					print file ": #if in a C file: " $0
					bad = 1
				}
			}
			lines++
			seen[file] = 1
			next
		}
		!/^\+/ { if (file ~ /\.c$/) flush(); else block = 0 }
		END {
			for (f in seen)
				files++
			print lines + 0 " lines in " files + 0 " existing files," \
			      " the longest hook has " longest + 0
			exit bad
		}'
}

# git am of the exported mails gives the identical tree.
check_export() {
	load export
	local out=$SCRATCH/mails git=$SCRATCH/am
	read_series
	rm -rf "$out" "$git"
	(export_series "$out")
	seed_repository "$git"
	git -C "$git" am -q "$out"/*.patch 2>&1 < <(:) || {
		echo "git am fails"
		return 1
	}
	(($(git -C "$git" rev-list --count base..) == ${#PATCHES[@]})) || {
		echo "not one commit a patch"
		return 1
	}
	rm -rf "$SCRATCH/exported"
	stage "$SCRATCH/exported" "${PATCHES[@]}"
	same_tree "$SCRATCH/exported" "$git" || return 1
	# What export knows but prepare does not would be lost on the way.
	(cd "$git" && git ls-files | sort) > "$SCRATCH/got"
	(cd "$SCRATCH/exported" && find . -path ./.pc -prune -o \
		\( -type f -o -type l \) -printf '%P\n' | sort) > "$SCRATCH/want"
	# pristine files of patches that are left out stay as they are
	diff <(comm -13 "$SCRATCH/want" "$SCRATCH/got" | while read -r f; do
			cmp -s "$git/$f" "$PRISTINE/$f" || echo "$f"
		done) /dev/null
}

# same_tree A B: what is in A is in B, modes included
same_tree() {
	local found
	found=$(rsync -rlpcn --itemize-changes --exclude=/.pc "$1/" "$2/" |
		grep -v '^cd\|^\.d')
	[[ -z $found ]] && return
	echo "the trees differ:"
	echo "$found"
	return 1
}

# The files generated from the netlink specification are up to date.
check_ynl() {
	load ynl
	ynl_check "$LINUX" "$SERIES_ROOT/net-ipv4-tcp_handoff"
}

# Every file pattern of the MAINTAINERS entry still fits something.
check_maintainers() {
	local COMPLAINTS='' pattern
	read_series
	while read -r pattern; do
		compgen -G "$LINUX/${pattern%/}" > /dev/null ||
			complain "MAINTAINERS: nothing is '$pattern'"
	done < <(cd "$SERIES_ROOT/patches" && cat -- "${PATCHES[@]}" |
			sed -nE 's/^\+F:[[:space:]]+//p')
	[[ -z $COMPLAINTS ]]
}

# The tests that the list of pitfalls names are there, and each item has some:
# cases of KUnit suites, and SCRIPT/FUNCTION.
check_pitfalls() {
	local COMPLAINTS='' name text script
	local doc=$LINUX/Documentation/networking/tcp_handoff.rst
	local tests=$LINUX/tools/testing/selftests/net/tcp_handoff
	[[ -f $doc ]] || return 0
	text=$(sed -n '/^7\. Pitfalls/,/^8\. Limits/{/^1\. \*\*/,$p}' "$doc")
	[[ $(awk -v RS= '/^[0-9]+\. \*\*/ { n++; next } /^ +[KS] / { t++ }
		END { print n, t }' <<< "$text") == "25 25" ]] ||
		complain "pitfalls: not 25, or not each with a test"
	for name in $(grep -oE '\b[a-z_]+/[a-z0-9_]+\b' <<< "$text"); do
		script=$tests/${name%/*}.sh
		grep -qsE "^${name#*/}\(\)" "$script" ||
			complain "pitfalls: there is no $name"
	done
	for name in $(grep -oE '\b[a-z]+_[a-z0-9_]+[,.;]' <<< "$text" |
			grep -oE '^(auth|channel|flow|sender|sock|state|wire)_.*\w'); do
		grep -qE "KUNIT_CASE(_PARAM)?\($name," \
			"$LINUX"/net/ipv4/tcp_handoff/tests/*.c ||
		grep -qF "KUNIT_CASE($name)" \
			"$LINUX"/net/ipv4/tcp_handoff/tests/*.c ||
			complain "pitfalls: there is no $name"
	done
	[[ -z $COMPLAINTS ]]
}

# What the selftests say they need is in the kernels that they run on.
check_config() {
	local COMPLAINTS='' line kind
	local file=$LINUX/tools/testing/selftests/net/tcp_handoff/config
	[[ -f $file ]] || return 0
	for kind in um vm-debug; do
		configure "$LINUX" "$kind"
		while read -r line; do
			grep -qxF -- "$line" "$LINUX/out-$kind/.config" ||
				complain "kernel $kind has not $line"
		done < <(grep ^CONFIG_ "$file")
	done
	[[ -z $COMPLAINTS ]]
}

# Everything that a shell runs.  Not asked about: variables that another file
# uses or sets, and commas, which QEMU and UML like.
check_shell() {
	local twice
	local -a files
	mapfile -t files < <(cd "$SERIES_ROOT" && {
		grep -rlE '^#!.*\b(ba)?sh\b' scripts .ci net-ipv4-tcp_handoff
		find scripts -name '*.sh'
	} | sort -u)
	(cd "$SERIES_ROOT" &&
		shellcheck -x -S warning -e SC2034,SC2154,SC2054 "${files[@]}") ||
		return 1
	# Sourced together, they must not redefine each other's functions.
	twice=$(cd "$SERIES_ROOT/scripts/lib" &&
		sed -nE 's/^([a-z_0-9]+) ?\(\).*/\1/p' ./*.sh | sort | uniq -d)
	[[ -z $twice ]] || { echo "defined twice: $twice"; return 1; }
}

# Edits go stale when the code changes: each must still change its file, and
# each test that it names must be there.
check_mutants() {
	local COMPLAINTS='' name file edit tests test kunit
	load mutants
	kunit=$(cat "$SERIES_ROOT"/kunit/*.c)
	while IFS=$'\t' read -r name file edit tests; do
		if [[ ! -f $LINUX/$file ]]; then
			complain "$name: there is no $file"
			continue
		fi
		perl -0pe "$edit" "$LINUX/$file" | cmp -s - "$LINUX/$file" &&
			complain "$name: the edit changes nothing in $file"
		for test in $tests; do
			mutant_test_exists "$test" "$kunit" ||
				complain "$name: there is no test $test"
		done
	done < <(mutant_lines)
	[[ -z $COMPLAINTS ]]
}

# mutant_test_exists TEST KUNIT-SOURCES
mutant_test_exists() {
	local tests=$SERIES_ROOT/net-ipv4-tcp_handoff/tools/testing/selftests

	case $1 in
	fuzz|fuzz-http)	return 0 ;;
	kunit/*)	grep -qE "KUNIT_CASE(_PARAM|_SLOW)?\(${1##*.}[,)]" <<< "$2" ;;
	*)		grep -qE "^${1#*/}\(\)" \
				"$tests/net/tcp_handoff/${1%/*}.sh" ;;
	esac
}
