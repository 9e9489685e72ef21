# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP, nested as deep as it comes.
#
# ktap_count < LOG: prints "PASSED FAILED SKIPPED" and, on stderr, what failed
# with the diagnostics before it.  Only the innermost results are counted.  A
# parent counts as failed if it failed while all in it passed; a plan that is
# not fulfilled (the kernel died, the script stopped) is a failure too.

ktap_count() {
	sed -E 's/^\[ *[0-9.]+\] //; s/\r$//' | awk "$KTAP_AWK"
}

# shellcheck disable=SC2016
KTAP_AWK='
function depth(line) {
	match(line, /^ */)
	return RLENGTH
}

function fail(what) {
	failed++
	printf "%s  not ok: %s\n", diag, what > "/dev/stderr"
}

# Ends everything deeper than d: were the plans kept?
function close_below(d,	i) {
	for (i in plan)
		if (i + 0 > d) {
			if (plan[i] != seen[i] + 0 && plan[i] != "skip")
				fail("planned " plan[i] " results, saw " \
				     seen[i] + 0 " (" last ")")
			delete plan[i]
			delete seen[i]
		}
	# the parameters of a KUnit case have no plan
	for (i in seen)
		if (i + 0 > d)
			delete seen[i]
}

/^ *1\.\.[0-9]+/ {
	d = depth($0)
	sub(/^ *1\.\./, "")
	# "1..0 # SKIP why": all of it was skipped
	plan[d] = $1 == 0 && /SKIP/ ? "skip" : $1 + 0
	if (plan[d] == "skip")
		skipped++
	next
}

/^ *(not )?ok [0-9]+/ {
	d = depth($0)
	inner = 0
	for (i in seen)
		if (i + 0 > d && seen[i] > 0)
			inner = 1
	before = failed
	close_below(d)
	for (i in kids)
		if (i + 0 > d) {
			bad += kids[i]
			delete kids[i]
		}
	bad += failed - before
	seen[d]++
	last = $0
	sub(/^ */, "", last)
	isbad = /^ *not ok/
	if (inner) {
		if (isbad && !bad)
			fail(last)
	} else if (/# *SKIP/) {
		skipped++
	} else if (isbad) {
		fail(last)
	} else {
		passed++
	}
	kids[d] += isbad
	bad = 0
	diag = ""
	next
}

/^ *# / {
	line = $0
	sub(/^ */, "    ", line)
	if (line !~ /# (Subtest|module|Totals|speed|[a-z_0-9]+: pass:)/)
		diag = diag line "\n"
	collecting = line ~ /FAILED|ERROR/
	next
}

# What KUnit expected and got follows on lines without a "#".
collecting && /^ +[^ ]/ && length(diag) < 4000 { diag = diag $0 "\n" }

END {
	close_below(-1)
	print passed + 0, failed + 0, skipped + 0
}'
