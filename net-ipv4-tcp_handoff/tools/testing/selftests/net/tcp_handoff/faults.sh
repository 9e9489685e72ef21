#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Faults under load.  Whatever breaks, a connection survives on a back end or at
# home unless the host that owns it died, and no byte is wrong.  Each test
# prints a line of figures; the last one prints them all.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

CHANNEL=968

# load [OPTIONS]: a steady one, in the background, until the test is over; bytes
# are compared, and broken connections counted
load() {
	start client "exec ./client -c $VIP:$PORT -n 1000000 -j 20 -B 0 -K \
		-o echo -s 1-30000 -t 30 $*"
	LOAD=$JOB
	until_counted fe Captured 20
}

# since NODE.NAME: what was counted between "remember" and stop_load
since() {
	local after=${AFTER[$1]} before=${BEFORE[$1]}

	echo $((after - before))
}

# stop_load NAME: what became of it
stop_load() {
	# those that are under way are finished
	node_kill "$LOAD" USR2
	RESULT=$(node_wait "$LOAD") || true
	CURRENT=false
	counters_into AFTER
	echo "$1: tried=$(field conns "$RESULT")" \
		"back_end=$(field adopted "$RESULT")" \
		"returned=$(field returned "$RESULT")" \
		"stayed=$(field none "$RESULT")" \
		"broken=$(field failed "$RESULT")" \
		"stuck=$(field stuck "$RESULT")" \
		"wrong=$(field bad "$RESULT")" \
		"in_doubt=$(since fe.InDoubt) reset=$(since fe.Reset)" |
		tee -a "$WORK/matrix"
	want conns ">" "${LEAST:-100}"
	want bad == 0
	want stuck == 0
}

# Both ways, without a sign of it
cut() {
	node_sh fe "nft 'add table ip faults
		add chain ip faults in { type filter hook input priority 0; }
		add chain ip faults out { type filter hook output priority 0; }
		add rule ip faults in ip saddr ${ADDR[be1]} tcp sport $CHANNEL drop
		add rule ip faults out ip daddr ${ADDR[be1]} tcp dport $CHANNEL drop'"
}

mend() { node_sh fe "nft delete table ip faults" 2> /dev/null; }

# cut_for NAME SECONDS [OPTIONS]
cut_for() {
	cluster_start
	remember
	trap mend EXIT
	load "${@:3}"
	until_counted fe AdoptedThere 20
	cut || fail "cut"
	sleep "$2"
	mend
	until_more be1 Adopted 50
	stop_load "$1"
}

cut_100_ms() { cut_for "${FUNCNAME[0]}" 0.1; want failed == 0; }
cut_1_s()    { cut_for "${FUNCNAME[0]}" 1; want failed == 0; }

# The session is dead after four heartbeats; what had been sent is asked after.
cut_6_s() {
	cut_for "${FUNCNAME[0]}" 6
	want failed == 0
	counted fe.ChannelDown == 1 fe.InDoubt ">" 0 fe.Reset == 0
}

# Uploads go on for longer than there is room to hold them.
cut_beyond_held_packets() {
	node_run fe "$TCPHANDOFF" config set hold-bytes 20000
	(cut_for "${FUNCNAME[0]}" 3 -w head -o put -s 100000-200000
	 want failed == 0
	 counted fe.HoldDrops ">" 0)
	local rc=$?
	node_run fe "$TCPHANDOFF" config set hold-bytes 4194304
	return "$rc"
}

# What cannot be decided is given up; the client knows, and the back end is
# told when it can be.
cut_beyond_deadline() {
	node_run fe "$TCPHANDOFF" config set deadline-ms 1500 heartbeat-ms 100
	(cut_for "${FUNCNAME[0]}" 5
	 counted fe.Reset ">" 0 fe.Forget ">" 0
	 want failed "<=" "$(since fe.Reset)")
	local rc=$?
	node_run fe "$TCPHANDOFF" config set deadline-ms 60000 \
		heartbeat-ms 1000
	return "$rc"
}

# Only what the channel carries is late, by nearly as much as half the silence
# that ends it.
messages_late() {
	cluster_start
	remember
	node_sh fe "tc qdisc add dev $DEV root handle 1: prio &&
		tc qdisc add dev $DEV parent 1:3 netem limit 10000 \
			delay 1800ms &&
		tc filter add dev $DEV parent 1: protocol ip u32 \
			match ip dport $CHANNEL 0xffff flowid 1:3" ||
		skip "no netem"
	trap 'node_sh fe "tc qdisc del dev $DEV root"' EXIT
	load
	sleep 5
	# each takes some seconds
	LEAST=15 stop_load "${FUNCNAME[0]}"
	want failed == 0
	counted fe.Reset == 0 fe.AdoptedThere ">" 0
}

# The server dies and comes back: what it had open dies with it, what comes
# meanwhile is answered at home.
server_restarts() {
	cluster_start
	remember
	load
	until_counted fe AdoptedThere 20
	node_kill "$JOB_be1" KILL
	until_counted fe Returned 50
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -t be1"
	until_more be1 Adopted 50
	stop_load "${FUNCNAME[0]}"
	counted fe.Reset == 0
	want failed "<=" 20	# what it had open
}

matrix() {
	[[ -s $WORK/matrix ]] || skip "no figures"
	column -t "$WORK/matrix" 2> /dev/null || cat "$WORK/matrix"
}

run_tests cut_100_ms cut_1_s cut_6_s cut_beyond_held_packets \
	cut_beyond_deadline messages_late server_restarts matrix
