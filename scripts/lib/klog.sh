# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernel logs: anything a kernel complains about fails the run it happened in,
# whatever the tests themselves say.

KLOG_TROUBLE='WARNING:|BUG:|BUG |Call Trace|KASAN:|UBSAN:|KMSAN:|Oops|ODEBUG:'
KLOG_TROUBLE+='|possible recursive locking|possible circular locking'
KLOG_TROUBLE+='|inconsistent lock state|suspicious RCU usage|bad unlock balance'
KLOG_TROUBLE+='|held lock freed|DEBUG_LOCKS_WARN_ON|scheduling while atomic'
KLOG_TROUBLE+='|sleeping function called|INFO: task |INFO: rcu|rcu: INFO'
KLOG_TROUBLE+='|general protection fault|Kernel panic|refcount_t:|leaked'
KLOG_TROUBLE+='|unreferenced object|new suspected memory leaks'
KLOG_TROUBLE+='|unregister_netdevice: waiting|stack-protector'

# klog_check NAME LOG: 1, and the place, if the kernel complained.  Lines of
# KTAP are none of the kernel: a test may well be called "leaked".
klog_check() {
	local found
	found=$(sed -E 's/^\[ *[0-9.]+\] //; s/\r$//' "$2" |
		grep -avE '^ *(not )?ok [0-9]|^ *# |^ *(KTAP|TAP) version' |
		grep -aE -m 1 -B 5 -A 40 "$KLOG_TROUBLE") || return 0
	say "$1: the kernel complains (${2#"$REPO/"}):"
	say "$found"
	return 1
}
