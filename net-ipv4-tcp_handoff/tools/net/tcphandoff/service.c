// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff service, group: what the kernel dispatches, and by what. */
#include <arpa/inet.h>

#include "tcphandoff.h"

/* Request and names of its fields differ, their functions do not. */
#define PARAM_OPTION(type, req, a)					\
	(arg_is(a, "t-low") ?						\
	 type##_set_params_t_low(req, arg_u32(a)), true :		\
	 arg_is(a, "t-high") ?						\
	 type##_set_params_t_high(req, arg_u32(a)), true :		\
	 arg_is(a, "k-ms") ?						\
	 type##_set_params_k_ms(req, arg_u32(a)), true :		\
	 arg_is(a, "miss-cost") ?					\
	 type##_set_params_miss_cost(req, arg_u32(a)), true :		\
	 arg_is(a, "bound") ?						\
	 type##_set_params_bound(req, arg_u32(a)), true : false)

#define LIMIT_OPTION(type, req, a)					\
	(arg_is(a, "head-size") ?					\
	 type##_set_head_size(req, arg_u32(a)), true :			\
	 arg_is(a, "head-ms") ?						\
	 type##_set_head_ms(req, arg_u32(a)), true :			\
	 arg_is(a, "waiting") ?						\
	 type##_set_waiting_max(req, arg_u32(a)), true : false)

static __u32 arg_u32(struct args *a)
{
	return arg_number(a, "number", 0xffffffff);
}

static void service_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_service_add_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_service_add_req_set_addr(&req, addr);
	tcp_handoff_svc_service_add_req_set_port(&req, port);
	while (a->argc) {
		if (arg_is(a, "scheduler"))
			tcp_handoff_svc_service_add_req_set_scheduler(&req, arg_next(a, "scheduler"));
		else if (!PARAM_OPTION(tcp_handoff_svc_service_add_req, &req, a) &&
			 !LIMIT_OPTION(tcp_handoff_svc_service_add_req, &req, a))
			arg_end(a);
	}
	if (tcp_handoff_svc_service_add(ys, &req))
		fail_ynl(ys);
}

static void service_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_service_set_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_service_set_req_set_addr(&req, addr);
	tcp_handoff_svc_service_set_req_set_port(&req, port);
	if (!a->argc)
		usage_error("nothing to set");
	while (a->argc) {
		if (!LIMIT_OPTION(tcp_handoff_svc_service_set_req, &req, a))
			arg_end(a);
	}
	if (tcp_handoff_svc_service_set(ys, &req))
		fail_ynl(ys);
}

static void service_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_service_del_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	arg_end(a);
	tcp_handoff_svc_service_del_req_set_addr(&req, addr);
	tcp_handoff_svc_service_del_req_set_port(&req, port);
	if (tcp_handoff_svc_service_del(ys, &req))
		fail_ynl(ys);
}

static void service_show(struct ynl_sock *ys)
{
	struct tcp_handoff_svc_service_get_rsp_list *list;

	list = tcp_handoff_svc_service_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, svc) {
		out_begin();
		out_endpoint("service", svc->addr, svc->port);
		out_num("head_size", svc->head_size);
		out_num("head_ms", svc->head_ms);
		out_num("waiting_max", svc->waiting_max);
		out_break();
		out_num("waiting", svc->waiting);
		out_num("answering", svc->answering);
		out_num("accepted", svc->accepted);
		out_num("dispatched", svc->dispatched);
		out_num("again", svc->again);
		out_num("answered", svc->answered);
		out_end();
	}
	out_list_end();
	tcp_handoff_svc_service_get_rsp_list_free(list);
}

void cmd_service(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		service_add(ys, a);
	} else if (arg_is(a, "set")) {
		service_set(ys, a);
	} else if (arg_is(a, "del")) {
		service_del(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		service_show(ys);
	}
}

static void group_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_group_add_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_group_add_req_set_addr(&req, addr);
	tcp_handoff_svc_group_add_req_set_port(&req, port);
	tcp_handoff_svc_group_add_req_set_name(&req, arg_next(a, "name"));
	while (a->argc) {
		if (arg_is(a, "scheduler"))
			tcp_handoff_svc_group_add_req_set_scheduler(&req, arg_next(a, "scheduler"));
		else if (!PARAM_OPTION(tcp_handoff_svc_group_add_req, &req, a))
			arg_end(a);
	}
	if (tcp_handoff_svc_group_add(ys, &req))
		fail_ynl(ys);
}

static void group_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_group_set_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_group_set_req_set_addr(&req, addr);
	tcp_handoff_svc_group_set_req_set_port(&req, port);
	tcp_handoff_svc_group_set_req_set_name(&req, arg_next(a, "name"));
	if (!a->argc)
		usage_error("nothing to set");
	while (a->argc) {
		if (arg_is(a, "scheduler"))
			tcp_handoff_svc_group_set_req_set_scheduler(&req, arg_next(a, "scheduler"));
		else if (!PARAM_OPTION(tcp_handoff_svc_group_set_req, &req, a))
			arg_end(a);
	}
	if (tcp_handoff_svc_group_set(ys, &req))
		fail_ynl(ys);
}

static void group_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_svc_group_del_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	tcp_handoff_svc_group_del_req_set_addr(&req, addr);
	tcp_handoff_svc_group_del_req_set_port(&req, port);
	tcp_handoff_svc_group_del_req_set_name(&req, arg_next(a, "name"));
	arg_end(a);
	if (tcp_handoff_svc_group_del(ys, &req))
		fail_ynl(ys);
}

static void group_show(struct ynl_sock *ys)
{
	struct tcp_handoff_svc_group_get_rsp_list *list;

	list = tcp_handoff_svc_group_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, g) {
		out_begin();
		out_endpoint("service", g->addr, g->port);
		out_str("group", "%s", g->name);
		out_str("scheduler", "%s", g->scheduler);
		out_break();
		out_num("t_low", g->params.t_low);
		out_num("t_high", g->params.t_high);
		out_num("k_ms", g->params.k_ms);
		out_num("miss_cost", g->params.miss_cost);
		out_num("bound", g->params.bound);
		out_end();
	}
	out_list_end();
	tcp_handoff_svc_group_get_rsp_list_free(list);
}

void cmd_group(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		group_add(ys, a);
	} else if (arg_is(a, "set")) {
		group_set(ys, a);
	} else if (arg_is(a, "del")) {
		group_del(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		group_show(ys);
	}
}
