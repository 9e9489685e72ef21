#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A benchmark, not a test: the techniques beside each other, and beside
# TCP_REPAIR (dump, close and restore), in turns.  Within one kernel the time
# from setsockopt(TCP_HANDOFF) to accept() on the back end is measured, and
# transfers; with a kernel for each host their CPU time.
#
# HANDOFF_BENCH: connections of each kind in a round (20); HANDOFF_ROUNDS (9);
# HANDOFF_BENCH_BYTES: of each of four transfers

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"
# shellcheck source=bench_lib.sh
. "$HERE/bench_lib.sh"

COUNT=${HANDOFF_BENCH:-20}
ROUNDS=${HANDOFF_ROUNDS:-9}
BYTES=${HANDOFF_BENCH_BYTES:-25000000}
declare -A FIGURES=() MEDIANS=()
TECHNIQUES=()

# figure NAME NUMBER: one more of this name
figure() { FIGURES[$1]+="$2"$'\n'; }

print_figure() {
	[[ -n ${FIGURES[$1]-} ]] || return 0
	spread "$1" "$2" "$3" < <(printf %s "${FIGURES[$1]}")
	MEDIANS[$1]=$MEDIAN
}

# Each round begins with another one, so that none is always the first.
rotated() {
	local first=$1
	shift

	for ((i = 0; i < $#; i++)); do
		echo "${@:(first + i) % $# + 1:1}"
	done
}

# One batch of one kind, whose figures cannot be told apart otherwise.
move_batch() {
	local kind=$1 bench=$2 fe=0 be=0 signal=USR1

	[[ $kind != repair ]] || signal=USR2
	[[ $kind == repair ]] || use_technique be1 "$kind"
	node_kill "$bench" "$signal"
	if [[ -n ${CLUSTER_LIB-} ]]; then
		fe=$(cpu_ns fe)
		be=$(cpu_ns be1)
	fi
	((MOVED += COUNT))
	await "$bench" "moved $MOVED." 60 ||
		fail "bench: $(node_wait "$bench" 2>&1)"
	ORDER+=("$kind")
	[[ -n ${CLUSTER_LIB-} ]] || return 0
	figure "CPU of the front end, $kind" $((($(cpu_ns fe) - fe) / COUNT))
	[[ $kind == repair ]] ||
		figure "CPU of the back end, $kind" \
			$((($(cpu_ns be1) - be) / COUNT))
}

# The lines that the two programs have printed, batch by batch
times_of_moves() {
	local handoff repair asked accepted kind port at h=0 r=0 i
	local -A when=()

	for port in $3; do
		[[ $port == *:* ]] && when[${port%:*}]=${port#*:}
	done
	read -r -a handoff <<< "$(sed -n 's/^handoff //p' <<< "$1")"
	read -r -a repair <<< "$(sed -n 's/^repair //p' <<< "$1")"
	read -r -a asked <<< "$(sed -n 's/^asked //p' <<< "$1")"
	for kind in "${ORDER[@]}"; do
		for ((i = 0; i < COUNT; i++)); do
			if [[ $kind == repair ]]; then
				figure "ask to accept, repair" "${repair[r++]}"
				continue
			fi
			port=${asked[h]%:*} at=${asked[h]#*:}
			[[ -n ${when[$port]-} ]] ||
				fail "port $port was never accepted"
			figure "setsockopt, $kind" "${handoff[h++]}"
			figure "ask to accept, $kind" $((when[$port] - at))
		done
	done
}

moves() {
	local kinds=("${TECHNIQUES[@]}" repair) total server bench client round
	local kind moved accepted

	total=$((COUNT * ROUNDS * ${#kinds[@]}))
	serve_on be1 -a
	server=$JOB
	start_ready fe "exec ./bench -l $VIP:$PORT -b ${ADDR[be1]} -n $total \
		-c $COUNT"
	bench=$JOB
	start client "exec ./client -c $VIP:$PORT -n $total -H"
	client=$JOB
	await "$client" holding 60 || fail "client: $(node_wait "$client" 2>&1)"
	MOVED=0 ORDER=()
	for ((round = 0; round < ROUNDS; round++)); do
		for kind in $(rotated "$round" "${kinds[@]}"); do
			move_batch "$kind" "$bench"
		done
	done
	# All of them must work afterwards, or it was not worth measuring.
	node_kill "$client" USR1
	RESULT=$(node_wait "$client") || fail "client: $RESULT"
	want adopted == $((total - COUNT * ROUNDS))
	moved=$(end "$bench")
	accepted=$(end "$server")
	[[ -n ${CLUSTER_LIB-} ]] || times_of_moves "$moved" - "$accepted"
}

# Bytes after the move: connections of each technique, and some that were
# accepted by the back end itself.
transfer_of() {
	local kind=$1 op=$2 to=$VIP:$PORT cpu=0 more="-E adopted -B 0"

	if [[ $kind == direct ]]; then
		to=${ADDR[be1]}:$PORT more="-E none"
	else
		use_technique be1 "$kind"
	fi
	[[ -z ${CLUSTER_LIB-} ]] || cpu=$(cpu_ns be1)
	RESULT=$(node_sh client "cd $HERE; ./client -c $to -n 4 -j 2 -o $op \
		-s $BYTES $more") || fail "client: $RESULT"
	figure "$op, $kind" "$(field secs "$RESULT" | tr -d .)"
	[[ -z ${CLUSTER_LIB-} ]] ||
		figure "CPU of the back end for a MB, $op, $kind" \
			$((($(cpu_ns be1) - cpu) / (4 * BYTES / 1000000)))
}

transfers() {
	local op kind round

	cluster_start
	for ((round = 0; round < ROUNDS; round++)); do
		for op in get put; do
			for kind in $(rotated "$round" direct \
					"${TECHNIQUES[@]}"); do
				transfer_of "$kind" "$op"
			done
		done
	done
	end_all > /dev/null
}

print_moves() {
	local kind

	for kind in "${TECHNIQUES[@]}" repair; do
		print_figure "setsockopt, $kind" 1000 us
		print_figure "ask to accept, $kind" 1000 us
		print_figure "CPU of the front end, $kind" 1000 us
		print_figure "CPU of the back end, $kind" 1000 us
	done
	for kind in "${TECHNIQUES[@]}"; do
		[[ -n ${MEDIANS[ask to accept, $kind]-} ]] || continue
		ratio "$kind : TCP_REPAIR" "${MEDIANS[ask to accept, $kind]}" \
			"${MEDIANS[ask to accept, repair]}"
		ratio "$kind : reconstruct" "${MEDIANS[ask to accept, $kind]}" \
			"${MEDIANS[ask to accept, reconstruct]-0}"
	done
}

print_transfers() {
	local kind op name

	for op in get put; do
		for kind in direct "${TECHNIQUES[@]}"; do
			print_figure "$op, $kind" 0.1 ms
			print_figure "CPU of the back end for a MB, $op, $kind" \
				1000 us
		done
		for kind in "${TECHNIQUES[@]}"; do
			ratio "$op, time, $kind : reconstruct" \
				"${MEDIANS[$op, $kind]}" \
				"${MEDIANS[$op, reconstruct]-0}"
			name="CPU of the back end for a MB, $op"
			[[ -z ${MEDIANS[$name, $kind]-} ]] ||
				ratio "$name, $kind : reconstruct" \
					"${MEDIANS[$name, $kind]}" \
					"${MEDIANS[$name, reconstruct]-0}"
		done
	done
}

WORK=$(mktemp -d)
trap 'end_all; topology_down; rm -rf "$WORK"' EXIT
hosts_up || exit 1
read -r -a TECHNIQUES < <(node_sh be1 "$TCPHANDOFF -j config show" |
	sed -nE 's/.*"tech_available": *"([^"]*)".*/\1/p')
((${#TECHNIQUES[@]})) || fail "no technique"
echo "techniques: ${TECHNIQUES[*]}; $ROUNDS rounds, $COUNT moves each"
moves
print_moves
transfers
print_transfers
