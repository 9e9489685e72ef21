#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# samples/tcp_handoff/url_dispatch as the front end: where a request goes, and
# what becomes of a connection that no back end takes.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

SAMPLE=${HANDOFF_SAMPLE:-$(command -v url_dispatch ||
	echo "$HERE/../../../../../samples/tcp_handoff/url_dispatch")}

# What the sample does, see there.
TRIES_MAX=5
# 20 ms, doubled with every try that has failed: before the second to the last
BACKOFF_MS=$((40 + 80 + 160 + 320))

# sample ROUTE...
sample() {
	[[ -x $SAMPLE ]] || skip "no url_dispatch: make samples/tcp_handoff"
	start fe "exec $SAMPLE -l $VIP:$PORT $*"
	JOB_fe=$JOB
	until_true fe "ss -Hltn sport = :$PORT | grep -q ." ||
		fail "does not listen: $(node_wait "$JOB" 2>&1)"
}

httpd_on() { start_ready "$1" "exec ./httpd -l 0.0.0.0:$PORT -t $1"; }

# ask REQUEST [BODY-BYTES]: $STATUS and $BODY of the response, which ends with the
# connection, and not with a reset; $MS, how long it took.  The request is sent
# in one piece, with the zeros of its body.
ask() {
	local answer

	CURRENT=false
	answer=$(node_sh client "
		exec 3<> /dev/tcp/$VIP/$PORT || exit
		from=\${EPOCHREALTIME/./}
		{ printf '$1'; head -c ${2:-0} /dev/zero; } |
			dd bs=64k iflag=fullblock status=none >&3
		timeout 20 cat <&3 || exit
		echo \"\$(((\${EPOCHREALTIME/./} - from) / 1000)) ms\"") ||
		fail "'$1': no answer: $answer"
	MS=$(sed -n '$s/ ms$//p' <<< "$answer")
	STATUS=$(sed -n '1s/^HTTP\/1.1 \(...\) .*/\1/p' <<< "$answer")
	BODY=$(sed -n '/^\r$/,$p' <<< "$answer" | sed '1d;$d')
	echo "${1:0:60}: $STATUS '$BODY' $MS ms"
}

get() { ask "GET $1 HTTP/1.1\r\nHost: test\r\n\r\n"; }
post() { ask "POST $1 HTTP/1.1\r\nContent-Length: $2\r\n\r\n" "$2"; }

# comes_from BACK-END PATH [BODY-BYTES]: the answer to "ask", of httpd
comes_from() {
	local adopted=2

	[[ $STATUS == 200 && $BODY == "$1 $adopted $2 ${3:-0}" ]] ||
		fail "wanted the answer of $1"
}

# told WORDS NUMBER: so many lines of what the sample has said
told() {
	local said

	said=$(end "$JOB_fe" 2>&1)
	echo "$said"
	[[ $(grep -cF "$1" <<< "$said") == "$2" ]] || fail "not $2 of '$1'"
}

# The first prefix that fits
by_prefix() {
	httpd_on be1
	httpd_on be2
	sample "/a/=${ADDR[be1]} /a/b/=${ADDR[be2]} /b=${ADDR[be2]}"
	remember
	get /a/x
	comes_from be1 /a/x
	get /a/b/x
	comes_from be1 /a/b/x
	get /b/a/
	comes_from be2 /b/a/
	get /bcd
	comes_from be2 /bcd
	counted be1.Adopted == 2 be2.Adopted == 2
	counted_handoffs 4
}

# All of a request is for the back end, whatever bytes are in its body; some of
# them come with the head.
body_goes_along() {
	httpd_on be1
	sample "/=${ADDR[be1]}"
	remember
	post /up 50000
	comes_from be1 /up 50000
	counted_handoffs 1
}

# itself STATUS REQUEST: no back end is asked
itself() {
	ask "$2"
	[[ $STATUS == "$1" ]] || fail "wanted $1"
	counted fe.Captured == 0
}

answers_itself() {
	local long

	sample "/a/=${ADDR[be1]}"
	remember
	itself 404 "GET /b HTTP/1.1\r\n\r\n"
	itself 400 "GET a HTTP/1.1\r\n\r\n"
	itself 400 "GET /a/x\r\n\r\n"
	itself 400 "hello"
	itself 400 "GET /a/x HTTP/1.1\r\n\0\r\n\r\n"
	# No end of the head in as much as is looked at, and nothing behind it
	printf -v long '%08185d' 0
	itself 431 "GET /a/$long"
}

# Nothing listens on be1.  Each time the connection comes back the sample waits
# longer, then it answers.
gives_up() {
	httpd_on be2
	sample "/a/=${ADDR[be1]} /=${ADDR[be2]}"
	remember
	get /a/x
	[[ $STATUS == 503 ]] || fail "wanted 503"
	((MS >= BACKOFF_MS)) || fail "wanted $BACKOFF_MS ms"
	counted fe.Captured == $TRIES_MAX fe.Returned == $TRIES_MAX \
		be1.RefusedNoListener == $TRIES_MAX be2.Adopted == 0
	get /b/x
	comes_from be2 /b/x
	told "connection came back: Connection refused" $TRIES_MAX
}

# It has not read the request, but does so before it closes.
gives_up_with_a_body() {
	sample "/=${ADDR[be1]}"
	remember
	post /up 50000
	[[ $STATUS == 503 ]] || fail "wanted 503"
	counted fe.Captured == $TRIES_MAX fe.Returned == $TRIES_MAX
}

gives_up_many() {
	local conns=20 got

	sample "/=${ADDR[be1]}"
	remember
	got=$(node_sh client "
		for ((i = 0; i < $conns; i++)); do
			{
				exec 3<> /dev/tcp/$VIP/$PORT &&
				printf 'GET / HTTP/1.1\r\n\r\n' >&3 &&
				timeout 20 cat <&3
			} &
		done
		wait" | grep -c "^HTTP/1.1 503 ")
	[[ $got == "$conns" ]] || fail "wanted $conns times 503, got $got"
	counted fe.Captured == $((conns * TRIES_MAX)) \
		fe.Returned == $((conns * TRIES_MAX))
}

# The kernel does not even take the connection: the same, without a journey.
no_such_back_end() {
	sample "/=10.0.0.9"
	remember
	get /
	[[ $STATUS == 503 ]] || fail "wanted 503"
	((MS >= BACKOFF_MS)) || fail "wanted $BACKOFF_MS ms"
	counted fe.Captured == 0 fe.RefusedNoPeer == $TRIES_MAX
	told "handoff to 10.0.0.9: No such file" $TRIES_MAX
}

# A prefix that is given again: one back end after the other
in_reserve() {
	httpd_on be2
	sample "/a/=${ADDR[be1]} /a/=${ADDR[be2]} /=${ADDR[be1]}"
	remember
	get /a/x
	comes_from be2 /a/x
	counted fe.Captured == 2 fe.Returned == 1 be1.RefusedNoListener == 1 \
		be2.Adopted == 1
	post /a/y 50000
	comes_from be2 /a/y 50000
	counted fe.Captured == 4 fe.Returned == 2
	told "connection came back: Connection refused" 2
}

# Returned twice, and then taken
third_time_lucky() {
	httpd_on be2
	sample "/=${ADDR[be1]} /=${ADDR[be1]} /=${ADDR[be2]}"
	remember
	get /x
	comes_from be2 /x
	counted fe.Captured == 3 fe.Returned == 2 be1.RefusedNoListener == 2
}

run_tests by_prefix body_goes_along answers_itself gives_up \
	gives_up_with_a_body gives_up_many no_such_back_end in_reserve \
	third_time_lucky
