# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The programs that run on the nodes: tcphandoff, url_dispatch, the selftests.
# The first two end up in build/bin, the selftests where they lie in the tree.

load setup prepare

SELFTESTS=$LINUX/tools/testing/selftests/net/tcp_handoff

need_tools() {
	need_source
	with_lock build_tools
}

build_tools() {
	local log=$LOGS/build-tools.log

	prepare_tree
	mkdir -p "$BUILD/bin" "$BUILD/out-tools" "$LOGS"
	if ! make_tools > "$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "the tools do not build"
	fi
	grep 'warning:' "$log" >&2 || true
}

make_tools() {
	unset ARCH KBUILD_OUTPUT MAKEFLAGS MAKELEVEL CROSS_COMPILE
	make -C "$LINUX/tools/net/tcphandoff" O="$BUILD/out-tools" &&
	make -C "$LINUX/samples/tcp_handoff" OUTPUT="$BUILD/bin/" &&
	make -C "$SELFTESTS" &&
	install -C "$BUILD/out-tools/tcphandoff" "$BUILD/bin/"
}
