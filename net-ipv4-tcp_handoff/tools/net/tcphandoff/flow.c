// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff flow: connections that pass or passed through this host. */
#include "tcphandoff.h"

static void names_print(const struct tcp_handoff_flow_get_rsp *flow)
{
	out_id(flow->boot_id, flow->seq);
	out_str("state", "%s", tcp_handoff_flow_state_str(flow->state));
	out_endpoint("client", flow->client_addr, flow->client_port);
	out_endpoint("vip", flow->vip_addr, flow->vip_port);
	if (flow->_present.peer)
		out_addr("peer", flow->peer);
	out_num("epoch", flow->epoch);
	out_num("attempts", flow->attempts);
}

static void times_print(const struct tcp_handoff_flow_get_rsp *flow)
{
	if (flow->_present.technique_len)
		out_str("technique", "%s", flow->technique);
	if (flow->_present.handoff_us)
		out_num("handoff_us", flow->handoff_us);
	if (flow->_present.adopt_us)
		out_num("adopt_us", flow->adopt_us);
	out_num("age_ms", flow->age_ms);
	out_num("idle_ms", flow->idle_ms);
}

void flow_print(const struct tcp_handoff_flow_get_rsp *flow)
{
	if (flow->_present.event)
		out_str("event", "%s", tcp_handoff_event_str(flow->event));
	names_print(flow);
	out_break();
	times_print(flow);
	out_num("packets", flow->packets);
	out_num("bytes", flow->bytes);
	out_num("held_bytes", flow->held_bytes);
	if (flow->cookie)
		out_str("cookie", "%#llx", (unsigned long long)flow->cookie);
	if (flow->_present.reason) {
		out_break();
		out_num("reason", flow->reason);
		out_str("reason_text", "%s", flow->reason_text);
	}
}

static void show_one(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_flow_get_req req = {};
	struct tcp_handoff_flow_get_rsp *flow;
	__u64 boot_id, seq;

	arg_flow_id(a, &boot_id, &seq);
	arg_end(a);
	tcp_handoff_flow_get_req_set_boot_id(&req, boot_id);
	tcp_handoff_flow_get_req_set_seq(&req, seq);
	flow = tcp_handoff_flow_get(ys, &req);
	if (!flow)
		fail_ynl(ys);
	out_list_begin();
	out_begin();
	flow_print(flow);
	out_end();
	out_list_end();
	tcp_handoff_flow_get_rsp_free(flow);
}

static void show_all(struct ynl_sock *ys)
{
	struct tcp_handoff_flow_get_list *list;

	list = tcp_handoff_flow_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, flow) {
		out_begin();
		flow_print(flow);
		out_end();
	}
	out_list_end();
	tcp_handoff_flow_get_list_free(list);
}

void cmd_flow(struct ynl_sock *ys, struct args *a)
{
	arg_is(a, "show");
	if (a->argc)
		show_one(ys, a);
	else
		show_all(ys);
}
