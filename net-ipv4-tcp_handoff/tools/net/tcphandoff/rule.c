// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff rule: which requests go to which group. */
#include <arpa/inet.h>

#include "tcphandoff.h"

static void rule_path(struct tcp_handoff_svc_rule_add_req *req,
		      struct args *a, enum tcp_handoff_svc_path match)
{
	if (req->_present.path_len)
		usage_error("a rule has one path");
	tcp_handoff_svc_rule_add_req_set_match(req, match);
	tcp_handoff_svc_rule_add_req_set_path(req, arg_next(a, "path"));
}

static void rule_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_rule_add_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_rule_add_req_set_addr(&req, addr);
	tcp_handoff_svc_rule_add_req_set_port(&req, port);
	while (a->argc) {
		if (arg_is(a, "at"))
			tcp_handoff_svc_rule_add_req_set_at(&req, arg_number(a, "place", 0xffffffff));
		else if (arg_is(a, "host"))
			tcp_handoff_svc_rule_add_req_set_host(&req, arg_next(a, "host"));
		else if (arg_is(a, "prefix"))
			rule_path(&req, a, TCP_HANDOFF_SVC_PATH_PREFIX);
		else if (arg_is(a, "exact"))
			rule_path(&req, a, TCP_HANDOFF_SVC_PATH_EXACT);
		else if (arg_is(a, "group"))
			tcp_handoff_svc_rule_add_req_set_group(&req, arg_next(a, "group"));
		else
			arg_end(a);
	}
	if (!req._present.group_len)
		usage_error("group is missing");
	if (tcp_handoff_svc_rule_add(ys, &req))
		fail_ynl(ys);
}

static void rule_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_rule_del_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_rule_del_req_set_addr(&req, addr);
	tcp_handoff_svc_rule_del_req_set_port(&req, port);
	tcp_handoff_svc_rule_del_req_set_at(&req, arg_number(a, "place", 0xffffffff));
	arg_end(a);
	if (tcp_handoff_svc_rule_del(ys, &req))
		fail_ynl(ys);
}

static void rule_show(struct ynl_sock *ys)
{
	struct tcp_handoff_svc_rule_get_rsp_list *list;

	list = tcp_handoff_svc_rule_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, rule) {
		out_begin();
		out_endpoint("service", rule->addr, rule->port);
		out_num("at", rule->at);
		if (rule->_present.host_len)
			out_str("host", "%s", rule->host);
		if (rule->_present.path_len)
			out_str(tcp_handoff_svc_path_str(rule->match), "%s",
				rule->path);
		out_str("group", "%s", rule->group);
		out_num("hits", rule->hits);
		out_end();
	}
	out_list_end();
	tcp_handoff_svc_rule_get_rsp_list_free(list);
}

void cmd_rule(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		rule_add(ys, a);
	} else if (arg_is(a, "del")) {
		rule_del(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		rule_show(ys);
	}
}
