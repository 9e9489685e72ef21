# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Data races, as the log of kernel vm-kcsan has them.
#
# A report is ours if it names one of our functions in its title or as the
# caller of what is in its title: helpers of headers have no name of their own.
# Whatever else the kernel races about is counted, and no failure.

load klog

# kcsan_check NAME LOG: 1 if a race is ours, or for any other complaint
kcsan_check() {
	local bad=0 ours=$LOGS/$1.races rest=$LOGS/$1.rest

	kcsan_functions > "$LOGS/$1.functions"
	sed -E 's/^\[ *[0-9.]+\] //; s/\r$//' "$2" |
		awk -v functions="$LOGS/$1.functions" -v ours="$ours" \
			-v others="$LOGS/$1.others" "$KCSAN_AWK" > "$rest"
	if [[ -s $ours ]]; then
		say "$1: data races (${ours#"$REPO/"}):"
		kcsan_titles "$ours" >&2
		bad=1
	fi
	if [[ -s $LOGS/$1.others ]]; then
		say "$1: elsewhere in the kernel (${LOGS#"$REPO/"}/$1.others):" \
			"$(kcsan_titles "$LOGS/$1.others" | wc -l) data races"
	fi
	klog_check "$1" "$rest" || bad=1
	return "$bad"
}

kcsan_titles() {
	sed -nE 's/^BUG: KCSAN: (.*)/  \1/p' "$1" | sort | uniq -c | sort -rn
}

# What is defined or declared at the beginning of a line
kcsan_functions() {
	cat "$REPO"/net-ipv4-tcp_handoff/*.[ch] \
		"$REPO"/net-ipv4-tcp_handoff/include/net/*.h |
		sed -nE 's/^([a-z].*[ *])?([a-z_][a-z0-9_]*)\(.*/\2/p' | sort -u
}

# A report lies between two lines of "="; the rest is printed.
# shellcheck disable=SC2016
KCSAN_AWK='
BEGIN {
	while ((getline name < functions) > 0)
		mine[name] = 1
	printf "" > ours
	printf "" > others
}

function is_mine(word) {
	sub(/^ */, "", word)
	sub(/[+].*/, "", word)
	sub(/[.](isra|part|constprop|cold).*/, "", word)
	return word in mine
}

/^=====+$/ {
	if (inside) {
		printf "%s%s\n", report, $0 > (hit ? ours : others)
		inside = 0
	} else {
		held = $0
	}
	next
}

held != "" {
	inside = /KCSAN/
	if (!inside)
		print held
	report = held "\n"
	held = ""
	hit = 0
}

!inside { print; next }

{ report = report $0 "\n" }

# the first two functions of each side
/ by (task|interrupt)/ { frame = 0; next }
/[+]0x[0-9a-f]+\/0x/ {
	if (frame++ < 2 && is_mine($0))
		hit = 1
}

END {
	if (inside)
		printf "%s", report > (hit ? ours : others)
}'
