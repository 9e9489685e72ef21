#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tool and the netlink family: what is wrong is refused with a sentence of
# its own and exit status 2, a wrong command line with 1, and nothing changes;
# what is shown as JSON is JSON.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# says STATUS TEXT ARGUMENTS: on the front end
says() {
	local status=$1 text=$2 out rc=0

	shift 2
	out=$(node_exec fe "$TCPHANDOFF" "$@" 2>&1) || rc=$?
	echo "$*: $rc: $out"
	[[ $rc == "$status" ]] || fail "'$*': status $rc, wanted $status"
	[[ $out == *"$text"* ]] || fail "'$*' does not say '$text'"
}

refuses() { says 2 "$@"; }
wrong() { says 1 "$@"; }

# What a failed command must not have changed
configuration() {
	node_sh fe "$TCPHANDOFF -j peer show | grep -oE '\"(addr|flags)\":[^,]*'
		$TCPHANDOFF -j vip show
		$TCPHANDOFF config show | grep -vE '^(flows|bytes)'"
}

unchanged() {
	local before after

	before=$(configuration) || fail "show"
	"$@"
	after=$(configuration) || fail "show"
	[[ $before == "$after" ]] || fail "changed: $after"
}

peers() {
	local u=unauthenticated

	refuses "not unicast" peer add 224.0.0.5 back-end $u
	refuses "not unicast" peer add 0.0.0.0 back-end $u
	refuses "belongs to this host" peer add "${ADDR[fe]}" back-end $u
	refuses "belongs to this host" peer add 127.0.0.1 back-end $u
	refuses "does not belong to this host" peer add 10.0.0.9 \
		local 10.0.0.77 back-end $u
	refuses "back end, a front end or both" peer add 10.0.0.9 $u
	refuses "no key" peer add 10.0.0.9 back-end
	refuses "exists" peer add "${ADDR[be1]}" back-end $u
	refuses "no peer with this address" peer del 10.0.0.9
	refuses "no peer with this address" peer show 10.0.0.9
	wrong "not an IPv4 address" peer add be1 back-end $u
	wrong "too big" peer add 10.0.0.9 port 65536 back-end $u
	wrong "not a number" peer add 10.0.0.9 port -1 back-end $u
	wrong "missing" peer add
	wrong "unknown here" peer add 10.0.0.9 back-end $u backwards
}

vips() {
	refuses "not unicast" vip add 255.255.255.255
	refuses "no such virtual IP" vip del 10.0.0.55:80
	refuses "no device nowhere" vip add 10.0.0.55 dev nowhere noarp ||
		fail "device"
	wrong "not an IPv4 address" vip add 10.0.0:80
	wrong "too big" vip add 10.0.0.55:70000
}

same_vip_twice() {
	node_run fe "$TCPHANDOFF" vip add 10.0.0.55:80
	trap 'node_sh fe "$TCPHANDOFF vip del 10.0.0.55:80"' EXIT
	refuses "configured already" vip add 10.0.0.55:80
}

limits() {
	refuses "out of range" config set deadline-ms 999
	refuses "out of range" config set heartbeat-ms 5
	refuses "out of range" config set heartbeat-ms 60001
	refuses "no such technique" config set tech none-of-these
	wrong "too big" config set max-flows 4294967296
	wrong "" config set no-such-limit 1
	wrong "missing" config set max-flows
}

flows() {
	refuses "no flow with this id" flow show 1234:5
	wrong "not the id" flow show 5
	wrong "not the id" flow show xyz:5
}

commands() {
	wrong "unknown command" nonsense
	wrong "" peer nonsense
	says 0 "Usage" help
}

is_port() {
	node_sh be1 "$TCPHANDOFF -j config show" | grep -q "\"port\": *$1[,}]"
}

# Somebody else listens there: the old port is kept.
port_in_use() {
	is_port 968 || fail "not on 968"
	start_ready be1 "exec ./serve -l 0.0.0.0:970 -t other"
	node_sh be1 "$TCPHANDOFF config set port 970" && fail "took it"
	is_port 968 || fail "another port is shown"
	node_sh be1 "ss -Hltn sport = :968 | grep -q ." || fail "port was lost"
	cluster_start
	remember
	traffic -n 2 -B 0 -E adopted
}

# Everything needs CAP_NET_ADMIN; to raise a limit, that of the host.
privilege() {
	local out

	out=$(node_sh fe "setpriv --reuid 65534 --clear-groups \
		--bounding-set=-all $TCPHANDOFF peer show 2>&1") && fail "allowed"
	[[ $out == *CAP_NET_ADMIN* ]] || fail "says: $out"
	out=$(node_sh fe "unshare --user --map-root-user --net $TCPHANDOFF \
		config set max-flows 2000000 2>&1") && fail "raised"
	[[ $out == *"host's administrator"* || $out == *CAP_NET_ADMIN* ]] ||
		fail "says: $out"
	node_sh fe "unshare --user --map-root-user --net $TCPHANDOFF \
		config set max-flows 1000" || fail "not lowered"
}

json() {
	local what

	command -v python3 > /dev/null || skip "no python3"
	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -n 2 -H -E adopted"
	await "$JOB" holding || fail "client"
	for what in "peer show" "peer show ${ADDR[be1]}" "vip show" \
		    "flow show" "stat" "config show"; do
		node_sh fe "$TCPHANDOFF -j $what" > "$WORK/json" ||
			fail "$what"
		python3 -m json.tool < "$WORK/json" > /dev/null ||
			fail "$what: $(< "$WORK/json")"
	done
	# Also when there is nothing to show
	node_sh fe "$TCPHANDOFF -j peer show 10.0.0.9" > "$WORK/json" 2> /dev/null
	[[ ! -s $WORK/json ]] || fail "half a list: $(< "$WORK/json")"
}

# What happens to a connection is told, in order.
monitor() {
	local job events

	cluster_start
	start fe "exec $TCPHANDOFF monitor"
	job=$JOB
	until_true fe "ss -Hf netlink | grep -q tcphandoff" 5 || nap
	remember
	traffic -n 1 -B 0 -E adopted
	no_flows fe 10
	node_kill "$job" TERM
	events=$(node_wait "$job")
	echo "$events"
	[[ $events =~ event\ captured.*event\ adopted.*event\ closed ]] ||
		fail "events"
}

peers_wrong()	 { unchanged peers; }
vips_wrong()	 { unchanged vips; }
limits_wrong()	 { unchanged limits; }
flows_wrong()	 { unchanged flows; }
commands_wrong() { unchanged commands; }

run_tests peers_wrong vips_wrong same_vip_twice limits_wrong flows_wrong \
	commands_wrong port_in_use privilege json monitor
