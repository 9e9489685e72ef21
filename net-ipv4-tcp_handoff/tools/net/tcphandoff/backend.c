// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff backend: the back ends of a service. */
#include <arpa/inet.h>

#include "tcphandoff.h"

static __u32 arg_weight(struct args *a)
{
	return arg_number(a, "weight", 65535);
}

static void backend_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_backend_add_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_backend_add_req_set_addr(&req, addr);
	tcp_handoff_svc_backend_add_req_set_port(&req, port);
	tcp_handoff_svc_backend_add_req_set_peer(&req, arg_addr(a, "back end"));
	while (a->argc) {
		if (arg_is(a, "group"))
			tcp_handoff_svc_backend_add_req_set_group(&req, arg_next(a, "group"));
		else if (arg_is(a, "weight"))
			tcp_handoff_svc_backend_add_req_set_weight(&req, arg_weight(a));
		else
			arg_end(a);
	}
	if (tcp_handoff_svc_backend_add(ys, &req))
		fail_ynl(ys);
}

static void backend_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_backend_set_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_backend_set_req_set_addr(&req, addr);
	tcp_handoff_svc_backend_set_req_set_port(&req, port);
	tcp_handoff_svc_backend_set_req_set_peer(&req, arg_addr(a, "back end"));
	while (a->argc) {
		if (arg_is(a, "group"))
			tcp_handoff_svc_backend_set_req_set_group(&req, arg_next(a, "group"));
		else if (arg_is(a, "weight"))
			tcp_handoff_svc_backend_set_req_set_weight(&req, arg_weight(a));
		else
			arg_end(a);
	}
	if (tcp_handoff_svc_backend_set(ys, &req))
		fail_ynl(ys);
}

static void backend_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_backend_del_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_backend_del_req_set_addr(&req, addr);
	tcp_handoff_svc_backend_del_req_set_port(&req, port);
	tcp_handoff_svc_backend_del_req_set_peer(&req, arg_addr(a, "back end"));
	if (arg_is(a, "group"))
		tcp_handoff_svc_backend_del_req_set_group(&req, arg_next(a, "group"));
	arg_end(a);
	if (tcp_handoff_svc_backend_del(ys, &req))
		fail_ynl(ys);
}

static void backend_show(struct ynl_sock *ys)
{
	struct tcp_handoff_svc_backend_get_rsp_list *list;

	list = tcp_handoff_svc_backend_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, be) {
		out_begin();
		out_endpoint("service", be->addr, be->port);
		out_str("group", "%s", be->group);
		out_addr("backend", be->peer);
		out_num("weight", be->weight);
		out_str("usable", "%s", be->usable ? "yes" : "no");
		out_num("load", be->load);
		out_num("assigned", be->assigned);
		out_end();
	}
	out_list_end();
	tcp_handoff_svc_backend_get_rsp_list_free(list);
}

void cmd_backend(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		backend_add(ys, a);
	} else if (arg_is(a, "set")) {
		backend_set(ys, a);
	} else if (arg_is(a, "del")) {
		backend_del(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		backend_show(ys);
	}
}
