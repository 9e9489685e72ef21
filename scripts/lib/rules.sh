# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The project's semantic rules, scripts/cocci/*.cocci.  A rule says by
# "// Files:" where it looks: ours (net/ipv4/tcp_handoff), hooks (existing
# files that the series changes), header (the inline hooks).

# run_rule RULE: prints what it finds
run_rule() {
	local rule=$1 name files
	name=${rule##*/}
	mapfile -t files < <(rule_files "$(sed -nE 's,^// Files: *,,p' "$rule")")
	((${#files[@]})) || return 0
	cp "$rule" "$SCRATCH/$name"
	if grep -q 'SLEEPERS)' "$rule"; then
		sed -i "s/SLEEPERS)/$(sleepers "$rule"))/" "$SCRATCH/$name"
	fi
	search "$SCRATCH/$name" "${files[@]}"
}

# Headers are not followed: what a rule looks at is in the file itself.
search() {
	local rule=$1
	shift
	(cd "$LINUX" && spatch -D report --very-quiet --no-show-diff \
		--no-includes --include-headers --jobs "$(nproc)" \
		--cocci-file "$rule" "$@" 2> "$SCRATCH/spatch-errors" | sort -u) || {
		cat "$SCRATCH/spatch-errors"
		return 1
	}
}

rule_files() {
	case $1 in
	ours)	find "$LINUX/$OURS" -maxdepth 1 -name '*.c' -printf "$OURS/%f\n" | sort ;;
	hooks)	read_series
		patched_files "${PATCHES[@]}" | grep '\.c$' ;;
	header)	our_files | grep -E '^include/net/.*\.h$' ;;
	esac
}

# The functions named in the rule, joined by |, and ours that call one of them
# or allocate with GFP_KERNEL, and so on until there are no more.
sleepers() {
	local known
	known=$(sed -nE 's,^// Sleepers: *,,p' "$1" | tr ' ' '\n')
	(cd "$LINUX/$OURS" && awk -v known="$known" "$SLEEPERS_AWK" ./*.c ./*.h)
}

# shellcheck disable=SC2016
SLEEPERS_AWK='
BEGIN {
	n = split(known, list, "\n")
	for (i = 1; i <= n; i++)
		sleeps[list[i]] = 1
}
/^[a-z_].*\(/ && !/;$/ && !/^#/ {
	# "static void name(args" or, on its own line, "name(args"
	head = $0
	sub(/\(.*/, "", head)
	sub(/.*[ *]/, "", head)
	candidate = head
}
/^{/ { fn = candidate; next }
/^}/ { fn = ""; next }
fn != "" {
	line = $0
	# Comments name functions, too
	if (comment) {
		if (!sub(/^.*\*\//, "", line))
			next
		comment = 0
	}
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
	if (sub(/\/\*.*/, "", line))
		comment = 1
	if (line ~ /GFP_KERNEL/)
		sleeps[fn] = 1
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*\(/)) {
		callee = substr(line, RSTART, RLENGTH - 1)
		calls[fn, callee] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}
END {
	do {
		more = 0
		for (pair in calls) {
			split(pair, part, SUBSEP)
			if (part[2] in sleeps && !(part[1] in sleeps)) {
				sleeps[part[1]] = 1
				more = 1
			}
		}
	} while (more)
	sep = ""
	for (f in sleeps) {
		printf "%s%s", sep, f
		sep = "|"
	}
}'
