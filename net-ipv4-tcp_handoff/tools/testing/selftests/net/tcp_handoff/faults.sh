#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Faults under load.  Whatever breaks, a connection survives on a back end or at
# home; if the host that owns it died, its client hears so, and soon; and no byte
# is wrong.  Each test adds a row to the matrix that the last one prints.
# HANDOFF_FULL: each load is longer.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

CHANNEL=968
LONG=${HANDOFF_FULL:+5}
LONG=${LONG:-1}		# so many times as long

# set by cluster_start
JOB_be1=''

##############################################################################
# Load, and what becomes of it

# load [OPTIONS]: a steady one, in the background, until the test is over; bytes
# are compared, and broken connections counted
load() {
	start client "exec ./client -c $VIP:$PORT -n 1000000 -j 20 -B 0 -K \
		-o echo -s 1-30000 -t ${HANDOFF_PATIENCE:-30} $*"
	LOAD=$JOB
	until_counted fe Captured 20
}

# stop_load WHAT NODE.COUNTER...: those that are under way are finished; a row
# of the matrix, with the counters that say why
stop_load() {
	node_kill "$LOAD" USR2
	load_ends "$@"
	want conns ">" "${LEAST:-50}"
}

load_ends() {
	RESULT=$(node_wait "$LOAD") || true
	echo "client: $RESULT"
	row "$@"
}

# row WHAT NODE.COUNTER...: of $RESULT; and what holds whatever breaks.  One that
# the client left itself is where its back end had it.
row() {
	local what=$1 key why='' there home told hung gone
	shift

	CURRENT=false
	counters_into AFTER
	for key; do
		why+="${why:+ }${key#fe.}=$(since "$key")"
	done
	gone=$(field left "$RESULT")
	there=$(($(field adopted "$RESULT") + gone))
	home=$(($(field returned "$RESULT") + $(field none "$RESULT")))
	TRIED=$(($(field conns "$RESULT") + $(field stuck "$RESULT")))
	hung=$(($(field stuck "$RESULT") + $(field failed "$RESULT") -
		$(field reset "$RESULT") - $(field eof "$RESULT")))
	# but for those who had their answer, and were about to leave
	told=$((TRIED - there - home - hung))
	printf '%s\t' "$what" "$TRIED" "$there" "$home" "$told" "$hung" \
		"$(field bad "$RESULT")" "$(field known_max "$RESULT")" \
		>> "$WORK/matrix"
	echo "$why" >> "$WORK/matrix"
	want bad == 0
	((hung == 0)) || fail "$hung clients were told nothing"
	((told >= 0)) || fail "of $TRIED $((there + home)) were answered"
}

# Nobody has lost anything.
all_survive() { want failed == 0; }

# Those that were lost, and no others, were reset by the front end, which may
# also have reset who had his answer and was about to leave.
reset_by_front_end() {
	want failed ">" 0
	want failed "<=" "$(since fe.Reset)"
	known_within "$1"
}

# known_within SECONDS: who was told was told so soon
known_within() {
	local value

	value=$(field known_max "$RESULT")
	((${value%.*} < $1)) || fail "known after $value s, wanted $1"
}

matrix() {
	local row tab=$'\t' what tried there home told hung wrong secs why

	[[ -s $WORK/matrix ]] || skip "no figures"
	row='fault tried there home told hung wrong seconds counters'
	while IFS=$tab read -r what tried there home told hung wrong secs why; do
		[[ $told != 0 ]] || secs=-
		printf '%-37s %6s %6s %6s %5s %5s %5s %7s  %s\n' "$what" \
			"$tried" "$there" "$home" "$told" "$hung" "$wrong" \
			"$secs" "$why"
	done < <(echo "${row// /$tab}"; cat "$WORK/matrix")
	echo "there: answered by a back end; home: by the front end;" \
		"told: reset or closed;"
	echo "hung: neither; wrong: bytes; seconds: the longest until one was" \
		"told; counters: of the"
	echo "front end, if no other host is named"
}

##############################################################################
# The channel

# cut [in|out]: what comes from be1, what goes there, or both ways, without a
# sign of it
cut() {
	local way=${1:-in out} rules=''

	[[ $way != *in* ]] || rules+="
		add rule ip faults in ip saddr ${ADDR[be1]} tcp sport $CHANNEL drop"
	[[ $way != *out* ]] || rules+="
		add rule ip faults out ip daddr ${ADDR[be1]} tcp dport $CHANNEL drop"
	node_sh fe "nft 'add table ip faults
		add chain ip faults in { type filter hook input priority 0; }
		add chain ip faults out { type filter hook output priority 0; }
		$rules'" || fail "cut"
}

mend() { node_sh fe "nft delete table ip faults" 2> /dev/null; }

# times DEADLINE HEARTBEAT, of front end and be1
times() {
	local node

	for node in fe be1; do
		node_run "$node" "$TCPHANDOFF" config set deadline-ms "$1" \
			heartbeat-ms "$2"
	done
}

# cut_for WHAT SECONDS [OPTIONS]
cut_for() {
	cluster_start
	remember
	trap mend EXIT
	load "${@:3}"
	until_counted fe AdoptedThere 20
	cut
	sleep "$2"
	mend
	until_more be1 Adopted $((50 * LONG))
	stop_load "$1" fe.InDoubt fe.HoldDrops fe.Forget fe.Reset
}

cut_100_ms() { cut_for "channel cut for 0.1 s" 0.1; all_survive; }
cut_1_s()    { cut_for "channel cut for 1 s" 1; all_survive; }

# The session is dead after four heartbeats; what had been sent is asked after.
cut_6_s() {
	cut_for "channel cut for 6 s" 6
	all_survive
	counted fe.ChannelDown == 1 fe.InDoubt ">" 0 fe.Reset == 0
}

# Uploads go on for longer than there is room to hold them.
cut_beyond_held_packets() {
	node_run fe "$TCPHANDOFF" config set hold-bytes 20000
	(cut_for "... beyond the held packets" 3 -w head -o put -s 100000-200000
	 all_survive
	 counted fe.HoldDrops ">" 0)
	local rc=$?
	node_run fe "$TCPHANDOFF" config set hold-bytes 4194304
	return "$rc"
}

# What cannot be decided is given up; the client knows, and the back end is
# told when it can be.
cut_beyond_deadline() {
	times 1500 100
	(cut_for "... beyond the deadline" 5
	 counted fe.Reset ">" 0 fe.Forget ">" 0
	 reset_by_front_end 10)
	local rc=$?
	times 60000 1000
	return "$rc"
}

# Only what the channel carries is late, by up to half the silence that ends it;
# with a rate, netem keeps the order.
messages_late() {
	cluster_start
	remember
	node_sh fe "tc qdisc add dev $DEV root handle 1: prio &&
		tc qdisc add dev $DEV parent 1:3 netem limit 10000 \
			delay 1000ms 1000ms rate 1gbit &&
		tc filter add dev $DEV parent 1: protocol ip u32 \
			match ip dport $CHANNEL 0xffff flowid 1:3" ||
		skip "no netem"
	trap 'node_sh fe "tc qdisc del dev $DEV root"' EXIT
	load
	sleep $((5 * LONG))
	# each takes some seconds
	LEAST=15 stop_load "messages late by 0 to 2 s" fe.Held fe.Reset
	all_survive
	counted fe.Reset == 0 fe.AdoptedThere ">" 0
}

##############################################################################
# The kernel of a back end

# A kernel each, or nobody can die
needs_kernels() { [[ -n ${CLUSTER_LIB-} ]] || skip "needs kernels"; }

# another_be1: with all that the next test, or the rest of this one, needs
another_be1() {
	mend
	node_dead be1 || node_crash be1
	if ! node_boot be1 || ! be_up be1; then
		fail "be1 does not come back"
	fi
	remember_boot be1
}

# ahead NAME NAME: until more of the first were counted than of the second since
# "remember", on all hosts
ahead() {
	local -A NOW
	local i node more

	for i in {1..100}; do
		counters_into NOW
		more=0
		for node in fe be1 be2; do
			((more += NOW[$node.$1] - BEFORE[$node.$1]))
			((more -= NOW[$node.$2] - BEFORE[$node.$2]))
		done
		((more < 3)) || return 0
		nap
	done
	fail "$1 is not ahead of $2"
}

# dies [CUT AHEAD BEHIND]: be1 does, when there are handoffs in a certain stage;
# small ones, or a few would fill the channel's socket
dies() {
	needs_kernels
	cluster_start
	remember
	load -j 40 -s 1-1000
	until_counted fe AdoptedThere 20
	if [[ -n ${1-} ]]; then
		cut "$1"
		ahead "$2" "$3"
	fi
	node_crash be1
}

# stays_away WHAT DIES...: and does not come back.  The session is dead before
# the deadline: there is time for doubt.
stays_away() {
	needs_kernels
	times 7000 1000
	trap 'another_be1; times 60000 1000; channels_are_up' EXIT
	dies "${@:2}"
	until_counted fe Reset 1
	# served elsewhere, and meanwhile all have been told
	until_more fe RefusedPeerDown $((100 * LONG))
	stop_load "$1" fe.InDoubt fe.Forget fe.Reset fe.RefusedPeerDown
	reset_by_front_end 20
}

killed_before_arrival() {
	stays_away "back end killed before a handoff" out Sent Received
	counted fe.InDoubt ">" 2
}

killed_after_arrival() {
	stays_away "... after it" in Adopted AdoptedThere
	counted fe.InDoubt ">" 2
}

killed_after_adopted() { stays_away "... after ADOPTED"; }

# Who asks after the handoff meets another boot, which knows of nothing.
rebooted_in_doubt() {
	needs_kernels
	trap mend EXIT
	dies in Adopted AdoptedThere
	another_be1
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -t be1"
	until_counted be1 Adopted $((100 * LONG))
	stop_load "back end rebooted, in doubt" fe.InDoubt fe.Forget fe.Reset
	# long before any deadline
	reset_by_front_end 20
	counted fe.InDoubt ">" 2 fe.Forget == 0
}

##############################################################################
# Memory

# What TCP takes where it may not sleep, but for packets: devices have their own
# trouble with that, and TCP itself never sends a FIN that it had no memory for.
CACHES="TCP request_sock_TCP tw_sock_TCP"

# memory_fails NODE WHO PERCENT SECONDS: allocations do: those above, for packets
# and timers (WHO is "packets"), or all of the workers.  One job, since the node may
# have no memory for another.
memory_fails() {
	local workers=N packets=Y

	[[ $2 == packets ]] || { workers=Y packets=N; }
	node_sh "$1" "
		exec 9<> <(:)
		cd /sys/kernel/debug/failslab || exit
		# new ones inherit it from the second process
		for p in /proc/[0-9]*; do
			read -r name 2> /dev/null < \$p/comm || continue
			[[ \$name == kworker/* || \$p == /proc/2 ]] &&
				echo 1 > \$p/make-it-fail
		done
		for c in $CACHES; do
			[[ ! -e /sys/kernel/slab/\$c ]] ||
				echo 1 > /sys/kernel/slab/\$c/failslab
		done 2> /dev/null
		echo $packets > cache-filter
		for d in . ../fail_page_alloc; do
			echo $workers > \$d/task-filter
			echo $packets > \$d/ignore-gfp-wait
			echo 0 > \$d/verbose
			echo -1 > \$d/times
		done
		echo 0 > ../fail_page_alloc/min-order
		[[ $workers == N ]] || echo $3 > ../fail_page_alloc/probability
		echo $3 > probability
		read -t $4 -u 9
		echo 0 > probability
		echo 0 > ../fail_page_alloc/probability" || skip "no fault injection"
}

# short_of_memory NODE WHO PERCENT
short_of_memory() {
	remember
	load
	memory_fails "$1" "$2" "$3" $((3 * LONG))
	LEAST=20 stop_load "$1 short of memory: $2, $3 %" fe.RefusedMemory \
		"be1.RefusedMemory" fe.HomeRetries fe.InDoubt fe.Reset
	all_survive
	no_flows fe 20
	counted fe.Reset == 0
}

# Every allocation of setsockopt() in turn
memory_at_capture() {
	cluster_start -f
	remember
	node_sh fe "cd /sys/kernel/debug/failslab && echo N > cache-filter &&
		for d in . ../fail_page_alloc; do
			echo N > \$d/ignore-gfp-wait
			echo 0 > \$d/verbose
		done
		echo 0 > ../fail_page_alloc/min-order" || skip "no fault injection"
	start client "exec ./client -c $VIP:$PORT -n $((300 * LONG)) -j 10 \
		-B 0 -K -o echo -w body -a 1-20000 -s 20000-30000 -t 30"
	LOAD=$JOB
	load_ends "fe short of memory at capture" fe.RefusedMemory \
		fe.HomeRetries fe.Reset
	all_survive
	dispatch_end
	RESULT=$DISPATCHED
	want sweeps ">" 1
	want most ">" 5
	want enomem ">" 5
	counted fe.RefusedMemory ">=" "$(field enomem "$DISPATCHED")"
}

# What its workers need memory for is above all to take connections home.
memory_of_front_end() {
	cluster_start -1
	node_kill "$JOB_be1" USR1
	short_of_memory fe workers 4
	counted fe.HomeRetries ">" 0
}

memory_of_front_end_packets() {
	cluster_start
	short_of_memory fe packets 20
	counted fe.RefusedMemory ">" 0
}

memory_of_back_end() {
	cluster_start
	short_of_memory be1 workers 5
	counted be1.RefusedMemory ">" 0
}

memory_of_back_end_packets() {
	cluster_start
	short_of_memory be1 packets 20
	counted be1.RefusedMemory ">" 0
}

##############################################################################
# The server on a back end

# The server dies and comes back: what it had open dies with it, what comes
# meanwhile is answered at home.
server_restarts() {
	cluster_start
	remember
	load
	until_counted fe AdoptedThere 20
	node_kill "$JOB_be1" KILL
	until_counted fe Returned $((50 * LONG))
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -t be1"
	until_more be1 Adopted $((50 * LONG))
	stop_load "server killed and restarted" fe.Returned fe.Closed fe.Reset
	counted fe.Reset == 0
	want failed "<=" 20	# what it had open
}

# It listens no more, but goes on with what it has.
listener_gone() {
	cluster_start
	remember
	load
	until_counted fe AdoptedThere 20
	node_kill "$JOB_be1" USR1
	until_counted be1 RefusedNoListener $((50 * LONG))
	stop_load "listener gone" be1.RefusedNoListener fe.Returned fe.Reset
	# what came between the last accept() and close()
	want failed "<=" 1
	counted fe.Reset == 0
}

# The server takes nothing for a while.
queue_full() {
	local server

	cluster_start
	end "$JOB_be1"
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -t be1 -b 8 -n"
	server=$JOB
	remember
	load -j 40
	until_counted be1 RefusedQueueFull $((20 * LONG))
	until_more fe Returned $((20 * LONG))
	node_kill "$server" USR1
	until_more be1 Adopted $((20 * LONG))
	stop_load "accept queue full" be1.RefusedQueueFull fe.Returned fe.Reset
	all_survive
	counted fe.Reset == 0
}

# Ports of clients come again while the back end has them in TIME_WAIT.
time_wait_there() {
	node_sh client "sysctl -qw net.ipv4.ip_local_port_range='20000 20399'"
	trap 'node_sh client "sysctl -qw net.ipv4.ip_local_port_range=\"10000 65000\""' EXIT
	cluster_start
	remember
	load -C
	until_counted be1 StaleTimeWait $((100 * LONG))
	stop_load "TIME_WAIT on the back end" be1.StaleTimeWait fe.TimeWait \
		fe.Reset
	all_survive
	counted fe.Reset == 0 fe.RefusedThere == 0
}

nginx_on() {
	local dir=$WORK/nginx-$1

	mkdir -p "$dir"
	cat > "$dir/conf" <<-END
		user root;
		worker_processes 2;
		pid $dir/pid;
		error_log $dir/log notice;
		events { worker_connections 1024; }
		http {
			access_log off;
			types { }
			server { listen $PORT; root $WORK/www; }
		}
	END
	start "$1" "exec nginx -c $dir/conf -e $dir/log -g 'daemon off;'"
	until_true "$1" "ss -Hltn sport = :$PORT | grep -q ." ||
		fail "nginx: $(node_wait "$JOB" 2>&1)"
}

# Files by curl, again and again, half of them over connections that are kept;
# "OK FAILED WRONG CONNECTIONS" at its end
fetch_files() {
	local i

	mkdir -p "$WORK/www" "$WORK/got"
	for i in {1..40}; do
		head -c $((i * i * 100)) /dev/urandom > "$WORK/www/$i"
		printf 'url = "http://%s/%d"\noutput = "%d"\n' "$VIP" "$i" "$i"
	done > "$WORK/urls"
	start client "
		cd $WORK/got
		ok=0 failed=0 wrong=0 conns=0
		until [[ -e $WORK/enough ]]; do
			for how in '-Z --parallel-max 20 -H Connection:close' ''; do
				rm -f *
				curl -sS --no-progress-meter --fail \$how -K ../urls \
					-w '%{exitcode} %{num_connects}\n' > ../codes
				while read -r rc new; do
					((rc == 0 ? ok++ : failed++, conns += new))
				done < ../codes
				for f in *; do
					cmp -s \$f ../www/\$f || ((wrong++))
				done
			done
		done
		echo \"ok=\$ok failed=\$failed wrong=\$wrong connects=\$conns\""
	LOAD=$JOB
}

nginx_reloads() {
	local sample=${HANDOFF_SAMPLE:-$(command -v url_dispatch)} dir i got

	if [[ ! -x $sample ]] || ! type nginx curl > /dev/null 2>&1; then
		skip "no nginx, curl or url_dispatch"
	fi
	dir=$WORK/nginx-be1
	nginx_on be1
	start fe "exec $sample -l $VIP:$PORT /=${ADDR[be1]}"
	until_true fe "ss -Hltn sport = :$PORT | grep -q ." || fail "sample"
	remember
	fetch_files
	until_counted fe AdoptedThere 20
	for ((i = 1; i <= 5 * LONG; i++)); do
		node_run be1 nginx -c "$dir/conf" -e "$dir/log" -s reload
		# both of the old ones
		until_true be1 "((\$(grep -c 'gracefully shutting down' \
			$dir/log) == 2 * $i))" ||
			fail "no reload: $(tail "$dir/log")"
		until_more be1 Adopted 20
	done
	: > "$WORK/enough"
	got=$(node_wait "$LOAD")
	echo "curl: $got"
	CURRENT=false
	counters_into AFTER
	# One that was closed while it was kept is no loss, curl asks again.
	RESULT="conns=$(field connects "$got") adopted=$(since be1.Adopted)"
	RESULT+=" failed=$(field failed "$got") bad=$(field wrong "$got")"
	RESULT+=" returned=$(since fe.Returned) none=0 stuck=0 left=0"
	RESULT+=" reset=$(field failed "$got") eof=0 known_max=0.00"
	row "nginx reloaded $((i - 1)) times" fe.Returned fe.RefusedThere fe.Reset
	all_survive
	counted fe.Returned == 0 fe.RefusedThere == 0 fe.Reset == 0
}

##############################################################################
# Clients whose connection is on hold

# A session that is not given up while its channel is cut: it keeps the heartbeat
# that it began with.
patient_session() {
	times 60000 10000
	node_run fe "$TCPHANDOFF" peer del "${ADDR[be1]}"
	node_sh fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH" ||
		fail "not added"
	channels_are_up
}

# on_hold NUMBER OPTIONS: so many, since nothing reaches be1
on_hold() {
	ON_HOLD=$1
	cluster_start
	patient_session
	remember
	trap 'mend; node_sh client "$CLIENT_ROUTE"; times 60000 1000' EXIT
	cut out
	# ordinary times: clients do something about it
	node_sh client "ip route replace 10.0.0.0/24 dev $DEV \
		src ${ADDR[client]}"
	start client "exec ./client -c $VIP:$PORT -n $1 -j $1 -B 0 -K -t 20 \
		${*:2}"
	LOAD=$JOB
	until_counted fe Captured "$1"
}

# held NUMBER: of packets, by all of them
held() {
	until_counted fe Held "$1"
	CURRENT=false
	counted fe.AdoptedThere == 0
}

# arrive WHAT [NODE.COUNTER...]: be1 is reached after all
arrive() {
	mend
	until_counted fe AdoptedThere "$ON_HOLD"
	load_ends "client $1 on hold" fe.Held "${@:2}" fe.Reset
	all_survive
	counted be1.Adopted == "$ON_HOLD" fe.Reset == 0
	no_flows fe 20
}

client_resets() {
	on_hold 20 -o get -s 100000 -X reset
	node_kill "$LOAD" USR1
	held 20
	arrive resets fe.Closed be1.TcpEstabResets
	want left == 20
	counted fe.Closed == 20 fe.TimeWait == 0 be1.TcpEstabResets == 20
}

client_closes() {
	on_hold 20 -o get -s 100000 -X close
	node_kill "$LOAD" USR1
	held 20
	arrive closes fe.Closed fe.TimeWait
	want left == 20
	counted fe.Closed == 20
}

client_half_closes() {
	on_hold 20 -o get -s 100000 -X half
	node_kill "$LOAD" USR1
	held 20
	arrive half-closes fe.Closed
	want adopted == 20
}

# One of them sends its request again, all of them what was behind it and has not
# been acknowledged: at least the FIN.
client_retransmits() {
	local hex job

	start fe "exec ./segment -c $DEV $PORT"
	job=$JOB
	await "$job" ready || fail "segment"
	on_hold 20 -o put -s 20000-40000 -X half
	node_kill "$LOAD" USR1
	hex=$(node_wait "$job") || fail "no segment"
	node_sh client "cd $HERE; for i in 1 2 3; do
			./segment -s same ${hex#ready?} || exit
		done" || fail "not sent"
	until_counted client TcpRetransSegs 20
	arrive retransmits client.TcpRetransSegs
	want adopted == 20
	want retrans ">=" 20
}

# The server at home reads nothing, so the client may send no more.
client_probes() {
	node_sh fe "sysctl -qw net.ipv4.tcp_rmem='4096 20000 20000'"
	(on_hold 20 -o put -w full -s 200000-300000
	 until_counted client TcpExtTCPWinProbe 20
	 held 20
	 arrive "probes a closed window" client.TcpExtTCPWinProbe
	 want adopted == 20)
	local rc=$?
	node_sh fe "sysctl -qw net.ipv4.tcp_rmem='4096 131072 6291456'"
	return "$rc"
}

client_keeps_alive() {
	on_hold 20 -o get -s 100000 -i
	until_counted client TcpExtTCPKeepAlive 30
	held 20
	arrive "sends keepalives" client.TcpExtTCPKeepAlive
	want adopted == 20
}

run_tests cut_100_ms cut_1_s cut_6_s cut_beyond_held_packets \
	cut_beyond_deadline messages_late \
	killed_before_arrival killed_after_arrival killed_after_adopted \
	rebooted_in_doubt \
	memory_at_capture memory_of_front_end memory_of_front_end_packets \
	memory_of_back_end memory_of_back_end_packets \
	server_restarts listener_gone queue_full time_wait_there nginx_reloads \
	client_resets client_closes client_half_closes client_retransmits \
	client_probes client_keeps_alive matrix
