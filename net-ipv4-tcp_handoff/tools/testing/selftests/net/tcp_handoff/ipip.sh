#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Back ends in another network, to which packets go in tunnels:
#
#   fe 10.0.0.2, VIP    client 10.0.0.1    be1 10.1.0.3, VIP   be2 10.1.0.4, VIP
#     |                   | 10.1.0.1         | tunl0             | tunl0
#   --+-------------------+------------------+-------------------+--
#
# The client is the router between the two, too: what the front end sends to a
# back end passes it, in a packet from the front end.  One wire carries both
# networks.  The front end has no device for a tunnel.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

ADDR[be1]=10.1.0.3
ADDR[be2]=10.1.0.4
ROUTER=10.1.0.1
# A device with an address may validate sources loosely, one without not at all.
declare -A VIP_DEV=([be1]=tunl0 [be2]=lo)

# Instead of that for direct routing
hosts_up() {
	local be

	topology_up || return
	pin_client || return
	node_sh client "
		set -e
		sysctl -qw net.ipv4.tcp_early_retrans=0 \
			net.ipv4.tcp_no_metrics_save=1 \
			net.ipv4.tcp_autocorking=0 \
			net.ipv4.ip_local_port_range='10000 65000' \
			net.ipv4.ip_forward=1 \
			net.ipv4.conf.all.send_redirects=0 \
			net.ipv4.conf.$DEV.send_redirects=0
		ip addr add $ROUTER/24 dev $DEV
		$CLIENT_ROUTE" || return
	node_sh fe "
		set -e
		ip addr add $VIP/32 dev $DEV
		ip route add 10.1.0.0/24 via ${ADDR[client]}
		sysctl -qw net.ipv4.tcp_no_metrics_save=1
		$TCPHANDOFF peer add ${ADDR[be1]} back-end forward ipip $AUTH
		$TCPHANDOFF peer add ${ADDR[be2]} back-end forward ipip $AUTH" ||
		return
	for be in be1 be2; do
		node_sh "$be" "
			set -e
			ip addr flush dev $DEV
			ip addr add ${ADDR[$be]}/24 dev $DEV
			ip route add default via $ROUTER
			sysctl -qw net.ipv4.tcp_no_metrics_save=1
			ip link set tunl0 up
			$TCPHANDOFF vip add $VIP dev ${VIP_DEV[$be]} noarp
			$TCPHANDOFF peer add ${ADDR[fe]} front-end \
				forward ipip $AUTH" || return
	done
	wait_channels 2
}

# all_ways [OPTIONS]: uploads, downloads and both, on both back ends
all_ways() {
	local op

	for op in put get echo; do
		traffic -n 4 -j 4 -E adopted -o "$op" -s 100000-200000 "$@"
	done
}

# The front end may say at the SYN that there is less room.
small_segments() {
	change fe "ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[fe]} \
		advmss 1440" \
		"ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[fe]}"
}

# One front end, several back ends, no device.
through_tunnels() {
	small_segments
	cluster_start
	remember
	all_ways
	counted_handoffs 12
	no_retransmits
	counted be1.Adopted ">" 0 be2.Adopted ">" 0 fe.ForwardMtu == 0 \
		fe.ForwardDrops == 0 fe.ForwardShortcut ">" 0 \
		fe.Forwarded ">" 24
	same fe.Forwarded fe.ForwardTunnel
	node_sh fe "! ip -o link show up | grep -i tun" || fail "a device"
}

# same NAME NAME: counters that have grown alike
same() {
	((AFTER[$1] - BEFORE[$1] == AFTER[$2] - BEFORE[$2])) ||
		fail "$1 is not $2"
}

# A client that was not told in time is told with its first full packet.
first_flight() {
	undo client "ip route flush cache"
	cluster_start
	remember
	all_ways
	counted_handoffs 12
	counted fe.ForwardMtu ">" 0
	node_sh client "ip route get $VIP | grep 'mtu 1480'" ||
		fail "client has not learnt"
}

# A router says to the front end that outer packets are too big.
narrow_to_back_end() {
	undo client "ip route flush cache"
	undo fe "ip route flush cache"
	cluster_start
	hold_one -o put -s 300000
	change client "ip route add ${ADDR[be1]}/32 dev $DEV mtu 1300" \
		"ip route del ${ADDR[be1]}/32 dev $DEV"
	go_on
	ends_well
	counted fe.TunnelMtu ">" 0 fe.ForwardMtu ">" 0
	node_sh client "ip route get $VIP | grep 'mtu 1280'" ||
		fail "client has not learnt"
	node_sh fe "ip route get ${ADDR[be1]} | grep 'mtu 1300'" ||
		fail "front end has not learnt"
}

# Who does not want to be told gets it done: the outer packets are cut.  On be2: of
# the way to be1 the front end may have heard before.
without_df() {
	local before

	set_sysctl client net.ipv4.ip_no_pmtu_disc=1
	change client "ip route add ${ADDR[be2]}/32 dev $DEV mtu 1300" \
		"ip route del ${ADDR[be2]}/32 dev $DEV"
	cluster_start
	before=$(snmp be2 Ip ReasmOKs)
	remember
	traffic -n 2 -B 1 -E adopted -o put -s 100000-200000
	no_retransmits
	counted fe.ForwardMtu == 0 fe.ForwardDrops == 0 fe.TunnelMtu == 0
	(($(snmp be2 Ip ReasmOKs) > before + 50)) || fail "no fragments"
}

# The back end's packets meet a narrow link, behind be2; the router tells the
# VIP, and the tunnel takes that to the back end.
narrow_to_client() {
	cluster_start
	change be2 "$TCPHANDOFF vip del $VIP dev ${VIP_DEV[be2]}
		ip route add ${ADDR[client]}/32 via $ROUTER mtu 1000" \
		"ip route del ${ADDR[client]}/32 via $ROUTER
		$TCPHANDOFF vip add $VIP dev ${VIP_DEV[be2]} noarp"
	set_sysctl be2 net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		"net.ipv4.conf.$DEV.send_redirects=0"
	change be1 "ip route add ${ADDR[client]}/32 via ${ADDR[be2]}" \
		"ip route del ${ADDR[client]}/32 via ${ADDR[be2]}"
	undo be1 "ip route flush cache"
	remember
	traffic -B 0 -E adopted -o get -s 300000
	counted fe.ForwardIcmp ">" 0
	node_sh be1 "ip route get ${ADDR[client]} from $VIP" | grep "mtu 1000" ||
		fail "the back end has not learnt"
}

# The TTL of the client's packet is one less, and what it and routers say in
# DSCP and ECN bits is on both headers.
header_fields() {
	cluster_start
	small_segments
	firewall client "add chain ip path out { type route hook output \
			priority 0; }
		add rule ip path out ip daddr $VIP ip dscp set cs5
		add rule ip path out ip daddr $VIP ip ecn set ect0
		add chain ip path through { type filter hook forward priority 0; }
		add rule ip path through ip protocol 4 ip dscp cs5 ip ecn ect0 \
			counter comment \"outer\"
		add rule ip path through ip protocol 4 ip ecn set ce"
	firewall be1 "add chain ip path in { type filter hook input priority 0; }
		add rule ip path in iifname tunl0 ip ttl 63 ip dscp cs5 ip ecn ce \
			counter comment \"inner\"
		add rule ip path in iifname tunl0 ip ttl != 63 counter comment \"ttl\""
	remember
	traffic -B 0 -E adopted -o put -s 100000
	no_retransmits
	rule_hit client outer || fail "outer header"
	rule_hit be1 inner || fail "inner header"
	! rule_hit be1 ttl || fail "TTL"
}

# rule_hit NODE COMMENT
rule_hit() {
	local rules

	rules=$(node_sh "$1" "nft list table ip path" | grep "\"$2\"")
	echo "$1: $rules"
	[[ $rules == *packets\ [1-9]* ]]
}

# What has come as far as it may is dropped, and its sender told.
time_to_live() {
	local before

	cluster_start
	hold_one -o echo -s 5000
	before=$(snmp client Icmp InTimeExcds)
	node_sh client "sysctl -qw net.ipv4.ip_default_ttl=1"
	undo client "sysctl -qw net.ipv4.ip_default_ttl=64"
	go_on
	until_counted fe ForwardTtl 1
	(($(snmp client Icmp InTimeExcds) > before)) || fail "client was not told"
	node_sh client "sysctl -qw net.ipv4.ip_default_ttl=64"
	ends_well
}

# Large packets stay whole, or are cut and merged on the way, wherever.
all_offloads() {
	local bits

	has fe tcp-segmentation-offload . || skip "no ethtool"
	offloads_as_they_were client
	offloads_as_they_were fe
	offloads_as_they_were be1
	small_segments
	cluster_start
	for bits in 31 0 27 26 4 8 19 23; do
		offloads "$bits" client fe be1
		remember
		all_ways -B 0
		counted_handoffs 12
		no_retransmits
		counted fe.ForwardDrops == 0
	done
}

# ... or are cut here, where the device cannot.
large_packets_stay_whole() {
	has client tcp-segmentation-offload on || skip "no TSO"
	offloads_as_they_were fe
	small_segments
	cluster_start
	large_upload
	offloads "$TX_ONLY" fe
	large_upload
}

large_upload() {
	remember
	traffic -B 0 -E adopted -o put -s 2000000
	no_retransmits
	counted fe.ForwardTunnel "<" 1000 fe.ForwardDrops == 0
}

# A back end that lets in only what would be answered on the same device drops
# what comes through the tunnel: it can be asked.
source_validation() {
	local node

	cluster_start
	for node in be1 be2; do
		node_run "$node" "$TCPHANDOFF" check
		set_sysctl "$node" net.ipv4.conf.tunl0.rp_filter=1
		check_finds "$node" "tunl0*strict"
	done
	remember
	start client "exec ./client -c $VIP:$PORT -B 0 -E adopted -o put -r 2 \
		-s 100000"
	until_counted be1 TcpExtIPReversePathFilter 1
	node_sh be1 "sysctl -qw net.ipv4.conf.tunl0.rp_filter=2"
	node_run be1 "$TCPHANDOFF" check
	RESULT=$(node_wait "$JOB") || fail "client: $RESULT"
	# loose, without an address
	node_sh be2 "sysctl -qw net.ipv4.conf.tunl0.rp_filter=2"
	check_finds be2 "tunl0*no address"
	remember
	start client "exec ./client -c $VIP:$PORT -B 1 -E adopted -o put -r 2 \
		-s 100000"
	until_counted be2 TcpExtIPReversePathFilter 1
	node_sh be2 "sysctl -qw net.ipv4.conf.tunl0.rp_filter=0"
	node_run be2 "$TCPHANDOFF" check
	RESULT=$(node_wait "$JOB") || fail "client: $RESULT"
	set_sysctl be2 net.ipv4.conf.all.rp_filter=1
	check_finds be2 "tunl0*strict"
	set_sysctl be2 net.ipv4.conf.all.rp_filter=0
	change be2 "ip link set tunl0 down" "ip link set tunl0 up"
	check_finds be2 "no ipip device"
}

# check_finds NODE PATTERN
check_finds() {
	local said rc=0

	said=$(node_exec "$1" "$TCPHANDOFF" check) || rc=$?
	echo "$said"
	# shellcheck disable=SC2053
	[[ $rc == 3 && $said == *$2* ]] || fail "$2: not said: $rc"
}

run_tests through_tunnels first_flight narrow_to_back_end without_df \
	narrow_to_client header_fields time_to_live all_offloads \
	large_packets_stay_whole source_validation
