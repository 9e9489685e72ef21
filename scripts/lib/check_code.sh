# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks of the code: what the kernel's own analysers say about the new files
# and the hooks, the project's semantic rules, and that =n changes nothing.

OURS=net/ipv4/tcp_handoff

# New files in the tree, and those of them that are C or headers
our_files() { overlay_owners | awk -F '\t' '$1 !~ /^!/ { print $3 }' | sort -u; }
our_code() { our_files | grep -E '\.[ch]$'; }

# remembered NAME CMD FILE...: run CMD on those files that it has not passed in
# this state before.  What it printed counts as failure.
remembered() {
	local memo=$BUILD/check/$1 cmd=$2 f sum out rc=0
	local -a todo=() sums=()
	shift 2
	mkdir -p "$memo"
	for f; do
		sum=$({ declare -f "$cmd"; cat "$PRISTINE.version" "$f" ${MEMO_ALSO:+"$MEMO_ALSO"}; } |
			sha256sum)
		sum=${sum%% *}
		[[ -e $memo/$sum ]] && continue
		todo+=("$f")
		sums+=("$sum")
	done
	((${#todo[@]})) || return 0
	rm -rf "$SCRATCH/remembered"
	mkdir "$SCRATCH/remembered"
	# shellcheck disable=SC2163
	export -f "$cmd"
	export PRISTINE SCRATCH
	# shellcheck disable=SC2016
	printf '%s\0' "${todo[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c '
		out=$('"$cmd"' "$1" 2>&1) || true
		[[ -z $out ]] || printf "%s\n" "$out" > \
			"$SCRATCH/remembered/$(sha256sum <<< "$1" | cut -c 1-64)"
	' _
	for f in "${!todo[@]}"; do
		out=$SCRATCH/remembered/$(sha256sum <<< "${todo[f]}" | cut -c 1-64)
		if [[ -s $out ]]; then
			sed "s,$LINUX/,,g" "$out"
			rc=1
		else
			: > "$memo/${sums[f]}"
		fi
	done
	return "$rc"
}

# A new file is checked as a file, a hook patch as a patch, with exceptions
# that are written down, each with its reason.
checkpatch_one() {
	local rc=0 out path pattern types _ ignore=NONE
	local opts=(--strict --codespell --codespellfile="$SCRATCH/dictionary"
		--terse --no-summary --show-types --max-line-length=80
		--root="$PRISTINE")
	[[ $1 == *.patch ]] || opts+=(-f)
	path=${1#"$LINUX/"}
	while read -r pattern types _; do
		# shellcheck disable=SC2053
		[[ $pattern != \#* && $path == $pattern ]] || continue
		[[ $types == '*' ]] && return
		ignore+=,$types
	done < "$EXCEPTIONS"
	out=$("$PRISTINE/scripts/checkpatch.pl" "${opts[@]}" \
		--ignore "$ignore" "$1" 2> /dev/null) || rc=$?
	grep -E ' (ERROR|WARNING|CHECK):|:(ERROR|WARNING|CHECK):' <<< "$out"
	((rc < 2)) || echo "$1: checkpatch ends with status $rc"
}

check_checkpatch() {
	local -a files
	local dictionary
	# Debian's codespell keeps it where checkpatch does not look.
	dictionary=$(dpkg -L codespell 2> /dev/null |
		grep '/data/dictionary\.txt$') ||
		{ echo "codespell has no dictionary"; return 1; }
	export EXCEPTIONS=$REPO/scripts/checkpatch-exceptions LINUX
	awk '$1 == "word" { print "^" $2 "s?->" }' "$EXCEPTIONS" |
		grep -vEf - "$dictionary" > "$SCRATCH/dictionary"
	read_series
	mapfile -t files < <(
		our_files | grep -vE '\.(yaml|json)$|/(config|settings)$' |
			sed "s,^,$LINUX/,"
		printf "$SERIES_ROOT/patches/%s\n" "${PATCHES[@]}")
	MEMO_ALSO=$EXCEPTIONS remembered checkpatch checkpatch_one "${files[@]}"
}

kerneldoc_one() {
	"$PRISTINE/scripts/kernel-doc" -Werror -none "$1" ||
		echo "$1: kernel-doc ends with status $?"
}

check_kerneldoc() {
	local -a files
	mapfile -t files < <(our_code | grep -v '^tools/' | sed "s,^,$LINUX/,")
	remembered kernel-doc kerneldoc_one "${files[@]}"
}

# The kernel that is built anyway; what it takes to make single directories.
code_kernel() {
	configure "$LINUX" um
	[[ -f $LINUX/out-um/arch/um/kernel/asm-offsets.s ]] ||
		run_quietly kmake "$LINUX" um -j"$JOBS" prepare
}

run_quietly() {
	"$@" > "$SCRATCH/log" 2>&1 && return
	build_errors "$SCRATCH/log"
	return 1
}

# C files of the kernel that the series changes, as objects
hooked_objects() {
	read_series
	patched_files "${PATCHES[@]}" | sed -nE 's/^((net|kernel|lib|drivers)\/.*)\.c$/\1.o/p'
}

# All of it with the warnings that are off by default, in files of our own.
check_build() {
	local found objects
	code_kernel
	run_quietly kmake "$LINUX" um -j"$JOBS" W=1 KCFLAGS=-Werror "$OURS/" ||
		return 1
	mapfile -t objects < <(hooked_objects)
	run_quietly kmake "$LINUX" um -j"$JOBS" W=1 "${objects[@]}" || return 1
	# Warnings of the host files are the kernel's own, unless they name us.
	found=$(grep -E 'warning:.*handoff' "$SCRATCH/log") || return 0
	printf '%s\n' "$found"
	return 1
}

# C=2 looks at every file, built or not, C=1 only at what is compiled; the
# kernel is compiled before so that only sparse speaks.
check_sparse() {
	local objects found
	code_kernel
	mapfile -t objects < <(hooked_objects)
	run_quietly kmake "$LINUX" um -j"$JOBS" "$OURS/" "${objects[@]}" || return 1
	run_quietly kmake "$LINUX" um -j"$JOBS" C=2 CF=-D__CHECK_ENDIAN__ \
		"$OURS/" || return 1
	cp "$SCRATCH/log" "$SCRATCH/sparse"
	grep -qE '^  CHECK ' "$SCRATCH/sparse" || {
		echo "sparse has not run"
		return 1
	}
	run_quietly kmake "$LINUX" um -j"$JOBS" C=2 CF=-D__CHECK_ENDIAN__ \
		"${objects[@]}" || return 1
	# The host files have findings of their own; ours are in what we added.
	grep handoff "$SCRATCH/log" >> "$SCRATCH/sparse" || true
	found=$(grep -E '(warning|error):' "$SCRATCH/sparse") || return 0
	printf '%s\n' "$found"
	return 1
}

# The kernel's semantic patches, over our folder.
check_coccinelle() {
	local -a rules
	mapfile -t rules < <(find "$PRISTINE/scripts/coccinelle" -name '*.cocci' | sort)
	cocci_state > "$SCRATCH/cocci-state"
	coccinelle_memo "${rules[@]}"
}

# Ours, see scripts/cocci: over our folder and the files with hooks.
check_rules() {
	local COMPLAINTS='' rule found
	load rules
	for rule in "$REPO"/scripts/cocci/*.cocci; do
		found=$(run_rule "$rule") || found+=" (status $?)"
		[[ -z $found ]] || complain "$found"
	done
	[[ -z $COMPLAINTS ]]
}

cocci_state() {
	cat "$PRISTINE.version"
	(cd "$LINUX/$OURS" && find . -name '*.[ch]' -print0 | sort -z |
		xargs -0r sha256sum)
	spatch --version 2> /dev/null
}

# All rules in one folder take minutes, so an unchanged folder is not searched
# again.  The files are named because --dir asks git, which ignores build/.
coccinelle_memo() {
	local key memo=$BUILD/check/coccinelle found
	key=$(sha256sum < "$SCRATCH/cocci-state")
	[[ $(cat "$memo" 2> /dev/null) == "$key" ]] && return
	mkdir -p "$BUILD/check"
	export LINUX OURS
	# shellcheck disable=SC2016
	found=$(printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" bash -c '
		grep -q "virtual report" "$1" || exit 0
		# Two rules are OCaml programs, whose compiler is 300 MB.
		grep -q ":ocaml" "$1" && ! command -v ocamlopt > /dev/null && exit 0
		opts=$(sed -nE "s,^// *Options: *,,p" "$1" | head -n 1)
		cd "$LINUX" && timeout 300 spatch -D report --no-show-diff \
			--very-quiet --cocci-file "$1" $opts \
			-I arch/x86/include -I include -I include/uapi \
			"$OURS"/*.c 2> /dev/null ||
			echo "$1: spatch ends with status $?"
	' _ | grep -vE '^(warning: |$)' || true)
	if [[ -n $found ]]; then
		printf '%s\n' "$found"
		return 1
	fi
	printf '%s\n' "$key" > "$memo"
}

# With the option off, the objects of the host files are what the unpatched
# source gives, to the byte.  WARN() embeds line numbers: they are fixed.
check_off() {
	local COMPLAINTS='' tree o n=0
	local -a objects
	# Not only what has hooks: what includes the headers that have some.
	mapfile -t objects < <({ hooked_objects | grep -v '^net/ipv4/'
		echo net/ipv4/
		printf '%s\n' net/core/sock.o net/core/filter.o net/mptcp/ \
			net/ipv6/tcp_ipv6.o; } | sort -u)
	for tree in "$PRISTINE" "$LINUX"; do
		configure_off "$tree"
		run_quietly kmake "$tree" um-off -j"$JOBS" \
			KCFLAGS='-D__LINE__=1 -Wno-builtin-macro-redefined' \
			"${objects[@]}" || return 1
	done
	while read -r o; do
		n=$((n + 1))
		same_object "$PRISTINE/out-um-off/$o" "$LINUX/out-um-off/$o" ||
			complain "$o differs"
	done < <(cd "$PRISTINE/out-um-off" &&
		find net/ipv4 net/core net/mptcp net/ipv6 -name '*.o' \
			! -name built-in.a ! -name '*.mod.o' | sort)
	while read -r o; do
		[[ -e $PRISTINE/out-um-off/$o ]] || complain "$o: only in the patched tree"
	done < <(cd "$LINUX/out-um-off" &&
		find net/ipv4 net/core net/mptcp net/ipv6 -name '*.o' | sort)
	echo "$n objects compared"
	[[ -z $COMPLAINTS ]] && ((n > 50))
}

# The compiler numbers some local names (CSWTCH.412) and __COUNTER__ others,
# which end up in a section that the linker discards: both may differ.
same_object() {
	cmp -s "$1" "$2" && return
	objcopy -x -R '.discard*' "$1" "$SCRATCH/a.o"
	objcopy -x -R '.discard*' "$2" "$SCRATCH/b.o"
	cmp -s "$SCRATCH/a.o" "$SCRATCH/b.o"
}

# The um kernel without the option; the rest of .config must agree.
configure_off() {
	local tree=$1 out=$1/out-um-off
	mkdir -p "$out"
	KCONFIG_ALLCONFIG=$SCRATCH/off-config
	cat "$REPO/configs/common.config" "$REPO/configs/um.config" \
		> "$KCONFIG_ALLCONFIG"
	export KCONFIG_ALLCONFIG
	KCONFIG_CONFIG=.config.new run_quietly kmake "$tree" um-off allnoconfig ||
		return 1
	unset KCONFIG_ALLCONFIG
	cmp -s "$out/.config.new" "$out/.config" ||
		cp "$out/.config.new" "$out/.config"
	rm -f "$out/.config.new" "$out/.config.new.old"
	run_quietly kmake "$tree" um-off -j"$JOBS" prepare
}
