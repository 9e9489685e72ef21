# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the handoff selftests share.  They run in one of two worlds, and do not
# notice which:
#
#   netns    as root; client, fe, be1 and be2 are network namespaces of one
#            kernel, the bridge lies in a fifth
#   cluster  under "scripts/handoff cluster"; they are hosts with a kernel each
#
#     client 10.0.0.1      fe 10.0.0.2         be1 10.0.0.3     be2 10.0.0.4
#       |                  |  VIP 10.0.0.100     |  VIP on lo     |  VIP on lo
#       |                  |                     |  (noarp)       |  (noarp)
#   ----+------------------+---------------------+----------------+----------
#                             bridge
#
# A test script defines functions and calls "run_tests FUNCTION...".  Each
# runs in a subshell with its output as diagnostics, may end with "fail WHY"
# or "skip WHY", and is followed by two general checks: the programs it left
# are ended, and no kernel has complained.
#
# A test that claims something about connections that moved must look at the
# counters: see "counted".

HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=/dev/null
. "$HERE/../../kselftest/ktap_helpers.sh"

VIP=10.0.0.100
PORT=80
HOSTS="client fe be1 be2"
TCPHANDOFF=${HANDOFF_TOOL:-$(command -v tcphandoff ||
	echo "$HERE/../../../../net/tcphandoff/tcphandoff")}
declare -A BEFORE=() AFTER=()	# see "remember"
declare -A ADDR=([client]=10.0.0.1 [fe]=10.0.0.2 [be1]=10.0.0.3 [be2]=10.0.0.4)

# What else was counted helps to understand it.
fail() {
	local COUNTERS_ARGS=()

	echo "FAIL: $*"
	((${#BEFORE[@]} == 0)) || changes
	exit 1
}

skip() { echo "SKIP: $*"; exit 4; }

##############################################################################
# Waiting without starting a process for it

exec {NAP}<> <(:)
nap() { read -r -t 0.02 -u "$NAP" || true; }

# await_file FILE SECONDS: until it is there and not empty
await_file() {
	local end=$((SECONDS + $2))

	until [[ -s $1 ]]; do
		((SECONDS < end)) || return
		nap
	done
}

# await JOB WORD [SECONDS]: until it has printed a line that begins so
await() {
	local file=$JOBS_DIR/$1 end=$((SECONDS + ${3:-20})) line

	while ((SECONDS < end)); do
		[[ -e $file.out ]] && while read -r line; do
			[[ $line != "$2"* ]] || return 0
		done < "$file.out"
		[[ ! -e $file.status ]] || return
		nap
	done
	return 1
}

##############################################################################
# Nodes: node_sh, node_exec, node_spawn, node_wait, node_kill; JOBS_DIR

if [[ -n ${CLUSTER_LIB-} ]]; then
	# shellcheck source=/dev/null
	. "$CLUSTER_LIB"
	DEV=vec0
	topology_up() { JOBS_DIR=${CLUSTER_DIR:?}/jobs; }
	pin_client() { :; }
	topology_down() { :; }
	node_sysfs() { node_sh "$@"; }
	COUNTERS_ARGS=()
	counters_of() {
		local node

		for node; do
			node_exec "$node" "$HERE/counters" -d "$DEV" \
				"${COUNTERS_ARGS[@]}" "$node"
		done
	}
else
	# shellcheck source=netns_lib.sh
	. "$HERE/netns_lib.sh"
	DEV=eth0
fi

# node_run NODE CMD...: its output; the test fails if CMD does
node_run() {
	node_exec "$@" || fail "$1: '${*:2}': status $?"
}

# Programs started in the background are remembered, so that a test may fail
# at any point.
start() {
	node_spawn "$1" "cd $HERE; $2"
	echo "$JOB" >> "$WORK/jobs"
}

end() {
	node_kill "$1" "${2:-TERM}"
	node_wait "$1"
}

# What they print at their end helps to understand a failure.
end_all() {
	local job jobs=()

	[[ -e $WORK/jobs ]] || return
	while read -r job; do
		node_ended "$job" && continue
		jobs+=("$job")
		node_kill "$job" TERM > /dev/null 2>&1
	done < "$WORK/jobs"
	for job in "${jobs[@]}"; do
		await_file "$JOBS_DIR/$job.status" 5 ||
			node_kill "$job" KILL > /dev/null 2>&1
		echo "left running: $job: $(node_wait "$job" 2>&1)"
	done
	rm -f "$WORK/jobs"
}

# until_true NODE SCRIPT [SECONDS]: poll it on the node
until_true() {
	node_sh "$1" "
		end=\$((SECONDS + ${3:-10}))
		until { $2; } > /dev/null 2>&1; do
			((SECONDS < end)) || exit 1
			sleep 0.02
		done"
}

# start_ready NODE SCRIPT: and wait until it listens
start_ready() {
	start "$@"
	await "$JOB" ready || fail "$1: $(node_wait "$JOB" 2>&1)"
}

##############################################################################
# Topology

# Channels between kernels are signed; those between namespaces are not, so
# that both is tested.  A script may say what it is about.
HANDOFF_AUTH=${HANDOFF_AUTH-${CLUSTER_LIB:+1}}
SECRET=$(od -An -N 20 -tx1 /dev/urandom | tr -d ' \n')
AUTH=unauthenticated
[[ -z $HANDOFF_AUTH ]] || AUTH="key 1 secret-file <(echo $SECRET)"

# HANDOFF_TECHNIQUE: back ends prefer it.  It is the only one, so that a test
# shows if it was another, unless a comma says which ones may follow.
HANDOFF_TECHNIQUE=${HANDOFF_TECHNIQUE-}
POOL_DEPTH=${HANDOFF_POOL:-256} # more than are handed off at once, without a pause

# use_technique BACK-END [LIST [DEPTH]]: and wait until its pool is full
use_technique() {
	local list=${2-$HANDOFF_TECHNIQUE} depth=${3-$POOL_DEPTH} pool=

	[[ -n $list ]] || return 0
	[[ ,$list, != *,transfer,* ]] || pool="pool-depth $depth"
	node_sh "$1" "$TCPHANDOFF config set technique $list $pool" || return
	[[ -z $pool ]] || pool_is_full "$1" "$depth"
}

pool_is_full() {
	until_true "$1" "$TCPHANDOFF peer show ${ADDR[fe]} |
		grep -qw 'parked $2'" 60 || {
		node_exec "$1" "$TCPHANDOFF" peer show
		echo "$1: no $2 connections are parked"
		return 1
	}
}

# What counts the adoptions of the one technique there is
adopted_by() { echo "Adopted${1^}"; }

# On a busy machine acknowledgements may be late: nothing is sent again for
# that alone.
CLIENT_ROUTE="ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[client]} \
	rto_min 2s"

hosts_up() {
	local node

	topology_up || return
	pin_client || return
	for node in $HOSTS; do
		"${node%[0-9]}_up" "$node" || return
	done
	wait_channels 2 || return
	for node in be1 be2; do
		use_technique "$node" || return
	done
}

client_up() {
	node_sh client "
		sysctl -qw net.ipv4.tcp_early_retrans=0 \
			net.ipv4.tcp_no_metrics_save=1 \
			net.ipv4.tcp_autocorking=0 \
			net.ipv4.ip_local_port_range='10000 65000'
		$CLIENT_ROUTE"
}

fe_up() {
	node_sh fe "
		set -e
		ip addr add $VIP/32 dev $DEV
		sysctl -qw net.ipv4.tcp_no_metrics_save=1
		$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH
		$TCPHANDOFF peer add ${ADDR[be2]} back-end $AUTH"
}

be_up() {
	node_sh "$1" "
		set -e
		sysctl -qw net.ipv4.tcp_no_metrics_save=1
		$TCPHANDOFF vip add $VIP dev lo noarp
		$TCPHANDOFF peer add ${ADDR[fe]} front-end $AUTH"
}

# steer [NODE...]: receive packet steering: their packets go to all CPUs
steer() {
	local node mask

	# shellcheck disable=SC2086
	(($#)) || set -- $HOSTS
	mask=$(printf %x $(((1 << $(nproc)) - 1)))
	for node; do
		[[ $node != client ]] || pin_client "$mask"
		node_sysfs "$node" "
			for f in /sys/class/net/$DEV/queues/rx-*/rps_cpus; do
				[ -e \$f ] && echo $mask > \$f
			done
			true"
	done
}

# wait_channels NUMBER: channels that have come up on the front end
wait_channels() {
	local COUNTERS_ARGS=(-w "ChannelUp=$1" -t 30)

	counters_of fe || {
		echo "channels do not come up:"
		node_sh fe "$TCPHANDOFF peer show"
		return 1
	}
}

# Now, however often they went down before
channels_are_up() {
	until_true fe "((\$($TCPHANDOFF -j peer show | tr , '\n' |
		grep -c '\"out\": *\"up\"') == 2))" 20 || fail "a channel is down"
}

# Everything that the front end sends takes 100 ms, for the rest of a test.
slow_channel() {
	node_sh fe "tc qdisc add dev $DEV root netem limit 10000 delay 100ms" ||
		skip "no netem"
	trap 'node_sh fe "tc qdisc del dev $DEV root"' EXIT
}

# A link as it may be: what the client sends suffers this (netem), and it takes
# ordinary times, since there is something to recover from.
from_client() {
	node_sh client "
		set -e
		ip route replace 10.0.0.0/24 dev $DEV src ${ADDR[client]}
		sysctl -qw net.ipv4.tcp_early_retrans=3
		tc qdisc add dev $DEV root netem limit 10000 $*"
}

# to_client NODE NETEM...: what this host sends to it, but nothing else
to_client() {
	node_sh "$1" "
		set -e
		tc qdisc add dev $DEV root handle 1: prio
		tc qdisc add dev $DEV parent 1:3 netem limit 10000 ${*:2}
		tc filter add dev $DEV parent 1: protocol ip prio 1 \
			u32 match ip dst ${ADDR[client]}/32 flowid 1:3
		tc filter add dev $DEV parent 1: protocol all prio 2 \
			u32 match u32 0 0 flowid 1:1"
}

serve_on() { start_ready "$1" "exec ./serve -l 0.0.0.0:$PORT -t $1 ${*:2}"; }

# both back ends and the front end: dispatch [OPTIONS]; SERVE: those of serve
SERVE=
# shellcheck disable=SC2120
cluster_start() {
	local be

	for be in be1 be2; do
		start "$be" "exec ./serve -l 0.0.0.0:$PORT -t $be $SERVE"
		printf -v "JOB_$be" %s "$JOB"
	done
	dispatch_start "$@"
	for be in JOB_be1 JOB_be2; do
		await "${!be}" ready || fail "$be: $(node_wait "${!be}" 2>&1)"
	done
}

# shellcheck disable=SC2120
dispatch_start() {
	start_ready fe "exec ./dispatch -l $VIP:$PORT -b ${ADDR[be1]} \
		-b ${ADDR[be2]} $*"
	JOB_fe=$JOB
}

# One line of key=value each, for "field"
dispatch_end() {
	DISPATCHED=$(end "$JOB_fe")
	DISPATCHED=${DISPATCHED#ready$'\n'}
	echo "fe: $DISPATCHED"
}

##############################################################################
# Changes that end with the test

# undo NODE SCRIPT: at the end of the test, the last one first
UNDO=()
undo() {
	UNDO=("$1:$2" "${UNDO[@]}")
	trap undo_all EXIT
}

undo_all() {
	local change

	for change in "${UNDO[@]}"; do
		node_sh "${change%%:*}" "${change#*:}" > /dev/null 2>&1
	done
}

# change NODE SCRIPT UNDO
change() {
	node_sh "$1" "$2" || fail "$1: $2"
	undo "$1" "$3"
}

# set_sysctl NODE NAME=VALUE...: until the end of the test
set_sysctl() {
	local node=$1 s old

	shift
	for s; do
		old=$(node_sh "$node" "sysctl -n ${s%%=*}") || fail "no ${s%%=*}"
		change "$node" "sysctl -qw $s" "sysctl -qw ${s%%=*}=$old"
	done
}

# snmp NODE GROUP NAME: a counter of /proc/net/snmp
snmp() {
	node_sh "$1" "grep ^$2: /proc/net/snmp" | awk -v name="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { print $at }'
}

# firewall NODE RULES: an nft script, until the end of the test
firewall() {
	change "$1" "nft 'add table ip path
		$2'" "nft delete table ip path"
}

FEATURES="tso gso gro tx rx"
# shellcheck disable=SC2034
ALL=31 TX_ONLY=24 GRO_ONLY=28	# tx and rx mean checksums

# offloads BITS NODE...: each of FEATURES on or off, where the device can
offloads() {
	local bits=$1 feature node i=0
	local -a words=()

	for feature in $FEATURES; do
		((bits >> i++ & 1)) && words+=("$feature on") ||
			words+=("$feature off")
	done
	for node in "${@:2}"; do
		node_sh "$node" "ethtool -K $DEV ${words[*]}" > /dev/null 2>&1
	done
	echo "offloads: ${words[*]}"
}

# offloads_as_they_were NODE: at the end of the test
offloads_as_they_were() {
	undo "$1" "ethtool -K $DEV $(node_sh "$1" "ethtool -k $DEV" | awk '
		/^rx-checksumming/	{ printf "rx %s ", $2 }
		/^tx-checksumming/	{ printf "tx %s ", $2 }
		/^tcp-segmentation/	{ printf "tso %s ", $2 }
		/^generic-segmentation/	{ printf "gso %s ", $2 }
		/^generic-receive/	{ printf "gro %s ", $2 }')"
}

has() { node_sh "$1" "ethtool -k $DEV" | grep -q "^$2: $3"; }

##############################################################################
# Observations

# field NAME LINE
field() {
	[[ " $2 " =~ \ $1=([^ ]*)\  ]] && echo "${BASH_REMATCH[1]}"
}

# traffic OPTIONS: the client; all must be well.  Sets $RESULT.
traffic() {
	local rc=0

	CURRENT=false
	RESULT=$(node_sh client "cd $HERE; ./client -c $VIP:$PORT $*") || rc=$?
	echo "client $*: $RESULT"
	((rc == 0)) || fail "client: status $rc"
}

# hold_one OPTIONS: one on be1 that has had an answer; more is asked with go_on
hold_one() {
	start client "exec ./client -c $VIP:$PORT -n 1 -B 0 -H -E adopted $*"
	HELD=$JOB
	await "$HELD" holding 30 || fail "client: $(node_wait "$HELD" 2>&1)"
	remember
}

go_on() { node_kill "$HELD" USR1; }

ends_well() {
	CURRENT=false
	RESULT=$(node_wait "$HELD") || fail "client: $RESULT"
	echo "client: $RESULT"
}

# holds "A OP B": an arithmetic expression
holds() {
	local expression=$1

	((expression))
}

# want NAME OP NUMBER: about $RESULT
want() {
	local value

	value=$(field "$1" "$RESULT")
	holds "$value $2 $3" || fail "client: $1=$value, wanted $2 $3"
}

# no_flows NODE SECONDS: its table empties, but for what is remembered
no_flows() {
	until_true "$1" "flows=\$($TCPHANDOFF -j flow show) &&
		! grep '\"state\"' <<< \"\$flows\" | grep -v '\"ended\"'" "$2" ||
		fail "$1: flows remain: $(node_exec "$1" "$TCPHANDOFF" flow show)"
}

# After a script: no host has a connection, or memory of one's queues.
# nothing_kept [SECONDS]
# shellcheck disable=SC2120
nothing_kept() {
	local node

	# A host that was deleted leaves the others with what they had of it.
	for node in fe be1 be2; do
		node_sh "$node" true > /dev/null 2>&1 || return 0
	done
	for node in fe be1 be2; do
		(no_flows "$node" "${1:-20}") || return
		until_true "$node" "config=\$($TCPHANDOFF -j config show) &&
			grep '\"bytes\": *\"*0\"*[,}]' <<< \"\$config\"" 5 || {
			echo "$node: $(node_sh "$node" "$TCPHANDOFF config show")"
			return 1
		}
	done
}

# Counters of all hosts: "NODE.Name" -> value.  Those of after the traffic are
# read once for all claims about it: CURRENT is false where they may be old.
CURRENT=false

# counters_into ARRAY.  In one piece: a shell reads lines from a pipe byte by
# byte.
counters_into() {
	# shellcheck disable=SC2178
	local -n array=$1
	local i words

	# shellcheck disable=SC2046,SC2086,SC2207
	words=($(counters_of $HOSTS))
	array=()
	for ((i = 0; i < ${#words[@]}; i += 2)); do
		# shellcheck disable=SC2034,SC2004
		array[${words[i]}]=${words[i + 1]}
	done
}

remember() {
	counters_into BEFORE
	CURRENT=false
}

# A kernel that was booted counts from 0.
remember_boot() {
	local key

	for key in "${!BEFORE[@]}"; do
		[[ $key != "$1".* ]] || BEFORE[$key]=0
	done
	CURRENT=false
}

# counted NODE.Name[,NODE.Name] OP NUMBER...: what was counted since "remember"
counted() {
	local key value bad=0

	$CURRENT || counters_into AFTER
	CURRENT=true
	while (($# >= 3)); do
		value=0
		for key in ${1//,/ }; do
			[[ -n ${AFTER[$key]-} ]] || fail "no counter $key"
			((value += AFTER[$key] - BEFORE[$key]))
		done
		if holds "$value $2 $3"; then
			echo "$1: $value ($2 $3)"
		else
			echo "$1: $value, wanted $2 $3"
			bad=1
		fi
		shift 3
	done
	((bad == 0)) || fail "counters"
}

# Every counter that is another one than at "remember"
changes() {
	local key

	counters_into AFTER
	for key in "${!AFTER[@]}"; do
		[[ ${AFTER[$key]} == "${BEFORE[$key]-}" ]] ||
			echo "$key +$((AFTER[$key] - BEFORE[$key]))"
	done | sort
}

# since NODE.NAME: what was counted between "remember" and when it was last read
since() {
	local after=${AFTER[$1]} before=${BEFORE[$1]}

	echo $((after - before))
}

# until_counted NODE NAME NUMBER: since "remember", within a while
until_counted() {
	local goal=$((BEFORE[$1.$2] + $3))
	local COUNTERS_ARGS=(-w "$2=$goal" -t 20)

	counters_of "$1" || fail "$1: $2 does not become $goal"
	CURRENT=false
}

# until_more NODE NAME NUMBER: than there are now
until_more() {
	local -A NOW
	local COUNTERS_ARGS

	counters_into NOW
	COUNTERS_ARGS=(-w "$2=$((NOW[$1.$2] + $3))" -t 20)
	counters_of "$1" || fail "$1: no $3 more of $2"
	CURRENT=false
}

# Everything that was captured was adopted, nothing else happened to it.
counted_handoffs() {
	counted fe.Captured == "$1" fe.AdoptedThere == "$1" \
		be1.Adopted,be2.Adopted == "$1" fe.Returned == 0 \
		fe.RefusedThere == 0 fe.Reset == 0
	[[ -z $HANDOFF_TECHNIQUE ]] || counted_technique "$1"
}

# By the one that was asked for, and what is left to others is counted.
counted_technique() {
	local first=${HANDOFF_TECHNIQUE%%,*} by left

	by=$(adopted_by "$first")
	by=be1.$by,be2.$by
	left=be1.FellBack${first^},be2.FellBack${first^}
	if [[ $first == "$HANDOFF_TECHNIQUE" ]]; then
		counted "$by" == "$1"
	else
		counted "$by" ">" 0 "$by,$left" == "$1"
	fi
}

no_retransmits() {
	want retrans == 0
	counted client.TcpRetransSegs == 0
}

##############################################################################
# Running

KERNEL_TROUBLE='WARNING:|BUG:|BUG |Call Trace|refcount_t:|Kernel panic|Oops'
KERNEL_TROUBLE+='|possible circular|possible recursive|inconsistent lock state'
KERNEL_TROUBLE+='|suspicious RCU|INFO: task|INFO: rcu|rcu: INFO|KASAN:|UBSAN:'
KERNEL_TROUBLE+='|general protection|scheduling while atomic|unreferenced'
KERNEL_TROUBLE+='|leaked reference|DEBUG_LOCKS_WARN_ON'
KERNEL_TROUBLE+='|unregister_netdevice: waiting'

kernel_log() {
	if [[ -n ${CLUSTER_LIB-} ]]; then
		cat "${CLUSTER_DIR:?}"/*.console
	else
		dmesg 2> /dev/null
	fi
}

# Complaints since the script began; what was there before is not ours.
kernel_quiet() {
	local lines

	lines=$(kernel_log | grep -cE "$KERNEL_TROUBLE")
	((lines <= TROUBLE_BEFORE)) && return
	kernel_log | grep -E -A 30 "$KERNEL_TROUBLE" | head -n 100
	TROUBLE_BEFORE=$lines
	return 1
}

run_one() {
	local rc

	# shellcheck disable=SC2030
	(set -u; "$1") > "$WORK/out" 2>&1
	rc=$?
	end_all >> "$WORK/out"
	kernel_quiet >> "$WORK/out" || rc=1
	sed 's/^/# /' "$WORK/out"
	case $rc in
	0)	ktap_test_pass "$1" ;;
	4)	ktap_test_skip "$1" ;;
	*)	ktap_test_fail "$1" ;;
	esac
}

run_tests() {
	local test

	# For a developer: only these.
	# shellcheck disable=SC2086
	set -- ${HANDOFF_ONLY:-"$@"}
	WORK=$(mktemp -d)
	trap 'end_all; topology_down; rm -rf "$WORK"' EXIT
	ktap_print_header
	TROUBLE_BEFORE=$(kernel_log | grep -cE "$KERNEL_TROUBLE")
	if ! hosts_up > "$WORK/out" 2>&1; then
		sed 's/^/# /' "$WORK/out"
		if grep -q TcpHandoff: /proc/net/netstat ||
		   [[ -n ${CLUSTER_LIB-} ]]; then
			ktap_exit_fail_msg "no topology"
		fi
		ktap_skip_all "this kernel has no TCP handoff"
		exit "$KSFT_SKIP"
	fi
	ktap_set_plan $(($# + 1))
	for test; do
		run_one "$test"
	done
	run_one nothing_kept
	ktap_finished
}
