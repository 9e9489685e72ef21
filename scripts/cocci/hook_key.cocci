// SPDX-License-Identifier: GPL-2.0
/// An inline hook goes out of line only behind a condition: the static key,
/// or what only configured hosts have.  Socket options are behind their number
/// instead: they work before anything is configured, and say so.
// Files: header

virtual report

@keyed@
identifier hook;
expression E;
position p;
@@

hook@p(...)
{
	<+...
(
	tcp_handoff_enabled()
|
	static_branch_unlikely(E)
)
	...+>
}

@branched@
identifier hook;
expression E;
statement S;
position p;
@@

hook@p(...)
{
	... when any
	if (E) S
	... when any
}

@bare@
identifier hook !~ "sockopt$";
identifier f =~ "^__tcp_handoff_";
position p != {keyed.p, branched.p}, q;
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

coccilib.report.print_report(q[0], "%s() calls %s() unconditionally" % (hook, f))
