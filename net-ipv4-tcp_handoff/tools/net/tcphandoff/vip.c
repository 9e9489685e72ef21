// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff vip: virtual IP addresses. */
#include <arpa/inet.h>

#include "tcphandoff.h"

struct vip {
	__u32 addr;
	__u16 port;
	__u32 flags;
	const char *dev;
	bool noarp;
	struct tcp_handoff_tech *techs;
	unsigned int n_techs;
};

static void vip_parse(struct vip *vip, struct args *a, bool add)
{
	arg_endpoint(a, &vip->addr, &vip->port);
	while (a->argc) {
		if (add && arg_is(a, "unprivileged"))
			vip->flags |= TCP_HANDOFF_VIP_F_UNPRIVILEGED;
		else if (add && arg_is(a, "noarp"))
			vip->noarp = true;
		else if (add && arg_is(a, "technique"))
			vip->n_techs = arg_techs(a, &vip->techs);
		else if (arg_is(a, "dev"))
			vip->dev = arg_next(a, "device");
		else
			arg_end(a);
	}
	if (add && vip->noarp != !!vip->dev)
		usage_error("\"dev DEV\" and \"noarp\" belong together");
}

static void entry_del(struct ynl_sock *ys, const struct vip *vip)
{
	struct tcp_handoff_vip_del_req req = {};

	tcp_handoff_vip_del_req_set_addr(&req, vip->addr);
	tcp_handoff_vip_del_req_set_port(&req, vip->port);
	if (tcp_handoff_vip_del(ys, &req))
		fail_ynl(ys);
}

/*
 * That the family answers proves that the kernel knows noarp; others take an
 * unknown flag of an address without a word.
 */
static void vip_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_vip_add_req req = {};
	struct vip vip = {};

	vip_parse(&vip, a, true);
	tcp_handoff_vip_add_req_set_addr(&req, vip.addr);
	tcp_handoff_vip_add_req_set_port(&req, vip.port);
	tcp_handoff_vip_add_req_set_flags(&req, vip.flags);
	req.tech = vip.techs;
	req.n_tech = vip.n_techs;
	if (tcp_handoff_vip_add(ys, &req))
		fail_ynl(ys);
	if (!vip.dev)
		return;
	if (noarp_add(vip.addr, vip.dev)) {
		entry_del(ys, &vip);
		exit(EXIT_REFUSED);
	}
}

static void vip_del(struct ynl_sock *ys, struct args *a)
{
	struct vip vip = {};

	vip_parse(&vip, a, false);
	entry_del(ys, &vip);
	if (vip.dev && noarp_del(vip.addr, vip.dev))
		exit(EXIT_REFUSED);
}

static void vip_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_vip_set_req req = {};
	__u32 addr;
	__u16 port;

	arg_endpoint(a, &addr, &port);
	if (!arg_is(a, "technique"))
		usage_error("vip set: technique NAME[,NAME]... is missing");
	tcp_handoff_vip_set_req_set_addr(&req, addr);
	tcp_handoff_vip_set_req_set_port(&req, port);
	req.n_tech = arg_techs(a, &req.tech);
	arg_end(a);
	if (tcp_handoff_vip_set(ys, &req))
		fail_ynl(ys);
}

static const char *flag_name(__u32 flag)
{
	return tcp_handoff_vip_f_str(flag);
}

static void vip_show(struct ynl_sock *ys)
{
	struct tcp_handoff_vip_get_rsp_list *list;

	list = tcp_handoff_vip_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, vip) {
		out_begin();
		out_addr("addr", vip->addr);
		out_num("port", ntohs(vip->port));
		out_flags("flags", vip->flags, flag_name);
		if (vip->n_tech)
			out_techs("tech", vip->tech, vip->n_tech);
		out_end();
	}
	out_list_end();
	tcp_handoff_vip_get_rsp_list_free(list);
}

void cmd_vip(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		vip_add(ys, a);
	} else if (arg_is(a, "del")) {
		vip_del(ys, a);
	} else if (arg_is(a, "set")) {
		vip_set(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		vip_show(ys);
	}
}
