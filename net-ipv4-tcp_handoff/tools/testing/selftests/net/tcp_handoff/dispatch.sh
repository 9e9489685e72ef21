#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The dispatcher in the kernel as the front end: where a request goes, what it
# answers itself, and how a service ends.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

SVC=$VIP:$PORT

# fe_do ARGUMENTS: of tcphandoff, on the front end
fe_do() {
	node_run fe "$TCPHANDOFF" "$@"
}

# service SCHEDULER [OPTIONS]: for this test
service() {
	node_exec fe "$TCPHANDOFF" service show > /dev/null 2>&1 ||
		skip "no dispatcher"
	fe_do service add "$SVC" scheduler "$@"
	trap 'node_sh fe "$TCPHANDOFF service del $SVC"' EXIT
}

backends() {
	local be

	for be; do
		fe_do backend add "$SVC" "${ADDR[$be]}"
	done
}

webd_on() {
	start_ready "$1" "exec ./webd -l 0.0.0.0:$PORT -t $1 ${*:2}"
	printf -v "WEBD_$1" %s "$JOB"
}

# web OPTIONS: all must be well.  Sets $RESULT.
web() {
	local rc=0

	CURRENT=false
	RESULT=$(node_sh client "cd $HERE; ./web -c $SVC $* 2>&1") || rc=$?
	echo "web $*: $RESULT"
	((rc == 0)) || fail "web: status $rc"
}

# said NAME OP NUMBER...: about $RESULT, where what is absent is 0
said() {
	local value

	while (($# >= 3)); do
		value=$(field "$1" "$RESULT") || value=0
		holds "$value $2 $3" || fail "web: $1=$value, wanted $2 $3"
		shift 3
	done
}

# ask REQUEST [MORE]: sent as it is; $STATUS of the answer, which ends with the
# connection, and not with a reset
ask() {
	local answer

	CURRENT=false
	answer=$(node_sh client "
		exec 3<> /dev/tcp/$VIP/$PORT || exit
		{ printf '$1'; ${2:-true}; } |
			dd bs=256k iflag=fullblock status=none >&3 2> /dev/null
		timeout 20 cat <&3") || fail "'${1:0:60}': $answer"
	STATUS=$(sed -n '1s/^HTTP\/1.1 \(...\) .*/\1/p' <<< "$answer")
	echo "${1:0:60}: $STATUS"
}

# answered STATUS REQUEST [MORE]
answered() {
	ask "${@:2}"
	[[ $STATUS == "$1" ]] || fail "wanted $1"
}

# backend_is NAME FIELD VALUE
backend_is() {
	local line value

	line=$(fe_do backend show | grep " backend ${ADDR[$1]} ") ||
		fail "no $1"
	value=$(sed -nE "s/.* $2 ([^ ]*).*/\1/p" <<< "$line")
	[[ $value == "$3" ]] || fail "$1: $2 is $value, wanted $3: $line"
}

##############################################################################
# Where requests go

# The first rule that matches, in order; what matches none: group default
by_rules() {
	webd_on be1
	webd_on be2
	service wrr
	backends be1
	fe_do group add "$SVC" two scheduler wlc
	fe_do backend add "$SVC" "${ADDR[be2]}" group two
	fe_do rule add "$SVC" prefix /a/ group two
	fe_do rule add "$SVC" exact /b group two
	fe_do rule add "$SVC" host .example.org group two
	fe_do rule add "$SVC" at 1 prefix /a/not group default
	remember
	web -n 40 -j 8 -s 0-30000 /a/x=be2 /a/=be2 /a=be1 /b=be2 /bc=be1 \
		/a/not/x=be1 "'/b?q=be2'" "'/?x=/a/=be1'"
	said s200 == 40 from_be1 == 20 from_be2 == 20
	no_retransmits
	counted fe.Dispatched == 40 fe.DispatchAccepted == 40 \
		fe.DispatchAgain == 0
	counted_handoffs 40
	web -n 2 -s 100 -H www.Example.org:80 /x=be2
	web -n 2 -s 100 -H example.org /x=be1
	fe_do rule show
	[[ $(fe_do rule show | grep -c " hits ") == 4 ]] || fail "rules"
}

# Absolute targets are the same as others.
forms_of_targets() {
	webd_on be1
	webd_on be2
	service wrr
	backends be1
	fe_do group add "$SVC" two scheduler wrr
	fe_do backend add "$SVC" "${ADDR[be2]}" group two
	fe_do rule add "$SVC" host h prefix /a group two
	remember
	answered 200 "GET http://h:80/a HTTP/1.1\r\nHost: other\r\n\r\n"
	answered 200 "GET /a HTTP/1.1\r\nHost: H:80\r\n\r\n"
	counted be2.Adopted == 2
	answered 200 "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"
	answered 200 "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"
	answered 200 "\r\nGET /a HTTP/1.0\n\r\n\r\n"
	counted be1.Adopted == 3 be2.Adopted == 2
}

# A head may take any number of packets; its body comes when it likes.
head_in_pieces() {
	webd_on be1
	service wrr
	backends be1
	remember
	web -n 4 -j 4 -s 20000 -k 1 -d 2 -b 20
	web -n 8 -j 8 -s 1-20000 -k 7 -d 1 -P 3000
	web -n 4 -j 4 -s 0 -P 15000
	counted_handoffs 16
}

many_connections() {
	webd_on be1
	webd_on be2
	service wlc
	backends be1 be2
	remember
	web -n 500 -j 50 -s 0-5000
	said s200 == 500 from_be1 ">=" 100 from_be2 ">=" 100
	counted_handoffs 500
}

round_robin_by_weight() {
	webd_on be1
	webd_on be2
	service wrr
	fe_do backend add "$SVC" "${ADDR[be1]}" weight 3
	backends be2
	web -n 40 -j 1
	said from_be1 == 30 from_be2 == 10
	backend_is be1 assigned 30
}

# The same URL to the same back end, another scheduler at run time or not
locality() {
	local sched tag

	webd_on be1
	webd_on be2
	service hash bound 1000
	backends be1 be2
	for sched in hash lard lardr elard; do
		fe_do group set "$SVC" default scheduler $sched
		web -n 1 /same
		said s200 == 1
		[[ -n $(field from_be1 "$RESULT") ]] && tag=be1 || tag=be2
		web -n 20 -j 1 /same=$tag
	done
	fe_do group set "$SVC" default scheduler hash
	web -n 60 -j 1 /{1..60}
	said from_be1 ">=" 10 from_be2 ">=" 10
}

# One that has enough to do is passed by: T_high is 2.
lard_balances() {
	local held

	webd_on be1 -d 3000
	webd_on be2 -d 3000
	service lard t-low 1 t-high 2
	backends be1 be2
	start client "cd $HERE; exec ./web -c $SVC -n 12 -j 12 /same"
	held=$JOB
	RESULT=$(node_wait "$held") || fail "web: $RESULT"
	said s200 == 12 from_be1 ">=" 2 from_be2 ">=" 2
}

# Weights change at run time; with 0 nothing new comes, the old goes on.
weight_zero_drains() {
	local job

	webd_on be1 -d 500
	webd_on be2
	service wrr
	backends be1 be2
	start client "cd $HERE; exec ./web -c $SVC -n 6 -j 6 -s 1000"
	job=$JOB
	until_true fe "$TCPHANDOFF backend show |
		grep -q '${ADDR[be1]} .* assigned 3'" || fail "none for be1"
	fe_do backend set "$SVC" "${ADDR[be1]}" weight 0
	backend_is be1 usable no
	web -n 20 -s 1000 /=be2
	RESULT=$(node_wait "$job") || fail "web: $RESULT"
	said s200 == 6 from_be1 == 3
	fe_do backend set "$SVC" "${ADDR[be1]}" weight 1
	web -n 4
	said from_be1 == 2 from_be2 == 2
}

##############################################################################
# Back ends that do not take it

# Nothing listens on be1: the client notices nothing.
next_after_a_refusal() {
	webd_on be2
	service wrr
	fe_do backend add "$SVC" "${ADDR[be1]}" weight 100
	backends be2
	remember
	web -n 10 -j 5 -s 1-30000 /=be2
	said s200 == 10
	no_retransmits
	counted be1.RefusedNoListener ">=" 9 be2.Adopted == 10 \
		fe.AdoptedThere == 10 fe.Reset == 0 fe.DispatchAgain ">=" 9 fe.DispatchAccepted == 10 \
		fe.Dispatch503 == 0
}

# What was asked once is not asked again.
all_refuse() {
	service wrr
	backends be1 be2
	remember
	answered 503 "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	counted be1.RefusedNoListener == 1 be2.RefusedNoListener == 1 \
		fe.Dispatched == 2 fe.DispatchAgain == 2 \
		fe.DispatchAccepted == 1 fe.Dispatch503 == 1
	# the answer comes though most of the request was never read
	answered 503 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" \
		"head -c 90000 /dev/zero"
	counted fe.TcpOutRsts == 0
}

# The channel to 10.0.0.9 never comes up.
channel_down_is_skipped() {
	webd_on be2
	fe_do peer add 10.0.0.9 back-end unauthenticated
	service wrr
	fe_do backend add "$SVC" 10.0.0.9 weight 100
	backends be2
	remember
	web -n 10 -s 100 /=be2
	counted fe.DispatchAgain == 0
	[[ $(fe_do backend show) == *"10.0.0.9 weight 100 usable no load 0 assigned 0"* ]] ||
		fail "was chosen"
	fe_do backend del "$SVC" "${ADDR[be2]}"
	answered 503 "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	fe_do peer del 10.0.0.9
}

# A back end whose peer is removed, and configured again
peer_comes_back() {
	webd_on be1
	webd_on be2
	service wrr
	backends be1 be2
	web -n 4
	said from_be1 == 2
	node_sh fe "$TCPHANDOFF peer del ${ADDR[be1]}"
	web -n 4 /=be2
	remember
	node_sh fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH" ||
		fail "peer"
	until_counted fe ChannelUp 1
	web -n 4
	said from_be1 == 2
}

##############################################################################
# What is answered here

smuggling() {
	service wrr
	backends be1
	remember
	answered 400 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
	answered 400 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"
	answered 400 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"
	answered 400 "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"
	answered 400 "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n"
	answered 400 "GET / HTTP/1.1\r\n\r\n"
	answered 400 "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
	answered 400 "hello\r\n"
	answered 400 "GET /\r\n"
	answered 505 "GET / HTTP/2.0\r\n\r\n"
	counted fe.Captured == 0 fe.Dispatch400 == 9 fe.Dispatch505 == 1
}

head_too_large() {
	webd_on be1
	service wrr head-size 1000
	backends be1
	remember
	web -n 2 -P 800 /=be1
	web -n 2 -P 1000
	said s431 == 2
	answered 431 "GET / HTTP/1.1\r\nHost: a\r\nX: " "printf %0200000d 0"
	counted fe.Dispatch431 == 3 fe.Captured == 2
	fe_do service set "$SVC" head-size 2000
	web -n 2 -P 1000 /=be1
}

# However many bytes come: the head must be there in time.
head_too_late() {
	webd_on be1
	service wrr head-ms 300
	backends be1
	remember
	web -n 5 -j 5 -k 1 -d 20
	said s408 == 5
	answered 408 ""
	web -n 1 -s 100 -b 600 /=be1
	counted fe.Dispatch408 == 6 fe.Captured == 1
}

# Others are not kept waiting by those who are slow.
slow_clients_block_nobody() {
	local job

	webd_on be1
	service wrr
	backends be1
	remember
	start client "cd $HERE; exec ./web -c $SVC -n 50 -j 50 -k 1 -d 100"
	job=$JOB
	until_counted fe DispatchAccepted 50
	web -n 50 -j 10 -s 1000 /=be1
	[[ $(fe_do service show) == *"waiting 50 "* ]] || fail "not waiting"
	RESULT=$(node_wait "$job") || fail "web: $RESULT"
	said s200 == 50
}

too_many_wait() {
	local job

	webd_on be1
	service wrr waiting 10
	backends be1
	remember
	start client "cd $HERE; exec ./web -c $SVC -n 10 -j 10 -k 1 -d 100"
	job=$JOB
	until_counted fe DispatchAccepted 10
	web -n 5 -j 5 -k 1 -d 20
	said s503 == 5
	RESULT=$(node_wait "$job") || fail "web: $RESULT"
	said s200 == 10
	counted fe.Dispatch503 == 5 fe.Captured == 10
}

# Who says nothing, and goes, is not answered.
silent_client() {
	service wrr
	remember
	node_sh client "exec 3<> /dev/tcp/$VIP/$PORT" || fail "connect"
	until_counted fe DispatchLost 1
	counted fe.DispatchAccepted == 1 fe.Dispatch400 == 0
}

##############################################################################
# Services

two_services() {
	webd_on be1
	start_ready be2 "exec ./webd -l 0.0.0.0:81 -t be2"
	service wrr
	backends be1
	fe_do service add $VIP:81 scheduler wlc
	fe_do backend add $VIP:81 "${ADDR[be2]}"
	web -n 10 -j 5 -s 5000 /=be1
	SVC=$VIP:81
	web -n 10 -j 5 -s 5000 /=be2
	fe_do service del "$SVC"
	SVC=$VIP:80
	web -n 10 -j 5 -s 5000 /=be1
}

# Whoever has connected is served, or told; nobody is cut off.
stop_under_load() {
	local job i

	webd_on be1
	webd_on be2
	service wlc
	backends be1 be2
	remember
	start client "cd $HERE; exec ./web -c $SVC -n 100000 -j 20 -s 0-20000"
	job=$JOB
	for i in 1 2 3; do
		until_counted fe AdoptedThere $((100 * i))
		fe_do service del "$SVC"
		service wlc
		backends be1 be2
	done
	until_counted fe AdoptedThere 500
	node_kill "$job" USR1
	RESULT=$(node_wait "$job" 2>&1) || true
	echo "$RESULT"
	said s200 ">=" 300 bad == 0
	counted fe.Reset == 0
}

# Those who wait for nothing when it ends
stop_with_slow_clients() {
	local job

	service wrr
	remember
	start client "cd $HERE; exec ./web -c $SVC -n 10 -j 10 -k 1 -d 100"
	job=$JOB
	until_counted fe DispatchAccepted 10
	fe_do service del "$SVC"
	RESULT=$(node_wait "$job") || fail "web: $RESULT"
	said s503 == 10
	trap - EXIT
	! node_exec fe ss -Hltn "sport = :$PORT" | grep -q . ||
		fail "still listens"
}

# error WORDS ARGUMENTS: of tcphandoff, which the kernel refuses
error() {
	local said rc=0

	said=$(node_exec fe "$TCPHANDOFF" "${@:2}" 2>&1) || rc=$?
	echo "$said"
	[[ $rc == 2 && $said == *"$1"* ]] || fail "${*:2}: $rc, wanted '$1'"
}

errors_are_told() {
	error "does not belong to this host" service add 10.0.0.77:80 scheduler wrr
	error "schedulers are" service add "$SVC" scheduler rr
	error "no service has" service del "$SVC"
	service wrr
	error "exists" service add "$SVC" scheduler wrr
	error "no peer with this address" backend add "$SVC" 10.0.0.77
	error "no such group" backend add "$SVC" "${ADDR[be1]}" group x
	backends be1
	error "has this back end" backend add "$SVC" "${ADDR[be1]}"
	error "no such back end" backend set "$SVC" "${ADDR[be2]}" weight 2
	error "goes with its service" group del "$SVC" default
	fe_do group add "$SVC" g scheduler wrr
	error "exists" group add "$SVC" g scheduler wrr
	fe_do rule add "$SVC" prefix / group g
	error "a rule leads to" group del "$SVC" g
	error "t-low is larger" group set "$SVC" g t-low 100
	fe_do rule del "$SVC" 1
	error "no rule has" rule del "$SVC" 1
	fe_do group del "$SVC" g
}

rates() {
	local rate

	webd_on be1
	service wrr
	backends be1
	start client "cd $HERE; exec ./web -c $SVC -n 100000 -j 4"
	rate=$(fe_do stat rate 1 Dispatched)
	echo "$rate"
	node_kill "$JOB" USR1
	RESULT=$(node_wait "$JOB") || fail "web: $RESULT"
	[[ $rate =~ ^Dispatched\ ([0-9]+)$ ]] || fail "rate"
	((BASH_REMATCH[1] > 0)) || fail "rate"
	said s200 ">=" "${BASH_REMATCH[1]}"
}

# What waiting clients have sent is on the account of who configured it.
memory_is_charged() {
	local cg=$WORK/cgroup ns=handoff-$$-memory

	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	mkdir "$cg"
	mount -t cgroup2 none "$cg" || skip "no cgroup2"
	# shellcheck disable=SC2064
	trap "ip netns del $ns; rmdir $cg/payer; umount $cg" EXIT
	echo +memory > "$cg/cgroup.subtree_control" || skip "no memory cgroup"
	mkdir "$cg/payer"
	ip netns add "$ns"
	ip -n "$ns" link set lo up
	(echo $BASHPID > "$cg/payer/cgroup.procs" &&
	 nsenter --net="$NSDIR/$ns" "$TCPHANDOFF" service add 127.0.0.1:80 \
		scheduler wrr head-size 65536) || fail "service"
	nsenter --net="$NSDIR/$ns" bash -c "
		exec 3<> /dev/tcp/127.0.0.1/80 &&
		{ printf 'GET / HTTP/1.1\r\nX: '; printf '%050000d' 0; } >&3 &&
		for ((i = 0; i < 100; i++)); do
			! grep -q '^sock [1-9]' $cg/payer/memory.stat || exit 0
			sleep 0.05
		done
		exit 1" || fail "$(grep '^sock' "$cg/payer/memory.stat")"
	grep '^sock' "$cg/payer/memory.stat"
}

# A namespace that goes takes its services with it, whatever they have.
namespace_deleted() {
	local job

	[[ -z ${CLUSTER_LIB-} ]] || skip "needs namespaces"
	webd_on be1 -d 60000
	service wrr
	backends be1
	trap - EXIT
	remember
	start client "cd $HERE; exec ./web -c $SVC -n 10 -j 10"
	job=$JOB
	until_counted fe AdoptedThere 10
	start client "cd $HERE; exec ./web -c $SVC -n 10 -j 10 -k 1 -d 1000"
	until_counted fe DispatchAccepted 20
	node_delete fe || fail "fe is not deleted"
	node_kill "$job" KILL
	node_kill "$JOB" KILL
}

run_tests by_rules forms_of_targets head_in_pieces many_connections \
	round_robin_by_weight locality lard_balances weight_zero_drains \
	next_after_a_refusal all_refuse channel_down_is_skipped \
	peer_comes_back smuggling head_too_large head_too_late \
	slow_clients_block_nobody too_many_wait silent_client two_services \
	stop_under_load stop_with_slow_clients errors_are_told rates \
	memory_is_charged namespace_deleted
