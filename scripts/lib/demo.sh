# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# scripts/handoff demo: four kernels on one host; curl on the client, Debian's
# nginx on two back ends, url_dispatch on the front end that hands each
# connection to the back end its first URL asks for.
#
# The last line is "demo: N requests, N ok, N failed, N retransmits", and the
# exit status is 0 only if all of them are ok and nothing was sent twice.

DEMO_OBJECTS=(300B:300 10KB:10240 1MB:1048576 100MB:104857600)

demo_main() {
	(($# == 0)) || die "usage: scripts/handoff demo"
	load build cluster tools
	need_packages build run
	need_kernel um
	need_tools
	cluster_run bash "$LIB/demo.sh"
}

# Inside the cluster from here on.  Channels are signed with a key of today.

SECRET=$(od -An -N 32 -tx1 /dev/urandom | tr -d ' \n')
DEMO_KEY="key 1 secret-file <(echo $SECRET)"

row() {
	printf '%-34s %-8s %10s %12s %-8s %11s\n' "$@"
}

# A configuration as for any server: nothing in it knows of handoff.
nginx_start() {
	local be=$1 dir=$2

	node_sh "$be" "
		set -e
		mkdir -p /run/www/$dir
		cd /run/www/$dir
		for object in ${DEMO_OBJECTS[*]}; do
			head -c \${object#*:} /dev/urandom > \${object%:*}
		done
		sha256sum * > /run/sums
		cat > /run/nginx.conf <<-'END'
			worker_processes 2;
			pid /run/nginx.pid;
			error_log /run/nginx.log;
			events { worker_connections 1024; }
			http {
				access_log off;
				sendfile on;
				tcp_nopush on;
				types { }
				server {
					listen 80;
					root /run/www;
					add_header X-Back-End $be;
				}
			}
		END
		tcphandoff vip add $CLUSTER_VIP dev lo noarp
		tcphandoff peer add $CLUSTER_ADDR_fe front-end $DEMO_KEY
		nginx -c /run/nginx.conf -e /run/nginx.log
		cat /run/sums"
}

front_end_start() {
	node_sh fe "
		set -e
		ip addr add $CLUSTER_VIP/32 dev vec0
		tcphandoff peer add $CLUSTER_ADDR_be1 back-end $DEMO_KEY
		tcphandoff peer add $CLUSTER_ADDR_be2 back-end $DEMO_KEY
		until [ \$(tcphandoff -j peer show | tr , '\\n' |
			   grep -c '\"out\":\"up\"') -eq 2 ]; do
			sleep 0.02
		done" || return
	node_spawn fe "exec tcphandoff -j monitor"
	MONITOR=$JOB
	node_spawn fe "exec url_dispatch -l $CLUSTER_VIP:80 \
		/a/=$CLUSTER_ADDR_be1 /b/=$CLUSTER_ADDR_be2"
	node_sh fe "until ss -Hltn sport = :80 | grep -q LISTEN; do
			sleep 0.02
		done"
}

# On a busy machine an acknowledgement may be late without any being lost.
client_start() {
	node_sh client "
		sysctl -qw net.ipv4.tcp_early_retrans=0
		ip route replace 10.0.0.0/24 dev vec0 src $CLUSTER_ADDR_client \
			rto_min 2s
		mkdir -p /run/got"
}

counter() {
	node_sh "$1" "awk '/^Tcp:/ { if (col) print \$col
		for (i in f) ; for (i = 1; !col && i <= NF; i++)
			if (\$i == \"$2\") col = i }' /proc/net/snmp"
}

tx_bytes() { node_exec "$1" cat /sys/class/net/vec0/statistics/tx_bytes; }

# handoff_times PORT...: from capture to the back end's answer, of these
# connections; the monitor may be a little behind.
handoff_times() {
	local port times=() us _
	local -A seen

	for _ in {1..50}; do
		seen=() times=()
		while read -r port us; do
			seen[$port]=$us
		done < <(node_out "$MONITOR" | grep '"event":"adopted"' |
			sed -nE 's/.*"client_port":([0-9]+),.*"handoff_us":([0-9]+).*/\1 \2/p')
		for port; do
			[[ -n ${seen[$port]-} ]] && times+=("${seen[$port]}")
		done
		((${#times[@]} == $#)) && break
		sleep 0.1
	done
	echo "${times[@]}"
}

# fetch URL...: one curl; a line of results for each URL ("-w"), and behind them
# the checksums of what came
fetch() {
	local what='got %{url} %header{x-back-end} %{size_download} '

	what+='%{local_port} %{num_connects} %{http_code} %{filename_effective}\n'
	node_sh client "
		cd /run/got && rm -rf *
		$(curl_config "$@")
		curl -sS --no-progress-meter -w '$what' $FETCH_OPTIONS \
			-K /run/urls
		sha256sum *"
}

curl_config() {
	local url i=0

	echo "cat > /run/urls <<-'END'"
	for url; do
		printf 'url = "%s"\noutput = "%d"\n' "$url" "$((++i))"
	done
	echo "END"
}

# What fetch printed; adds to the totals, sets $BACK_END $BYTES $SUM $PORTS
judge() {
	local word url be bytes port new code file path
	local -A sums

	BACK_END='' BYTES=0 SUM=ok PORTS=()
	while read -r word file; do
		[[ $word == got ]] || sums[$file]=$word
	done <<< "$1"
	while read -r word url be bytes port new code file; do
		[[ $word == got ]] || continue
		((REQUESTS++))
		path=${url#http://*/}
		((BYTES += bytes))
		[[ $BACK_END == *"$be"* ]] || BACK_END+=${BACK_END:+,}$be
		((new)) && PORTS+=("$port")
		if [[ $code == 200 && $be == "${OWNER[${path%%/*}]}" &&
		      ${sums[$file]-none} == "${SUMS[$path]}" ]]; then
			((OK++))
		else
			SUM=WRONG
			echo "$url: status $code, $bytes bytes from '$be'" >&2
		fi
	done <<< "$1"
}

# show NAME URL...
show() {
	local name=$1 before times

	shift
	before=$(counter client RetransSegs)
	judge "$(fetch "$@")"
	EXPECTED=$((EXPECTED + $#))
	read -r -a times <<< "$(handoff_times "${PORTS[@]}")"
	((PAYLOAD += BYTES))
	((HANDOFFS += ${#times[@]}, CONNECTS += ${#PORTS[@]}))
	row "$name" "$BACK_END" "$(median "${times[@]}")" "$BYTES" "$SUM" \
		$(($(counter client RetransSegs) - before))
}

median() {
	(($#)) || { echo "none"; return; }
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

demo_inside() {
	local base=http://$CLUSTER_VIP object dir i urls=() tx retrans
	declare -gA SUMS=() OWNER=([a]=be1 [b]=be2)
	REQUESTS=0 OK=0 EXPECTED=0 PAYLOAD=0 HANDOFFS=0 CONNECTS=0

	SUMS_A=$(nginx_start be1 a) || return
	SUMS_B=$(nginx_start be2 b) || return
	while read -r sum object; do SUMS[a/$object]=$sum; done <<< "$SUMS_A"
	while read -r sum object; do SUMS[b/$object]=$sum; done <<< "$SUMS_B"
	front_end_start || return
	client_start || return

	echo "client $CLUSTER_ADDR_client, front end $CLUSTER_ADDR_fe with VIP" \
		"$CLUSTER_VIP, back ends $CLUSTER_ADDR_be1 $CLUSTER_ADDR_be2"
	echo "each a kernel of its own; on a line with several connections the" \
		"handoff time is the median"
	row URL "back end" "handoff us" bytes checksum retransmits
	retrans=$(counter client RetransSegs)
	tx=$(tx_bytes fe)
	FETCH_OPTIONS=
	for dir in a b; do
		for object in "${DEMO_OBJECTS[@]}"; do
			show "$base/$dir/${object%:*}" "$base/$dir/${object%:*}"
		done
	done
	for dir in a b; do
		urls=()
		for i in {1..10}; do
			urls+=("$base/$dir/300B" "$base/$dir/10KB")
		done
		show "20 requests, 1 connection, /$dir/" "${urls[@]}"
	done
	urls=()
	for i in {1..50}; do
		urls+=("$base/a/300B" "$base/b/300B" "$base/a/10KB"
		       "$base/b/10KB")
	done
	FETCH_OPTIONS="-Z --parallel-max 200 --parallel-immediate"
	FETCH_OPTIONS+=" -H Connection:close"
	show "200 connections at once" "${urls[@]}"
	tx=$(($(tx_bytes fe) - tx))
	retrans=$(($(counter client RetransSegs) - retrans))

	echo
	printf '%d connections, %d handoffs; ' "$CONNECTS" "$HANDOFFS"
	printf 'the front end sent %d bytes, the responses had %d: %d.%02d %%\n' \
		"$tx" "$PAYLOAD" $((100 * tx / (PAYLOAD + 1))) \
		$((10000 * tx / (PAYLOAD + 1) % 100))
	printf 'demo: %d requests, %d ok, %d failed, %d retransmits\n' \
		"$EXPECTED" "$OK" $((EXPECTED - OK)) "$retrans"
	((OK == EXPECTED && retrans == 0 && HANDOFFS == CONNECTS &&
	  tx < PAYLOAD / 10))
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -uo pipefail
	# shellcheck source=node.sh
	. "$CLUSTER_LIB"
	demo_inside
fi
