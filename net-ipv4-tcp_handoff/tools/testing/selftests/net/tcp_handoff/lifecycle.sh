#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How flows end: the back end reports it, the front end keeps nothing but
# TIME_WAIT; and what happens when somebody ends them by force.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# set by cluster_start
JOB_be1='' JOB_be2=''

# hold N OPTIONS: so many connections that have had an answer, and wait
hold() {
	local conns=$1

	shift
	start client "exec ./client -c $VIP:$PORT -n $conns -H $*"
	HELD=$JOB
	await "$HELD" holding 30 || fail "client: $(node_wait "$HELD" 2>&1)"
	CURRENT=false
	# and those of a back end that was deleted
	(($(flow_count fe) >= conns)) || fail "fe: $(flow_count fe) flows"
}

# One more request on each; more client options were given to "hold"
let_go() {
	CURRENT=false
	node_kill "$HELD" USR1
	RESULT=$(node_wait "$HELD")
	LEFT=$?
	echo "client: $RESULT"
}

flow_count() {
	node_sh "$1" "$TCPHANDOFF -j flow show" | grep -o '"state": *"forward"' |
		wc -l
}

# No socket of the service but listeners, and TIME_WAIT: there is some of the
# tests before; "fe.TimeWait" counts it.
no_sockets() {
	until_true "$1" "all=\$(ss -Htan 'sport = :$PORT') &&
		! grep -vE '^\$|LISTEN|TIME-WAIT' <<< \"\$all\"" 20 ||
		fail "$1: $(node_exec "$1" ss -tan "sport = :$PORT")"
}

client_closes_first() {
	cluster_start
	remember
	hold 10 -E adopted
	counted_handoffs 10
	let_go
	((LEFT == 0)) || fail "client: $LEFT"
	no_flows fe 10
	no_sockets fe
	no_sockets be1
	no_sockets be2
	counted fe.Closed == 10 fe.TimeWait == 0 fe.Reset == 0
}

# Then TIME_WAIT is due, and kept on the front end: packets go there.
server_closes_first() {
	cluster_start
	remember
	traffic -n 10 -j 5 -C -E adopted -o echo -s 1-20000
	counted_handoffs 10
	until_counted fe TimeWait 10
	no_sockets be1
	no_sockets be2
	no_sockets fe
	counted fe.Closed == 10
	[[ $(node_sh fe "ss -Htan state time-wait 'sport = :$PORT' | wc -l") \
	   -ge 10 ]] || fail "no TIME_WAIT on the front end"
}

# A new connection from the same port takes the place of TIME_WAIT, on the
# front end and on the same back end.
port_reused_in_time_wait() {
	cluster_start
	remember
	traffic -C -E adopted -B 0 -b 9999 -o echo
	until_counted fe TimeWait 1
	traffic -C -E adopted -B 0 -b 9999 -S 2 -o echo
	counted_handoffs 2
	until_counted fe TimeWait 2
	counted be1.StaleTimeWait == 1
}

# The same when the client closed first; its own TIME_WAIT is over at once
# with a reset.
port_reused_at_once() {
	local i

	cluster_start
	remember
	for i in 1 2 3 4 5; do
		traffic -E adopted -b 9998 -S "$i" -o echo -R
	done
	counted_handoffs 5
	no_flows fe 10
}

# abandon PORT: the client forgets its connection from there, unheard; its
# firewall goes with the function given_up
abandon() {
	node_sh client "nft 'add table ip handoff
		add chain ip handoff out { type filter hook output priority 0; }
		add rule ip handoff out ip daddr $VIP drop'"
	trap 'node_sh client "nft delete table ip handoff" 2> /dev/null' EXIT
	node_kill "$HELD" KILL
	node_wait "$HELD" > /dev/null 2>&1
	node_run client ss -K -H "sport = :$1" > /dev/null
}

# From the port 9997, as a host that was born again would
anew() { traffic -E adopted -B 0 -b 9997 -S 2 -o echo -s 1-20000; }

hold_9997() {
	cluster_start
	remember
	hold 1 -E adopted -B 0 -b 9997
}

# Its back end's challenge makes the client reset what it does not know, and
# the next SYN finds the way free.
port_reused_of_the_living() {
	hold_9997
	abandon 9997
	node_run client nft delete table ip handoff
	anew
	counted_handoffs 2
	counted fe.SynHeld == 1 be1.TcpExtTCPSYNChallenge == 1 \
		fe.Closed ">=" 1
}

# What follows looks at moments that several kernels do not meet reliably.
in_one_kernel() {
	[[ -z ${CLUSTER_LIB-} ]] || skip "only reliable in one kernel"
}

# The same where the server has closed and nobody takes its FIN
port_reused_in_fin_wait() {
	in_one_kernel
	hold_9997
	abandon 9997
	end "$JOB_be1" > /dev/null
	until_true be1 "ss -Htan state fin-wait-1 'sport = :$PORT' | grep ." ||
		fail "no FIN_WAIT"
	serve_on be1
	node_run client nft delete table ip handoff
	anew
	counted_handoffs 2
	counted fe.SynHeld == 1 be1.TcpExtTCPSYNChallenge == 1
}

# The back end's word of the end comes late: the SYN must not overtake it and
# meet a listener that knows nothing of the front end.
port_reused_before_closed() {
	in_one_kernel
	hold_9997
	node_sh be1 "tc qdisc add dev $DEV root netem delay 700ms"
	trap 'node_sh be1 "tc qdisc del dev $DEV root"' EXIT
	abandon_with_reset
	anew
	counted_handoffs 2
	counted fe.SynHeld == 1 fe.LookupAgain == 0
	no_retransmits
}

cut() {
	node_sh fe "nft 'add table ip handoff
		add chain ip handoff in { type filter hook input priority 0; }
		add rule ip handoff in tcp sport 968 drop'"
	trap 'node_sh fe "nft delete table ip handoff" 2> /dev/null
		node_sh client "nft delete table ip handoff" 2> /dev/null' EXIT
	until_counted fe ChannelDown 1
}

# The SYN and what takes its place wait for the channel, whatever it says then.
anew_while_cut() {
	start client "exec ./client -c $VIP:$PORT -E adopted -B 0 -b 9997 -S 2 \
		-o echo -s 1-20000 -t 15"
	until_counted fe SynHeld 1
	until_counted fe HoldDrops 2
	node_run fe nft delete table ip handoff
	RESULT=$(node_wait "$JOB") || fail "client: $RESULT"
	echo "client: $RESULT"
	CURRENT=false
	counted_handoffs 2
}

# ... and cannot come at all for a while
port_reused_while_cut() {
	in_one_kernel
	hold_9997
	cut
	abandon_with_reset
	anew_while_cut
	counted fe.SynHeld == 1
}

# The back end, which lives, is asked as soon as there is a channel again.
port_reused_while_cut_off() {
	in_one_kernel
	hold_9997
	abandon 9997
	cut
	node_run client nft delete table ip handoff
	anew_while_cut
	counted be1.TcpExtTCPSYNChallenge == 1
}

# The client's last word, which the back end gets
abandon_with_reset() {
	node_run client ss -K -H "sport = :9997" > /dev/null
	node_wait "$HELD" > /dev/null 2>&1
	no_sockets be1
}

client_resets() {
	cluster_start
	remember
	hold 10 -R -E adopted
	counted_handoffs 10
	let_go
	no_flows fe 10
	no_sockets fe
	no_sockets be1
	no_sockets be2
	counted fe.Closed == 10 fe.TimeWait == 0
}

# The kernel of the back end closes what its dead server had open.
server_dies() {
	cluster_start
	hold 10 -K -E adopted
	node_kill "$JOB_be1" KILL
	node_kill "$JOB_be2" KILL
	let_go
	no_sockets be1
	no_sockets be2
	[[ $(field failed "$RESULT") == 10 && $(field stuck "$RESULT") == 0 ]] ||
		fail "client did not notice"
	no_flows fe 10
}

killed_on_back_end() {
	cluster_start
	hold 10 -K -E adopted
	node_run be1 ss -K -H "sport = :$PORT" > /dev/null
	node_run be2 ss -K -H "sport = :$PORT" > /dev/null
	let_go
	[[ $(field failed "$RESULT") == 10 ]] || fail "client did not notice"
	no_flows fe 10
	no_sockets fe
}

# Whose minisock is killed has no forwarding any more: the client is told, and
# so is the back end.
killed_on_front_end() {
	cluster_start
	remember
	hold 10 -K -E adopted
	node_run fe ss -K -H state time-wait "sport = :$PORT" > /dev/null
	no_flows fe 10
	let_go
	[[ $(field failed "$RESULT") == 10 && $(field stuck "$RESULT") == 0 ]] ||
		fail "client did not notice"
	no_sockets be1
	no_sockets be2
	CURRENT=false
	counted fe.Forget == 10 be1.Forgotten,be2.Forgotten == 10
}

# Without having to speak, the clients hear that their back end is configured
# no more, and it hears that it has lost them.
peer_removed() {
	cluster_start
	remember
	hold 10 -K -B 0 -E adopted
	node_run fe "$TCPHANDOFF" peer del "${ADDR[be1]}"
	hears_it
	no_sockets be1
	counted fe.Forget == 10 be1.Forgotten == 10
	node_sh fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH" ||
		fail "not added"
	until_counted fe ChannelUp 1
	no_flows fe 20
	no_sockets fe
	traffic -n 3 -B 0 -E adopted
}

# hears_it [SECONDS]: the client, which says nothing, has been reset
hears_it() {
	await_file "$JOBS_DIR/$HELD.status" "${1:-5}" ||
		fail "client does not hear of it"
	RESULT=$(node_wait "$HELD") || true
	echo "client: $RESULT"
	[[ $(field failed "$RESULT") == 10 && $(field stuck "$RESULT") == 0 ]] ||
		fail "client did not notice"
	CURRENT=false
}

# A back end that does not come back is given up; its clients hear of it.
back_end_lost() {
	cluster_start
	remember
	hold 10 -K -B 0 -E adopted
	node_run fe "$TCPHANDOFF" config set deadline-ms 2000 heartbeat-ms 200
	node_run be1 "$TCPHANDOFF" config set heartbeat-ms 200
	trap 'node_sh be1 "ip link set $DEV up"
		for n in fe be1; do
			node_sh $n "$TCPHANDOFF config set deadline-ms 60000 \
				heartbeat-ms 1000"
		done' EXIT
	node_run be1 ip link set "$DEV" down
	hears_it 20
	counted fe.Forget == 10 fe.Reset == 10
	# It was only cut off: what it still has ends when it hears of that
	node_run be1 ip link set "$DEV" up
	until_counted fe ChannelUp 1
	until_counted be1 Forgotten 10
	no_sockets be1
}

# A back end that serves its clients keeps them, however long the channel is
# cut; afterwards both hosts compare what they have.
channel_cut() {
	cluster_start
	remember
	node_run fe "$TCPHANDOFF" config set deadline-ms 1500 heartbeat-ms 200
	trap 'node_sh fe "nft delete table ip handoff" 2> /dev/null
		node_sh fe "$TCPHANDOFF config set deadline-ms 60000 \
			heartbeat-ms 1000"' EXIT
	start client "exec ./client -c $VIP:$PORT -n 4 -j 4 -B 0 -E adopted \
		-o echo -r 100000 -s 1000 -t 30"
	until_counted fe AdoptedThere 4
	node_sh fe "nft 'add table ip handoff
		add chain ip handoff out { type filter hook output priority 0; }
		add rule ip handoff out ip daddr ${ADDR[be1]} tcp dport 968 drop'"
	until_counted fe ChannelDown 1
	sleep 4			# more than two deadlines
	node_sh fe "nft delete table ip handoff"
	until_counted fe ChannelUp 1
	until_more fe Forwarded 50
	node_ended "$JOB" && fail "client has ended"
	[[ $(node_sh fe "$TCPHANDOFF -j flow show" |
		grep -c '"forward"') == 4 ]] || fail "not all are forwarded"
	node_kill "$JOB" KILL
	node_wait "$JOB" > /dev/null 2>&1
	CURRENT=false
	counted fe.Reset == 0 fe.Forget == 0 be1.Forgotten == 0
	no_flows fe 20
}

# A packet that the route back to its sender forbids is not forwarded, also
# when many before it were.
source_is_validated() {
	local go_back="ip route del ${ADDR[client]}/32 dev lo
		sysctl -qw net.ipv4.conf.all.rp_filter=0"

	cluster_start
	hold 1 -B 0 -E adopted
	remember
	node_sh fe "sysctl -qw net.ipv4.conf.all.rp_filter=1
		ip route add ${ADDR[client]}/32 dev lo"
	trap 'node_sh fe "$go_back"' EXIT
	node_kill "$HELD" USR1
	until_counted fe TcpExtIPReversePathFilter 1
	counted fe.Forwarded == 0
	trap - EXIT
	node_sh fe "$go_back"
	RESULT=$(node_wait "$HELD") || fail "client: $RESULT"
	CURRENT=false
	counted fe.Forwarded ">" 0
}

# Namespaces end with flows in them; the others must get over it.
back_end_deleted() {
	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	cluster_start
	hold 10 -K -B 0 -E adopted
	node_delete be1 || fail "be1 is not deleted"
	start client "exec ./client -c $VIP:$PORT -n 3 -B 1 -e be2"
	node_wait "$JOB" || fail "be2 does not work any more"
}

front_end_deleted() {
	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	serve_on be2
	dispatch_start
	hold 10 -K -B 1 -E adopted
	node_delete fe || fail "fe is not deleted"
	node_kill "$HELD" KILL
}

run_tests client_closes_first server_closes_first port_reused_in_time_wait \
	port_reused_at_once port_reused_of_the_living \
	port_reused_in_fin_wait port_reused_before_closed \
	port_reused_while_cut port_reused_while_cut_off \
	client_resets server_dies killed_on_back_end \
	killed_on_front_end peer_removed back_end_lost channel_cut \
	source_is_validated back_end_deleted front_end_deleted
