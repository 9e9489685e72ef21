// SPDX-License-Identifier: GPL-2.0
/// An inline hook goes out of line only behind the static key.  Socket
/// options are behind their number instead: they work before anything is
/// configured, and say so.
// Files: header

virtual report

@keyed@
identifier hook;
position p;
@@

hook@p(...)
{
	<+... tcp_handoff_enabled() ...+>
}

@bare@
identifier hook !~ "sockopt$";
identifier f =~ "^__tcp_handoff_";
position p != keyed.p, q;
@@

hook@p(...)
{
	<+... f@q(...) ...+>
}

@script:python depends on report@
hook << bare.hook;
f << bare.f;
q << bare.q;
@@

coccilib.report.print_report(q[0], "%s() calls %s() without asking tcp_handoff_enabled()" % (hook, f))
