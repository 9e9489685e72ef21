# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The protocol's model and spin, its verifier: the rules as they are written
# must hold in every state that can be reached, and each rule that is broken
# must be missed.
#
#	model_main [full]	all of it; full: the large configurations too
#	model_main -- FLAGS	one configuration, -DRECALL -DNBE=2 and so on;
#				the way to an error is shown

load setup

MODEL=net-ipv4-tcp_handoff/tools/testing/selftests/net/tcp_handoff
MODEL+=/model/handoff.pml

# Flags; a + before them: only in full
MODEL_CONFIGS='
BE_BOOTS=1
NOW
RECALL
RECALL PEERS LATE_HELLO
NFL=2 NEP=1 BE_BOOTS=0 FE_BOOTS=0 NOW
NFL=2 AGAIN
+NBE=2
+NBE=2 NOW BE_BOOTS=2
+NBE=2 RECALL BE_BOOTS=0 FE_BOOTS=0
+RECALL PEERS LATE_HELLO NEP=3 BE_BOOTS=2 FE_BOOTS=2
+NFL=2 AGAIN RECALL
'

# Every rule that the model can break, and what it must have to notice
MODEL_BREAKS='
BREAK_S2
BREAK_R1
BREAK_R2
BREAK_R3
BREAK_R4
BREAK_R8
BREAK_L5
BREAK_L8
BREAK_L9
BREAK_F4
BREAK_F12
BREAK_B1
BREAK_B8
BREAK_B14
BREAK_B20
BREAK_B21
BREAK_L4 RECALL
BREAK_F7 RECALL
BREAK_B9 RECALL
BREAK_B11 RECALL
BREAK_R4_RETURNING RECALL
BREAK_L10 PEERS
BREAK_L14 PEERS RECALL
BREAK_B23 PEERS
BREAK_B23_RETURNING PEERS RECALL
BREAK_S2_BOOT LATE_HELLO
'

model_main() {
	need_packages model
	scratch
	case ${1-} in
	--)	shift
		model_one "$@"
		return ;;
	'')	;;
	full)	export HANDOFF_FULL=1 ;;
	*)	die "usage: scripts/handoff model [full | -- -DFLAG...]" ;;
	esac
	model_all
}

model_all() {
	local passed=0 failed=0 flags
	local -a options

	while read -r -u 3 flags; do
		if [[ $flags == +* ]]; then
			[[ -n ${HANDOFF_FULL-} ]] || continue
			flags=${flags#+}
		fi
		read -ra options <<< "$flags"
		if model_holds "${options[@]/#/-D}"; then
			echo "ok $flags: $MODEL_FIGURES"
			passed=$((passed + 1))
		else
			echo "not ok $flags: $MODEL_FIGURES"
			failed=$((failed + 1))
		fi
	done 3< <(sed '/^$/d' <<< "$MODEL_CONFIGS")
	while read -r -u 3 flags; do
		read -ra options <<< "$flags"
		if model_breaks "${options[@]/#/-D}"; then
			echo "ok $flags: noticed, $MODEL_FIGURES"
			passed=$((passed + 1))
		else
			echo "not ok $flags: not noticed, $MODEL_FIGURES"
			failed=$((failed + 1))
		fi
	done 3< <(sed '/^$/d' <<< "$MODEL_BREAKS")
	if model_unlisted; then
		failed=$((failed + 1))
	fi
	echo "model: $passed passed, $failed failed"
	((failed == 0))
}

# Breaks of the model that the list above does not have
model_unlisted() {
	comm -23 <(grep -oE 'BREAK_[A-Z0-9_]*[A-Z0-9]' "$REPO/$MODEL" |
			grep -vx BREAK_x | sort -u) \
		 <(grep -oE 'BREAK_[A-Z0-9_]+' <<< "$MODEL_BREAKS" | sort -u) |
		sed 's/$/ is not in MODEL_BREAKS/' | grep .
}

# model_run CFLAGS FLAGS...: all states, or up to the first error; sets
# MODEL_LOG and MODEL_FIGURES.  Every value of a state is compared, none is
# only hashed.
model_run() {
	local cflags=$1 dir=$SCRATCH/model start
	shift
	rm -rf "$dir"
	mkdir -p "$dir"
	MODEL_LOG=$dir/log
	MODEL_FIGURES='no verifier'
	(cd "$dir" && spin "$@" -a "$REPO/$MODEL" &&
	 gcc "$cflags" -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DMEMLIM=3500 \
		-o pan pan.c) > "$MODEL_LOG" 2>&1 || return
	start=${EPOCHREALTIME/./}
	(cd "$dir" && timeout 1200 ./pan -m2000000 -w22) > "$MODEL_LOG" 2>&1
	MODEL_FIGURES=$(awk -v us=$((${EPOCHREALTIME/./} - start)) '
		/states, stored/ { states = $1 }
		/depth reached/ { sub(",", "", $6); depth = $6 }
		/total actual memory usage/ { mb = $1 }
		END { printf "%d states, depth %d, %d MB, %.1f s",
			states, depth, mb, us / 1e6 }' "$MODEL_LOG")
}

model_complete() {
	! grep -qE 'max search depth|not completed|out of memory' "$MODEL_LOG"
}

model_holds() {
	model_run -O1 "$@"
	grep -q 'errors: 0$' "$MODEL_LOG" && model_complete
}

# A full queue is a bound of the model and proves nothing about a rule.
model_breaks() {
	model_run -O0 "$@"
	grep 'assertion violated' "$MODEL_LOG" | grep -qv q_full
}

model_one() {
	local trail=$SCRATCH/model/handoff.pml.trail

	if model_holds "$@"; then
		echo "$MODEL_FIGURES"
		echo "model: 1 passed, 0 failed"
		return
	fi
	[[ ! -f $trail ]] ||
		spin "$@" -t -p -k "$trail" "$REPO/$MODEL" | sed "s,$REPO/,,"
	grep -E 'violated|not completed|rror:|max search' "$MODEL_LOG" || true
	echo "$MODEL_FIGURES"
	echo "model: 0 passed, 1 failed"
	return 1
}
