#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What paths and devices do to packets: offloads on and off, narrow links,
# fragments, loops, firewalls that track connections, source validation, early
# demux.  Where a router is needed be2 is one, between other hosts' addresses:
#
#   client 10.0.0.1   fe 10.0.0.2, VIP   be1 10.0.0.3   be2 10.0.0.4, forwards
#     |                 |                  |              |
#   --+-----------------+------------------+--------------+--

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# set by cluster_start
JOB_be1=''

# both_ways: an upload, a download, and both at once, through be1
both_ways() {
	local op

	for op in put get echo; do
		traffic -B 0 -n 2 -j 2 -E adopted -o "$op" -s 100000-200000
	done
}

# Nor does a busy back end send again what is only acknowledged late.
patient_back_end() {
	change be1 "ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[be1]} \
		rto_min 2s" \
		"ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[be1]}"
	set_sysctl be1 net.ipv4.tcp_early_retrans=0
}

##############################################################################
# Offloads

# Every byte right, nothing sent twice, whatever devices do by themselves; and
# they do it: large packets are forwarded where there are such.
all_offloads() {
	local bits

	has fe tcp-segmentation-offload . || skip "no ethtool"
	offloads_as_they_were client
	offloads_as_they_were fe
	offloads_as_they_were be1
	patient_back_end
	cluster_start
	for ((bits = 0; bits < 64; bits++)); do
		# once with what others have merged, once with what it merges
		((bits != 32)) || merge_for 100000
		offloads "$((bits & 31))" client fe be1
		remember
		both_ways
		counted_handoffs 6
		no_retransmits
		# what the back end repeats, the client has already
		counted client.TcpExtTCPDSACKOldSent == 0 fe.ForwardDrops == 0
	done
}

# merge_for NANOSECONDS: the front end's GRO waits for more, also where one packet
# comes at a time.  A veth has GRO only for a peer without TSO.
merge_for() {
	node_sysfs fe "echo $1 > /sys/class/net/$DEV/gro_flush_timeout" ||
		fail "no gro_flush_timeout"
	[[ -n ${CLUSTER_LIB-} ]] ||
		change bridge "ethtool -K fe tso off" "ethtool -K fe tso on"
}

# uploads SIZE: so many bytes and what was forwarded for them
uploads() {
	remember
	traffic -B 0 -E adopted -o put -s "$1" -w head
	no_retransmits
	CURRENT=false
}

large_packets_are_forwarded() {
	has client tcp-segmentation-offload on || skip "no TSO"
	cluster_start
	uploads 2000000
	counted fe.Forwarded "<" 1000
}

# Nobody but the front end merges: it forwards what it has merged.
merged_packets_are_forwarded() {
	has fe generic-receive-offload . || skip "no ethtool"
	offloads_as_they_were client
	offloads_as_they_were fe
	cluster_start
	offloads "$TX_ONLY" client
	uploads 2000000
	counted fe.Forwarded ">" 1200
	offloads "$ALL" fe
	has fe generic-receive-offload on || skip "no GRO"
	merge_for 1000000
	uploads 2000000
	counted fe.Forwarded "<" 1000
	# ... also if they have to be cut again
	offloads "$GRO_ONLY" fe
	uploads 2000000
	counted fe.Forwarded "<" 1000
}

##############################################################################
# Narrow links

narrow_behind() {
	change fe "ip route add ${ADDR[be1]}/32 dev $DEV mtu 1000" \
		"ip route del ${ADDR[be1]}/32 dev $DEV"
	undo client "ip route flush cache"
}

# The client is told the size, whatever it sends, and nothing is cut.
narrow_for_large_packets() {
	local before

	cluster_start
	narrow_behind
	before=$(snmp fe Ip FragCreates)
	remember
	both_ways
	counted fe.ForwardMtu ">" 0
	CURRENT=false
	node_sh client "ip route flush cache"
	offloads_as_they_were client
	offloads "$TX_ONLY" client
	remember
	both_ways
	counted fe.ForwardMtu ">" 0
	(($(snmp fe Ip FragCreates) == before)) || fail "fragments"
}

# Who does not want to be told gets it done.
narrow_without_df() {
	local before

	cluster_start
	narrow_behind
	set_sysctl client net.ipv4.ip_no_pmtu_disc=1
	before=$(snmp fe Ip FragCreates)
	remember
	both_ways
	counted fe.ForwardMtu == 0
	(($(snmp fe Ip FragCreates) > before + 100)) || fail "not fragmented"
	no_retransmits
}

# without_vip NODE: until the end of the test
without_vip() {
	change "$1" "$TCPHANDOFF vip del $VIP dev lo" \
		"$TCPHANDOFF vip add $VIP dev lo noarp"
}

# be2 carries what goes from $1 to $2 and is no back end
via_be2() {
	without_vip be2
	set_sysctl be2 net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		"net.ipv4.conf.$DEV.send_redirects=0"
	change "$1" "ip route add $2/32 via ${ADDR[be2]}" \
		"ip route del $2/32 via ${ADDR[be2]}"
}

# The back end's packets meet a narrow link; the router tells the VIP.
narrow_to_client() {
	cluster_start
	via_be2 be1 "${ADDR[client]}"
	change be2 "ip route add ${ADDR[client]}/32 dev $DEV mtu 1000" \
		"ip route del ${ADDR[client]}/32 dev $DEV"
	undo be1 "ip route flush cache"
	remember
	traffic -B 0 -E adopted -o get -s 300000
	counted fe.ForwardIcmp ">" 0
	node_sh be1 "ip route get ${ADDR[client]} from $VIP" | grep "mtu 1000" ||
		fail "the back end has not learnt"
}

# What was cut on the way is put together before it is forwarded, and cut again
# if need be.
fragments() {
	local before

	cluster_start
	via_be2 client "$VIP"
	change be2 "ip route add $VIP/32 dev $DEV mtu 800" \
		"ip route del $VIP/32 dev $DEV"
	set_sysctl client net.ipv4.ip_no_pmtu_disc=1
	before=$(snmp fe Ip ReasmOKs)
	remember
	both_ways
	(($(snmp fe Ip ReasmOKs) > before + 100)) || fail "no fragments"
	no_retransmits
	counted fe.ForwardDrops == 0
	before=$(snmp be1 Ip ReasmOKs)
	narrow_behind
	both_ways
	(($(snmp be1 Ip ReasmOKs) > before + 100)) || fail "not cut again"
	CURRENT=false
	no_retransmits
	counted fe.ForwardDrops == 0 fe.ForwardMtu == 0
}

##############################################################################
# Loops

# A back end that has lost its VIP and is a router sends all back.  A packet
# goes round until its TTL ends it, here because that is odd at the front end.
loop_ends() {
	local before

	cluster_start
	hold_one -o echo -s 1000
	before=$(snmp client Icmp InTimeExcds)
	# a router does not forward what has a socket
	set_sysctl be1 net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		"net.ipv4.conf.$DEV.send_redirects=0" net.ipv4.tcp_early_demux=0
	set_sysctl client net.ipv4.ip_default_ttl=63
	without_vip be1
	node_kill "$HELD" USR1
	until_counted fe ForwardTtl 1
	counted fe.Forwarded ">=" 31
	# the client has said it once or twice so far
	counted fe.Forwarded "<" 320
	(($(snmp client Icmp InTimeExcds) > before)) ||
		fail "client was not told"
	node_sh be1 "$TCPHANDOFF vip add $VIP dev lo noarp"
	RESULT=$(node_wait "$HELD") || fail "client: $RESULT"
}

# Two front ends that forward a connection to each other: that would take one to
# adopt what it forwards itself.  Here be1 had it, has ended it, cannot say so,
# and as a front end hands the next one with these addresses the other way.
no_loop_of_front_ends() {
	local roles="front-end back-end $AUTH"

	undo fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH"
	undo be1 "$TCPHANDOFF peer add ${ADDR[fe]} front-end $AUTH"
	change fe "$TCPHANDOFF peer del ${ADDR[be1]} &&
		$TCPHANDOFF peer add ${ADDR[be1]} $roles &&
		$TCPHANDOFF vip add $VIP" "$TCPHANDOFF vip del $VIP
		$TCPHANDOFF peer del ${ADDR[be1]}"
	change be1 "$TCPHANDOFF peer del ${ADDR[fe]} &&
		$TCPHANDOFF peer add ${ADDR[fe]} $roles" \
		"$TCPHANDOFF peer del ${ADDR[fe]}"
	channel_up fe "${ADDR[be1]}"
	channel_up be1 "${ADDR[fe]}"
	cluster_start
	hold_one -b 9996 -K
	firewall fe "add chain ip path in { type filter hook input priority 0; }
		add rule ip path in tcp sport 968 drop"
	end "$JOB_be1" > /dev/null
	node_kill "$HELD" KILL
	node_wait "$HELD" > /dev/null 2>&1
	until_counted fe ChannelDown 1
	start_ready be1 "exec ./dispatch -l $VIP:$PORT -b ${ADDR[fe]} -1"
	change client "ip route add $VIP/32 via ${ADDR[be1]}" \
		"ip route del $VIP/32 via ${ADDR[be1]}"
	traffic -b 9996 -S 2 -E returned -o echo -s 1-20000
	counted fe.RefusedExists == 1 be1.Returned == 1 be1.Captured == 1
}

# channel_up NODE PEER: the one that NODE dials
channel_up() {
	until_true "$1" "$TCPHANDOFF -j peer show $2 | tr -d ' \n' |
		grep '\"out\":\"up\"'" 20 ||
		fail "no channel: $(node_exec "$1" "$TCPHANDOFF" peer show "$2")"
}

##############################################################################
# Firewalls, source validation, early demux

DROP_INVALID='ct state invalid counter drop'
TRACK="add chain ip path pre { type filter hook prerouting priority 0; }
	add rule ip path pre $DROP_INVALID
	add chain ip path in { type filter hook input priority 0; }
	add rule ip path in $DROP_INVALID
	add chain ip path through { type filter hook forward priority 0; }
	add rule ip path through $DROP_INVALID
	add chain ip path out { type filter hook output priority 0; }
	add rule ip path out $DROP_INVALID"

# A back end sees both directions and picks up what it has not seen begin.
tracked_on_back_end() {
	cluster_start
	firewall be1 "$TRACK"
	remember
	both_ways
	counted_handoffs 6
	no_retransmits
	node_sh be1 "nft list table ip path" | grep -E "packets [1-9]" &&
		fail "taken for invalid"
	return 0
}

# A front end sees one direction: tracking is told at capture.
tracked_on_front_end() {
	cluster_start
	firewall fe "$TRACK"
	remember
	both_ways
	counted_handoffs 6
	no_retransmits
	counted fe.ForwardDrops == 0
	node_sh fe "nft list table ip path" | grep -E "packets [1-9]" &&
		fail "taken for invalid"
	return 0
}

reverse_path_filters() {
	local value

	cluster_start
	for value in 0 1 2; do
		set_sysctl fe net.ipv4.conf.all.rp_filter=$value \
			"net.ipv4.conf.$DEV.rp_filter=$value"
		set_sysctl be1 net.ipv4.conf.all.rp_filter=$value \
			"net.ipv4.conf.$DEV.rp_filter=$value"
		remember
		both_ways
		counted_handoffs 6
		no_retransmits
		counted fe.ForwardShortcut ">" 0
	done
}

# Without early demux there is no shortcut, and every packet finds its way.
without_early_demux() {
	local name

	cluster_start
	for name in ip tcp; do
		set_sysctl fe "net.ipv4.${name}_early_demux=0"
		set_sysctl be1 "net.ipv4.${name}_early_demux=0"
		remember
		both_ways
		counted_handoffs 6
		no_retransmits
		counted fe.ForwardShortcut == 0 fe.Forwarded ">" 10
		node_sh fe "sysctl -qw net.ipv4.${name}_early_demux=1"
	done
}

##############################################################################
# Two links

# Clients come by one link, back ends are on another, which only a routing rule
# knows.
two_links() {
	local before

	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	second_link fe 10.2.0.2
	second_link be1 10.2.0.3
	change fe "ip route del 10.2.0.0/24 dev eth1
		ip route add 10.2.0.0/24 dev eth1 src 10.2.0.2 table 7
		ip rule add to 10.2.0.0/24 lookup 7" \
		"ip rule del to 10.2.0.0/24 lookup 7"
	# one name for a host: the others go
	change be1 "$TCPHANDOFF peer del ${ADDR[fe]} &&
		$TCPHANDOFF peer add 10.2.0.2 front-end $AUTH" \
		"$TCPHANDOFF peer del 10.2.0.2
		$TCPHANDOFF peer add ${ADDR[fe]} front-end $AUTH"
	change fe "$TCPHANDOFF peer del ${ADDR[be1]} &&
		$TCPHANDOFF peer add 10.2.0.3 back-end $AUTH" \
		"$TCPHANDOFF peer del 10.2.0.3
		$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH"
	channel_up fe 10.2.0.3
	serve_on be1
	start_ready fe "exec ./dispatch -l $VIP:$PORT -b 10.2.0.3"
	remember
	before=$(sent_on_eth1)
	both_ways
	counted_handoffs 6
	no_retransmits
	# two uploads of six are forwarded, and four times acknowledgments
	(($(sent_on_eth1) > before + 400000)) || fail "not there"
}

sent_on_eth1() {
	node_exec fe "$HERE/counters" -d eth1 fe | sed -n 's/^fe.tx //p'
}

# second_link NODE ADDRESS: eth1, on the same bridge
second_link() {
	ip -n "${NS[bridge]}" link add "$1-2" type veth peer name eth1 \
		netns "${NS[$1]}" || fail "no veth"
	ip -n "${NS[bridge]}" link set "$1-2" master br0 up
	undo "$1" "ip link del eth1"
	node_run "$1" ip addr add "$2/24" dev eth1
	node_run "$1" ip link set eth1 up
}

run_tests all_offloads large_packets_are_forwarded \
	merged_packets_are_forwarded narrow_for_large_packets \
	narrow_without_df narrow_to_client fragments loop_ends \
	no_loop_of_front_ends tracked_on_back_end tracked_on_front_end \
	reverse_path_filters without_early_demux two_links
