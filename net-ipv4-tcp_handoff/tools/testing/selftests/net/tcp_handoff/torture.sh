#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Torture mode: every connection between client and front end is handed on, at
# the front end in accept(), at both in place whenever they send or receive.
# Nobody notices.  No back end has a part in it.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# torture LEVEL [EVERY]: for the rest of a test
torture() {
	local node

	trap 'torture_off' EXIT
	for node in client fe; do
		node_sh "$node" "sysctl -qw net.ipv4.tcp_handoff_torture=$1 \
			net.ipv4.tcp_handoff_torture_every=${2:-1}" ||
			skip "no torture mode"
	done
}

torture_off() {
	node_sh client "sysctl -qw net.ipv4.tcp_handoff_torture=0"
	node_sh fe "sysctl -qw net.ipv4.tcp_handoff_torture=0"
}

# Every byte is compared.  Whatever is refused would be skipped.
all_bytes() {
	serve_on fe
	remember
	traffic -n 200 -j 20 -o echo -s 1-40000 "$@"
	traffic -n 20 -j 10 -o get -s 300000-600000 -r 3 "$@"
	traffic -n 20 -j 10 -o put -s 300000-600000 -r 3 -p "$@"
	traffic -n 20 -j 5 -F -o get -s 1-100000 "$@"
	no_retransmits
	counted fe.TcpOutRsts == 0 client.TcpOutRsts == 0 \
		fe.TcpPassiveOpens == 260
}

bytes_accept() {
	torture 1
	all_bytes -E returned
	counted fe.Captured == 260 fe.Returned == 260 fe.Torture == 260
}

bytes_in_place() {
	torture 2
	all_bytes
	counted fe.Torture ">" 1000 client.Torture ">" 1000 fe.Captured == 0
}

bytes_both() {
	torture 3
	all_bytes -E returned
	counted fe.Captured == 260 fe.Returned == 260 fe.Torture ">" 1000
}

# Not in step with what the program does
bytes_every_7th() {
	torture 3 7
	all_bytes -E returned
	counted fe.Torture ">" 300
}

# MiB in both directions, one after the other
iperf() {
	local how out

	command -v iperf3 > /dev/null || skip "no iperf3"
	torture 3 "$1"
	remember
	start fe "exec iperf3 -s -p 81"
	until_true fe "ss -Htln 'sport = :81' | grep -q ." || fail "no server"
	for how in '' -R; do
		out=$(node_sh client "iperf3 -J -c $VIP -p 81 $how -n ${2}M") ||
			fail "iperf3: $out"
		out=$(tr -d ' \n\t' <<< "$out")
		[[ $out =~ \"sum_sent\":\{[^\}]*\"bytes\":([0-9]+) ]] ||
			fail "iperf3: $out"
		((BASH_REMATCH[1] >= $2 << 20)) || fail "sent too little"
	done
	counted fe.Torture ">" 100 client.Torture ">" 100 fe.TcpOutRsts "<=" 4
}

iperf_every_call() { iperf 1 40; }
iperf_every_10th() { iperf 10 200; }

# nginx with keep-alive and sendfile, many files at once
web() {
	local file name

	command -v nginx > /dev/null || skip "no nginx"
	torture "$1"
	mkdir "$WORK/web" "$WORK/got"
	chmod 755 "$WORK" "$WORK/web"
	head -c 300 /dev/urandom > "$WORK/web/small"
	head -c 1000000 /dev/urandom > "$WORK/web/large"
	cat > "$WORK/nginx.conf" <<-END
		daemon off;
		user root;
		pid $WORK/nginx.pid;
		error_log stderr;
		events { }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			client_body_temp_path $WORK/body;
			proxy_temp_path $WORK/proxy;
			fastcgi_temp_path $WORK/fastcgi;
			uwsgi_temp_path $WORK/uwsgi;
			scgi_temp_path $WORK/scgi;
			server { listen $PORT; root $WORK/web; }
		}
	END
	remember
	start fe "exec nginx -c $WORK/nginx.conf -e stderr"
	until_true fe "ss -Htln 'sport = :$PORT' | grep -q ." ||
		fail "nginx does not listen"
	node_sh client "curl -sSfZ --parallel-max 20 \
		'http://$VIP/small?[1-200]' -o '$WORK/got/small#1' \
		'http://$VIP/large?[1-30]' -o '$WORK/got/large#1'" ||
		fail "curl: status $?"
	for file in "$WORK"/got/*; do
		name=${file##*/}
		cmp "$file" "$WORK/web/${name%%[0-9]*}" || fail "$name differs"
	done
	(($(find "$WORK/got" -type f | wc -l) == 230)) || fail "files missing"
	rm -r "$WORK/web" "$WORK/got"
	counted fe.Torture ">" 0
}

web_accept() { web 1; }
web_in_place() { web 2; }

# What a trace may differ in.  All of it is written down, with the reasons, in
# Documentation/networking/tcp_handoff.rst.
#   - windows that the receiver has let grow, after the first loss
#   - which segment has PSH, how data is cut where the window is what limits
#     it, and how often that is acknowledged: of "window closed" and of what
#     follows an outage only how far both came counts
#   - whether what was lost in an outage is sent again at once or one by one
#     when it is over: acknowledgments do not count there
comparable() {
	awk '
	/^#/ {
		if (coarse)
			print "< to", top["<"], "> to", top[">"]
		coarse = /window closed|behind the end/
		outage = /outage/
		if (/hole/)
			lossy = 1
		print
		next
	}
	{
		split($3, seq, ":")
		if (seq[2] > top[$1])
			top[$1] = seq[2]
	}
	coarse || (outage && seq[1] == seq[2]) { next }
	# How many fit into an outage depends on the round trip times before;
	# each must wait twice as long as the one before it.
	outage && /again/ {
		waited = gsub(/\+/, "")
		same = $1 $3 == last
		if (same && waited != before + 1)
			print "not doubled:", $0
		last = $1 $3
		before = waited
		if (same)
			next
	}
	{
		sub(/P/, "", $2)
		if (lossy)
			sub(/win [0-9]+/, "win")
		print
	}' "$1"
}

exchange() {
	"$HERE/exchange" "${NS[client]}" "$DEV" "${NS[fe]}" "$VIP" \
		> "$WORK/trace-$1" || fail "exchange: $(tail -n 3 "$WORK/trace-$1")"
	comparable "$WORK/trace-$1" > "$WORK/cmp-$1"
}

# The same packets.  Segments must be what TCP makes, not what offloads do.
plain_links() {
	local node

	[[ -z ${CLUSTER_LIB-} ]] || skip "needs both ends in one process"
	for node in client fe; do
		node_sh "$node" "
			ethtool -K $DEV tso off gso off gro off
			sysctl -qw net.ipv4.tcp_early_retrans=0 \
				net.ipv4.tcp_autocorking=0
			ip route replace 10.0.0.0/24 dev $DEV \
				src ${ADDR[$node]}" || fail "links"
	done
}

same_as_without() {
	torture "$1"
	exchange "$1"
	diff "$WORK/cmp-0" "$WORK/cmp-$1" > "$WORK/diff" || {
		cat "$WORK/diff"
		fail "level $1: another trace"
	}
}

same_trace() {
	local level

	plain_links
	torture 0
	exchange 0
	remember
	for level in 1 2 3; do
		(same_as_without "$level") || return
	done
	counted fe.Torture,client.Torture ">" 200
}

# Is the comparison one of the packets, and not of chance?
same_trace_twice() {
	plain_links
	torture 0
	exchange 0
	grep -q '^> \. 33611:35059 .* again' "$WORK/trace-0" ||
		fail "no outage in the trace"
	same_as_without 0
}

run_tests bytes_accept bytes_in_place bytes_both bytes_every_7th \
	iperf_every_call iperf_every_10th web_accept web_in_place \
	same_trace_twice same_trace
