#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Channels that are signed (TCP-AO): nobody without the key opens one, or gets
# a segment into one; keys are replaced without a break.

HANDOFF_AUTH=1
# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

CHANNEL=968
OTHER=another-secret-of-some-length

# knock NODE OPTIONS: connect to the channel of be1 and talk nonsense
knock() {
	node_sh "$1" "cd $HERE; ./client -c ${ADDR[be1]}:$CHANNEL -K -t 3 \
		${*:2}" || true
	# what TCP has dropped is counted once a second
	sleep 1.2
	CURRENT=false
}

# The session that was there is there, and still moves connections.
not_disturbed() {
	traffic -n 5 -B 0 -E adopted -o echo -s 1-20000
	counted fe.Captured == 5 fe.AdoptedThere == 5 be1.Adopted == 5 \
		fe.ChannelDown == 0 be1.ChannelDown == 0
}

# Nothing of strangers stays: only front ends are connected.
no_guests() {
	until_true be1 "! ss -Htan state all sport = :$CHANNEL |
		grep -v LISTEN | grep -v '${ADDR[fe]}:'" 10 ||
		fail "guests: $(node_sh be1 "ss -tan sport = :$CHANNEL")"
}

# The kernel says so, here or on whichever host: log_lines TEXT before it, and
# logged TEXT THAT-NUMBER after it
log_lines() { kernel_log | grep -cF "$1"; }

logged() {
	(($(log_lines "$1") > $2)) || fail "'$1' is not logged"
	kernel_log | grep -F "$1" | tail -n 1
}

moves() {
	cluster_start
	remember
	traffic -n 50 -j 10 -E adopted -o echo -s 1-50000
	counted_handoffs 50
	counted fe.TcpExtTCPAOGood ">" 100 fe.ChannelBadMac == 0 \
		be1.ChannelUnsigned == 0
}

# Without a signature not even the handshake is answered.
unsigned_stranger() {
	local lines

	cluster_start
	lines=$(log_lines "new channels:")
	remember
	knock client
	until_counted be1 ChannelUnsigned 1
	counted be1.ChannelBad == 0 be1.ChannelBadMac == 0 \
		be1.ChannelStranger == 0
	logged "new channels:" "$lines"
	not_disturbed
	no_guests
}

unsigned_front_end() {
	cluster_start
	remember
	knock fe -b 700
	until_counted be1 ChannelUnsigned 1
	counted be1.ChannelBad == 0
	not_disturbed
}

# The right key is of no use to a host that is not on the list.
unlisted_with_key() {
	cluster_start
	remember
	knock client -A "$SECRET"
	until_counted be1 ChannelBadMac 1
	counted be1.ChannelBad == 0 be1.ChannelUnsigned == 0
	not_disturbed
	no_guests
}

front_end_with_wrong_key() {
	cluster_start
	remember
	knock fe -A "$OTHER"
	until_counted be1 ChannelBadMac 1
	counted be1.ChannelBad == 0
	not_disturbed
}

# Signed garbage: only what greets properly ends the session before it.
garbage_with_key() {
	cluster_start
	remember
	knock fe -A "$SECRET" -o put -s 1000
	counted be1.ChannelBad == 1 be1.ChannelBadMac == 0
	not_disturbed
}

# Both hosts are configured, but not with the same secret: connections stay
# where they are, and go to the other back end.
different_secrets() {
	cluster_start
	node_sh fe "$TCPHANDOFF peer del ${ADDR[be1]}"
	trap 'node_sh fe "$TCPHANDOFF peer del ${ADDR[be1]}
		$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH"' EXIT
	remember
	node_sh fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end \
		key 1 secret-file <(echo $OTHER)"
	until_counted be1 ChannelBadMac 1
	traffic -n 5 -B 0 -E none
	traffic -n 5 -B 1 -E adopted -e be2
	counted fe.Captured == 5 be1.Received == 0 be1.ChannelUp == 0
	trap - EXIT
	remember
	node_sh fe "$TCPHANDOFF peer del ${ADDR[be1]}
		$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH"
	until_counted fe ChannelUp 1
	traffic -n 5 -B 0 -E adopted -e be1
}

# spoof KIND: another host pretends to be the front end, having seen a segment
spoof() {
	local job hex

	start be1 "exec ./segment -c $DEV $CHANNEL"
	job=$JOB
	await "$job" ready || fail "segment"
	hex=$(node_wait "$job") || fail "no segment"
	node_sh client "cd $HERE; ./segment -s $1 ${hex#ready?}" ||
		fail "not sent"
	CURRENT=false
}

spoofed_reset() {
	local lines

	cluster_start
	lines=$(log_lines "channel to ${ADDR[fe]}:")
	remember
	spoof reset
	until_counted be1 ChannelUnsigned 1
	not_disturbed
	logged "channel to ${ADDR[fe]}:" "$lines"
}

spoofed_data() {
	cluster_start
	remember
	spoof data
	until_counted be1 ChannelUnsigned 1
	not_disturbed
	counted be1.ChannelBad == 0
}

altered() {
	cluster_start
	remember
	spoof tamper
	until_counted be1 ChannelBadMac 1
	not_disturbed
	counted be1.ChannelBad == 0
}

# Properly signed, but TCP has had it.
replayed() {
	cluster_start
	remember
	traffic -n 1 -B 0 -E adopted
	spoof same
	traffic -n 4 -B 0 -E adopted
	counted fe.Captured == 5 be1.Received == 5 be1.Duplicate == 0 \
		be1.ChannelBad == 0 fe.ChannelDown == 0 be1.ChannelDown == 0
}

key() { node_sh "$1" "$TCPHANDOFF key ${*:2}"; }

# key_refused NODE TEXT ARGUMENTS
key_refused() {
	local out

	out=$(key "$1" "${@:3}" 2>&1) && fail "key ${*:3}: not refused"
	[[ $out == *"$2"* ]] || fail "key ${*:3} says: $out"
}

# has NODE PEER ID FLAG
has() {
	key "$1" show | grep -w "peer ${ADDR[$2]}" | grep -w "id $3" |
		grep -qw "$4"
}

wait_has() {
	local end=$((SECONDS + 10))

	until has "$@"; do
		((SECONDS < end)) || fail "$*: $(key "$1" show)"
		nap
	done
}

# Under load, with every handoff of it done, from the first to the last.
rotation() {
	local load be=${ADDR[be1]} fe=${ADDR[fe]}

	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -n 1000000 -j 10 -B 0 \
		-E adopted -s 1-2000"
	load=$JOB
	until_counted fe AdoptedThere 10

	key_refused fe "has a key with this id" add "$be" 1 \
		secret-file "<(echo $OTHER)"
	key_refused fe "in use" del "$be" 1
	key_refused fe "no key with this id" use "$be" 2
	key fe add "$be" 2 secret-file "<(echo $OTHER)" || fail "add"
	key fe use "$be" 2 || fail "use"
	# be1 does not have it: it goes on with the old one
	until_more fe AdoptedThere 20
	key_refused fe "still signed" del "$be" 1

	key be1 add "$fe" 2 secret-file "<(echo $OTHER)" || fail "add"
	wait_has fe be1 2 heard
	key be1 use "$fe" 2 || fail "use"
	wait_has be1 fe 2 heard
	key fe del "$be" 1 || fail "del: $(key fe show)"
	key be1 del "$fe" 1 || fail "del: $(key be1 show)"
	key_refused be1 "in use" del "$fe" 2
	until_more fe AdoptedThere 20
	node_kill "$load" USR2
	RESULT=$(node_wait "$load") || fail "client: $RESULT"
	echo "client: $RESULT"
	want failed == 0
	want bad == 0
	CURRENT=false
	counted fe.ChannelDown == 0 be1.ChannelDown == 0 \
		fe.ChannelBadMac == 0 be1.ChannelBadMac == 0 \
		fe.RefusedThere == 0 fe.Reset == 0

	# and back, for the tests that follow
	key fe add "$be" 1 secret-file "<(echo $SECRET)"
	key be1 add "$fe" 1 secret-file "<(echo $SECRET)"
	key fe use "$be" 1
	key be1 use "$fe" 1
	wait_has fe be1 1 heard
	wait_has be1 fe 1 heard
	key fe del "$be" 2 || fail "del: $(key fe show)"
	key be1 del "$fe" 2 || fail "del: $(key be1 show)"
}

# The front end already opens channels with a key that the back end does not
# have yet: it tries the others, too.
newer_key_on_one_side() {
	cluster_start
	key fe add "${ADDR[be1]}" 9 secret-file "<(echo $OTHER)" || fail "add"
	key fe use "${ADDR[be1]}" 9
	remember
	node_sh be1 "ss -K -H sport = :$CHANNEL dst ${ADDR[fe]} > /dev/null"
	until_counted fe ChannelUp 1
	traffic -n 5 -B 0 -E adopted -e be1
	key fe use "${ADDR[be1]}" 1
	wait_has fe be1 1 heard
	key fe del "${ADDR[be1]}" 9 || fail "del: $(key fe show)"
}

# A stolen key goes at once, whoever still signs with it.
forced() {
	local be=${ADDR[be1]} fe=${ADDR[fe]}

	cluster_start
	key fe add "$be" 2 secret-file "<(echo $OTHER)" || fail "add"
	key be1 add "$fe" 2 secret-file "<(echo $OTHER)" || fail "add"
	key fe use "$be" 2
	key_refused be1 "in use" del "$fe" 1 force
	# be1 has not been told to ask for another one
	key_refused fe "or force" del "$be" 1
	remember
	key fe del "$be" 1 force || fail "del"
	until_counted fe ChannelUp 1
	counted fe.ChannelDown == 1
	key fe show | grep -w "peer $be" | grep -qw "id 1" && fail "still there"
	traffic -n 5 -B 0 -E adopted -e be1

	key fe add "$be" 1 secret-file "<(echo $SECRET)"
	key fe use "$be" 1
	wait_has fe be1 1 heard
	key fe del "$be" 2 force || fail "del"
	key be1 del "$fe" 2 force || fail "del"
	until_true fe "$TCPHANDOFF peer show $be | grep -w up" 10 || fail "down"
}

keys_refused() {
	local be=${ADDR[be1]} fe=${ADDR[fe]} i

	key_refused fe "16 to 80 bytes" add "$be" 2 secret-file "<(echo short)"
	key_refused fe "16 to 80 bytes" add "$be" 2 \
		secret-file "<(head -c 81 /dev/zero)"
	key_refused fe "no such algorithm" add "$be" 2 algorithm rot13 \
		secret-file "<(echo $OTHER)"
	key_refused fe "no peer with this address" add 10.0.0.9 2 \
		secret-file "<(echo $OTHER)"
	key_refused fe "too big" add "$be" 256 secret-file "<(echo $OTHER)"
	key_refused fe "secret-file" add "$be" 2
	key_refused fe "no key with this id" del "$be" 77
	for i in 2 3 4; do
		key be1 add "$fe" "$i" secret-file "<(echo $OTHER)"
	done
	key_refused be1 "at most 4" add "$fe" 5 secret-file "<(echo $OTHER)"
	for i in 2 3 4; do
		key be1 del "$fe" "$i" || fail "del"
	done
	node_sh client "$TCPHANDOFF peer add 10.0.0.9 back-end" 2>&1 |
		grep "no key" || fail "a peer without a key"
	node_sh client "$TCPHANDOFF peer add 10.0.0.9 back-end unauthenticated \
		key 1 secret-file <(echo $OTHER)" 2>&1 |
		grep "peer that is unauthenticated" || fail "both"
}

secrets_stay_secret() {
	local what

	for what in "key show" "peer show" "config show"; do
		node_sh fe "$TCPHANDOFF $what; $TCPHANDOFF -j $what" |
			grep -F "$SECRET" && fail "$what shows it"
	done
	key fe show | grep "hmac(sha256)" || fail "no key is shown"
}

run_tests moves unsigned_stranger unsigned_front_end unlisted_with_key \
	front_end_with_wrong_key garbage_with_key different_secrets \
	spoofed_reset spoofed_data altered replayed rotation \
	forced newer_key_on_one_side keys_refused secrets_stay_secret
