// SPDX-License-Identifier: GPL-2.0
/// Existing kernel code calls hooks, never what is behind them: the inline
/// hook in include/net/tcp_handoff.h has the static key and the =n stub.
// Files: hooks

virtual report

@call@
identifier f =~ "^__tcp_handoff_";
position p;
@@

f@p(...)

@script:python depends on report@
f << call.f;
p << call.p;
@@

coccilib.report.print_report(p[0], "%s() is called without its guard" % f)
