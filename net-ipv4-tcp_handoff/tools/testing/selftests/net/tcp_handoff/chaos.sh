#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at the same time: connections of all kinds move while the
# configuration changes, sockets are killed, links go down and up, and whole
# namespaces are deleted and built anew.  Connections may break when whoever had
# them went, or was told to.  No byte may be wrong, nothing may hang for longer
# than its time limits say, no kernel may complain, and nothing may be left.
#
# HANDOFF_CHAOS: seconds of it (40); HANDOFF_SEED: of its choices.

HANDOFF_AUTH=1
# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

TIME=${HANDOFF_CHAOS:-40}
SEED=${HANDOFF_SEED:-$RANDOM}
# A connection is given up after so many seconds of silence, ...
SILENCE=8
# ... a flow whose host is lost somewhat later; what hangs for longer does.
BOUND=60
LIMITS="max-flows 1048576 max-bytes 268435456 hold-bytes 4194304 \
	deadline-ms 4000 idle-ms 60000 heartbeat-ms 250 tech any port 968"
SECRET2=another-secret-of-some-length

one_of() {
	local i=$((1 + RANDOM % $#))

	ONE=${!i}
}

# For those who look for the reason of a failure
note() { printf '%4d %s\n' "$SECONDS" "$*" >> "$WORK/notes"; }

# Acts on a host that may just go: what fails is no failure.
act() {
	note "$1: $2"
	node_sh "$1" "$2" > /dev/null 2>&1 || true
}

# until the time is up: forever FUNCTION PAUSE
forever() {
	RANDOM=$((SEED + $3))
	until [[ -e $WORK/stop ]]; do
		"$1"
		sleep "$2"
	done
}

##############################################################################
# What happens

FE_ACTS=(
"T peer del ${ADDR[be1]}; sleep 0.3; T peer add ${ADDR[be1]} back-end $AUTH"
"T peer del ${ADDR[be2]}; T peer add ${ADDR[be2]} back-end $AUTH"
"T config set hold-bytes 3000; sleep 1; T config set hold-bytes 4194304"
"T config set max-flows 5; sleep 0.5; T config set max-flows 1048576"
"T config set max-bytes 50000; sleep 0.5; T config set max-bytes 268435456"
"T config set deadline-ms 1000 heartbeat-ms 50; sleep 1
 T config set deadline-ms 4000 heartbeat-ms 250"
"T config set idle-ms 1000; sleep 1.5; T config set idle-ms 60000"
"T vip add $VIP:$PORT unprivileged; sleep 0.3; T vip del $VIP:$PORT"
"T -j flow show; T -j peer show; ss -tano; T key show"
)
BE_ACTS=(
"T peer del ${ADDR[fe]}; sleep 0.3; T peer add ${ADDR[fe]} front-end $AUTH"
"T vip del $VIP; sleep 0.5; T vip add $VIP"
"T config set max-flows 3; sleep 0.5; T config set max-flows 1048576"
"T config set max-bytes 20000; sleep 0.5; T config set max-bytes 268435456"
"T config set port 969; sleep 0.5; T config set port 968"
"T config set tech reconstruct; sleep 0.5; T config set tech any"
"T -j flow show; T -j peer show; ss -tano; T key show"
)
# A second key, used, and gone again
KEY_ACTS=(
"T key add PEER 2 secret-file <(echo $SECRET2)"
"T key use PEER 2"
"T key use PEER 1"
"T key del PEER 2"
)

configure() {
	local node text

	one_of fe fe be1 be2
	node=$ONE
	if ((RANDOM % 4 == 0)); then
		one_of "${KEY_ACTS[@]}"
		text=${ONE/PEER/"${ADDR[fe]}"}
		[[ $node != fe ]] || text=${ONE/PEER/"${ADDR[be$((1 + RANDOM % 2))]}"}
	elif [[ $node == fe ]]; then
		one_of "${FE_ACTS[@]}"
		text=$ONE
	else
		one_of "${BE_ACTS[@]}"
		text=$ONE
	fi
	act "$node" "T() { $TCPHANDOFF \"\$@\"; }; $text"
}

# Sockets, minisocks and channels, by a range of the client's ports
kill_some() {
	local node from=$((10000 + RANDOM % 50000)) what

	one_of fe fe be1 be2 client
	node=$ONE
	what=dport
	[[ $node != client ]] || what=sport
	one_of "$what >= :$from and $what <= :$((from + 8000))" \
		"$what >= :$from and $what <= :$((from + 8000))" \
		"$what >= :$from and $what <= :$((from + 8000))" \
		"( dport = :968 or sport = :968 )"
	act "$node" "ss -K -tanH '$ONE'"
}

flap() {
	one_of fe be1 be2 client
	act "$ONE" "ip link set $DEV down; sleep 0.$((RANDOM % 4))
		ip link set $DEV up"
}

##############################################################################
# Hosts that go and come

# told JOB: what it has said goes to one file
told() { cat "$WORK/$1.out" "$WORK/$1.err" >> "$WORK/told" 2> /dev/null; }

servers_of() {
	case $1 in
	be?)	start "$1" "exec ./serve -l 0.0.0.0:$PORT -t $1 -T $SILENCE" ;;
	fe)	start fe "exec ./dispatch -l $VIP:$PORT -b ${ADDR[be1]} \
			-b ${ADDR[be2]} -T $SILENCE" ;;
	client)	clients_start
		return ;;
	esac
	SERVER[$1]=$JOB
}
declare -A SERVER=()

clients_start() {
	local kind

	CLIENTS=()
	for kind in "-o echo -w body -a 1-20000 -s 20000-100000" \
		    "-o put -w head -s 1-60000" \
		    "-o get -w sent -a 1-50000 -s 50000-200000" \
		    "-o echo -w head -r 20 -s 1-2000"; do
		start client "exec ./client -c $VIP:$PORT -n 1000000 -j 4 -K \
			-x $SILENCE -t $BOUND -S $RANDOM $kind"
		CLIENTS+=("$JOB")
	done
}

# Either order: programs whose network ends with them, or under them
host_deleted() {
	local job pid pids jobs=("${SERVER[$1]-}")

	[[ $1 != client ]] || jobs=("${CLIENTS[@]}")
	note "$1 is deleted"
	if ((RANDOM % 2)); then
		node_delete "$1" || return
	else
		pids=$(ip netns pids "${NS[$1]}")
		ip netns del "${NS[$1]}" || return
		for pid in $pids; do
			kill -KILL "$pid"
		done
	fi
	for job in "${jobs[@]}"; do
		await_file "$WORK/$job.status" 20 || return
		told "$job"
		rm -f "$WORK/$job".*
	done
	node_gone "$1" "$BOUND" || fail "$1: namespace does not go"
}

host_anew() {
	nodes_add "$1" && "${1%[0-9]}_up" "$1" && steer "$1" && limits "$1" &&
		servers_of "$1"
	note "$1 is back"
}

limits() {
	[[ $1 == client ]] || node_sh "$1" "$TCPHANDOFF config set $LIMITS"
}

delete_one() {
	one_of client fe be1 be2
	host_deleted "$ONE" || fail "$ONE is not deleted"
	host_anew "$ONE" || fail "$ONE does not come back"
}

##############################################################################
# The tests

# As it was, however an act was interrupted
mend() {
	local be

	for be in be1 be2; do
		node_sh "$be" "$TCPHANDOFF vip add $VIP
			$TCPHANDOFF peer del ${ADDR[fe]}
			$TCPHANDOFF peer add ${ADDR[fe]} front-end $AUTH
			$TCPHANDOFF config set $LIMITS" > /dev/null 2>&1
		node_sh fe "$TCPHANDOFF peer del ${ADDR[$be]}
			$TCPHANDOFF peer add ${ADDR[$be]} back-end $AUTH" \
			> /dev/null 2>&1
	done
	limits fe
}

# total NAME: of all that the clients have said
total() {
	grep -oE "(^| )$1=[0-9]+" "$WORK/told" | cut -d = -f 2 |
		awk '{ n += $1 } END { print n + 0 }'
}

clients_end() {
	local job

	for job in "${CLIENTS[@]}"; do
		node_kill "$job" USR2
	done
	for job in "${CLIENTS[@]}"; do
		await_file "$WORK/$job.status" $((2 * BOUND)) ||
			fail "a client does not end"
		told "$job"
		rm -f "$WORK/$job".*
	done
}

judge() {
	local name

	for name in conns requests bytes adopted returned none failed stuck bad; do
		printf '%s=%s ' "$name" "$(total "$name")"
	done
	echo "deletions=$(grep -c 'is deleted' "$WORK/notes")" \
		"acts=$(grep -c ': ' "$WORK/notes")"
	if grep -E ' wrong |^wrong' "$WORK/told"; then
		fail "wrong bytes"
	fi
	(($(total stuck) == 0)) || {
		grep 'no progress' "$WORK/told"
		fail "connections hang"
	}
	(($(total adopted) > 20)) || fail "hardly anything has moved"
}

# chaos WHAT...
chaos() {
	local end what jobs=() n=0

	rm -f "$WORK"/{stop,told,notes}
	touch "$WORK"/{told,notes}
	echo "seed $SEED"
	steer
	for what in fe be1 be2; do
		limits "$what" || fail "limits"
	done
	for what in be1 be2 fe client; do
		servers_of "$what"
	done
	for what; do
		if [[ $what != delete_one ]]; then
			forever "$what" "0.$((RANDOM % 5))" $((++n)) &
			jobs+=($!)
		fi
	done
	RANDOM=$SEED
	end=$((SECONDS + TIME))
	trap 'touch "$WORK/stop"; tail -n 40 "$WORK/notes"' EXIT
	while ((SECONDS < end)); do
		sleep 2
		[[ " $* " != *" delete_one "* ]] || delete_one
	done
	touch "$WORK/stop"
	wait "${jobs[@]}"
	mend
	clients_end
	nothing_kept "$BOUND" || fail "something is kept"
	for what in fe be1 be2; do
		end "${SERVER[$what]}" > "$WORK/said" 2>&1 ||
			fail "$what: $(< "$WORK/said")"
		cat "$WORK/said" >> "$WORK/told"
	done
	judge
	trap - EXIT
	# and it all works
	cluster_start
	channels_are_up
	remember
	traffic -n 20 -j 4 -B 0 -E adopted -o echo -w body -a 1-3000 -s 5000 -t "$BOUND"
	traffic -n 20 -j 4 -B 1 -E adopted -o echo -w body -a 1-3000 -s 5000 -t "$BOUND"
	counted fe.AdoptedThere == 40
}

everything() {
	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	chaos configure kill_some flap delete_one
}

# The last one was taken apart, too, when two that came after it are.
namespaces_end() {
	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	local i

	for i in 1 2; do
		HOSTS="probe$i"
		ADDR[probe$i]=10.0.0.77
		nodes_add "probe$i" || fail "no namespace"
		node_delete "probe$i"
		node_gone "probe$i" "$BOUND" || fail "namespaces do not end"
	done
}

run_tests everything namespaces_end
