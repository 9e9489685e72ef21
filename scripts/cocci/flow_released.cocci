// SPDX-License-Identifier: GPL-2.0
/// Who gets a flow, by capture, by name or freshly made, passes it on or puts
/// it on every path: one that is forgotten holds packets of a client until
/// its deadline, or for ever.
// Files: ours

virtual report

@lost exists@
identifier fn;
local idexpression struct tcp_handoff_flow *flow;
expression E;
position p;
@@

fn(...)
{
	... when any
(
	flow@p = tcp_handoff_capture(...);
|
	flow@p = tcp_handoff_flow_find(...);
|
	flow@p = tcp_handoff_flow_alloc(...);
)
	... when != tcp_handoff_send(flow)
	    when != tcp_handoff_send_home(flow)
	    when != tcp_handoff_flow_put(flow)
	    when != E = flow
	    when != return flow;
	    when != true !flow
	    when != true !flow || ...
	    when != false flow
	    when != false flow && ...
}

@script:python depends on report@
fn << lost.fn;
p << lost.p;
@@

coccilib.report.print_report(p[0], "%s() loses this flow on some path" % fn)
