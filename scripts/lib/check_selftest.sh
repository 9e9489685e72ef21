# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A check that cannot fail is worse than none: for each of them something is
# broken in a copy, and it must say what.

# CHECK  FAULT (a function below)  WHAT IT MUST SAY
FAULTS='
map		stray_file		no line of overlay.map
map		second_owner		several lines of overlay.map
map		dead_line		no file for
series		missing_patch		is not in patches/
series		forgotten_patch		is not in series
series		trailing_comment	comments only
patches		new_file_in_patch	creates or removes
patches		wrong_context		does not apply
refresh		old_diffstat		quilt refresh changes
headers		unsigned		no Signed-off-by
headers		long_line		longer than 75
hooks		ifdef			#if in a C file
export		garbled_mail		differ
ynl		stale_netlink		netlink_gen.c
maintainers	dead_pattern		nothing is
pitfalls	imagined_test		there is no netem/imagined
config		missing_config		CONFIG_HANDOFF_FAULT
mutants		stale_edit		changes nothing
mutants		lost_test		there is no test
shell		broken_script		fault.sh
checkpatch	bad_style		SPACING
kerneldoc	undocumented		fault
build		warning			fault
sparse		wrong_endian		incorrect type
coccinelle	null_check		NULL check before
rules		unguarded_hook		without its guard
rules		bare_hook		unconditionally
rules		lost_flow		loses this flow
rules		locked_sleep		may sleep
rules		locked_alloc		may sleep
off		changed_object		differs
'

check_selftest() {
	with_lock selftest_all "$@"
}

selftest_all() {
	local check fault text out rc n=0 bad=0
	build_env
	scratch
	REAL=$SERIES_ROOT
	SERIES_ROOT=$BUILD/selftest/root
	LINUX=$BUILD/selftest/linux
	mkdir -p "$SERIES_ROOT"
	FAULTS=$(IFS='|'; grep -E "^(${*:-.+})[[:space:]]" <<< "$FAULTS" |
		tr -s '\t')
	echo "KTAP version 1"
	echo "1..$(wc -l <<< "$FAULTS")"
	while IFS=$'\t' read -r check fault text; do
		rsync -a --delete --exclude=/build --exclude=/.git \
			"$REAL/" "$SERIES_ROOT/"
		"fault_$fault"
		# A broken series cannot be prepared; then the check is about it.
		(prepare_tree) > /dev/null 2>&1 || true
		rc=0
		out=$(set -e; "check_$check" 2>&1 < /dev/null) || rc=$?
		if ((rc)) && grep -qF -- "$text" <<< "$out"; then
			echo "ok $((++n)) $check: $fault"
		else
			sed 's/^/# /' <<< "$out" | head -n 20
			echo "not ok $((++n)) $check: $fault (status $rc)"
			bad=1
		fi
		unset -f fault_hook
	done <<< "$FAULTS"
	return "$bad"
}

fault_stale_edit() {
	printf '\nfault\nnet/ipv4/tcp_handoff/main.c\ns/no such thing//\nfuzz\n' \
		>> "$SERIES_ROOT/scripts/mutants"
}

fault_lost_test() {
	printf '\nfault\nnet/ipv4/tcp_handoff/main.c\ns/static/extern/\nbasic/fault\n' \
		>> "$SERIES_ROOT/scripts/mutants"
}

src() { printf '%s\n' "$SERIES_ROOT/net-ipv4-tcp_handoff/$1"; }
patch_with() { grep -lE -- "$1" "$SERIES_ROOT"/patches/*.patch | head -n 1; }
# append FILE < TEXT, to a new C file
append() { cat >> "$(src "$1")"; }

fault_stray_file() { : > "$(src stray.S)"; }
fault_second_owner() {
	echo "0001 net-ipv4-tcp_handoff/s*.c" >> "$SERIES_ROOT/scripts/overlay.map"
}
fault_dead_line() {
	echo "0001 net-ipv4-tcp_handoff/none.c" >> "$SERIES_ROOT/scripts/overlay.map"
}
fault_missing_patch() { echo 0099-none.patch >> "$SERIES_ROOT/series"; }
fault_forgotten_patch() { sed -i 3d "$SERIES_ROOT/series"; }
fault_trailing_comment() { sed -i '2s/$/ # why/' "$SERIES_ROOT/series"; }
fault_new_file_in_patch() {
	printf '%s\n' '--- /dev/null' '+++ b/net/ipv4/fault.c' '@@ -0,0 +1 @@' \
		'+int fault;' >> "$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
fault_wrong_context() {
	sed -i '0,/^ #include <net\/tcp.h>/s//& \/* fault *\//' \
		"$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
fault_old_diffstat() {
	sed -i '0,/ | \+[0-9]\+ /s/ | \( *\)[0-9]\+ / | \177 /' \
		"$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
fault_unsigned() {
	sed -i /^Signed-off-by/d "$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
fault_long_line() {
	sed -i "0,/^\$/s//\n$(printf 'word %.0s' {1..20})/" \
		"$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
fault_ifdef() {
	sed -i '0,/^+#include <net\/tcp_handoff.h>/s//+#ifdef CONFIG_TCP_HANDOFF/' \
		"$(patch_with '^\+\+\+ b/net/ipv4/tcp.c')"
}
# Mail may be mangled; it must show.
fault_garbled_mail() {
	load export
	eval "real_$(declare -f export_series)"
	export_series() {
		real_export_series "$@"
		sed -i 's/^+#include "handoff.h"/+#include "handoff_fault.h"/' \
			"$1"/*.patch
	}
}
fault_stale_netlink() { echo "/* fault */" | append netlink_gen.c; }
fault_dead_pattern() {
	sed -i -E '0,/^\+F:/s,^\+F:.*,+F:\tnet/ipv4/fault/,' \
		"$(patch_with '^\+F:')"
}
fault_imagined_test() {
	sed -i 's,netem/reordering,netem/imagined,' \
		"$(src Documentation/networking/tcp_handoff.rst)"
}
fault_missing_config() {
	echo CONFIG_HANDOFF_FAULT=y |
		append tools/testing/selftests/net/tcp_handoff/config
}
fault_broken_script() {
	# shellcheck disable=SC2016
	printf '#!/bin/bash\nx=1\nif [ $x = 1 ; then echo; fi\n' \
		> "$SERIES_ROOT/scripts/fault.sh"
}
fault_bad_style() { echo 'int  fault ;' | append sender.c; }
fault_undocumented() {
	append sender.c <<-'EOT'

	/**
	 * fault() - a parameter without a word
	 */
	void fault(int parameter)
	{
	}
	EOT
}
fault_warning() { echo 'static const int fault = 1;' | append sender.c; }
fault_wrong_endian() {
	append sender.c <<-'EOT'
	__be32 fault(u32 x);
	__be32 fault(u32 x)
	{
		return x;
	}
	EOT
}
fault_null_check() {
	append sender.c <<-'EOT'
	static void __maybe_unused fault(void *p)
	{
		if (p)
			kfree(p);
	}
	EOT
}
fault_unguarded_hook() {
	sed -i 's/^+\(.*\)\btcp_handoff_v4_err(/+\1__tcp_handoff_v4_err(/' \
		"$(patch_with '^\+.*tcp_handoff_v4_err')"
}
fault_bare_hook() {
	append include/net/tcp_handoff.h <<-'EOT'
	static inline void tcp_handoff_fault(struct sock *sk, struct sk_buff *skb)
	{
		__tcp_handoff_v4_err(sk, skb);
	}
	EOT
}
fault_lost_flow() {
	append sender.c <<-'EOT'
	static int __maybe_unused fault(struct tcp_handoff_net *hnet, int x)
	{
		struct tcp_handoff_flow *flow;

		flow = tcp_handoff_flow_find(hnet, 1, 2);
		if (!flow)
			return -ENOENT;
		if (x)
			return -EINVAL;
		tcp_handoff_flow_put(flow);
		return 0;
	}
	EOT
}
# Through a function of ours, which is harder to see
fault_locked_sleep() {
	append sender.c <<-'EOT'
	static void fault_inner(void)
	{
		msleep(1);
	}

	static void __maybe_unused fault(struct tcp_handoff_flow *flow)
	{
		spin_lock_bh(&flow->lock);
		if (flow->closed)
			fault_inner();
		spin_unlock_bh(&flow->lock);
	}
	EOT
}
fault_locked_alloc() {
	append sender.c <<-'EOT'
	static void *__maybe_unused fault(struct sock *sk)
	{
		void *p;

		bh_lock_sock(sk);
		p = kmalloc(10, GFP_KERNEL);
		bh_unlock_sock(sk);
		return p;
	}
	EOT
}
fault_changed_object() {
	sed -i 's/^+\ttcp_handoff_seq_show(seq);/+\tseq_putc(seq, 10);/' \
		"$(patch_with '^\+.*tcp_handoff_seq_show')"
}
