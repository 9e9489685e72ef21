// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff peer: the other hosts. */
#include <arpa/inet.h>

#include "tcphandoff.h"

static enum tcp_handoff_forward arg_forward(struct args *a)
{
	const char *word = arg_next(a, "way to forward");

	if (!strcmp(word, "dr"))
		return TCP_HANDOFF_FORWARD_DR;
	if (!strcmp(word, "ipip"))
		return TCP_HANDOFF_FORWARD_IPIP;
	usage_error("forward: dr or ipip, not \"%s\"", word);
}

static void peer_key(struct tcp_handoff_peer_add_req *req, struct args *a)
{
	struct key_args key;

	arg_key(a, &key);
	tcp_handoff_peer_add_req_set_key_id(req, key.id);
	tcp_handoff_peer_add_req_set_key_secret(req, key.secret.bytes,
						key.secret.len);
	if (key.algorithm)
		tcp_handoff_peer_add_req_set_key_algorithm(req, key.algorithm);
}

static void peer_option(struct tcp_handoff_peer_add_req *req, struct args *a)
{
	if (arg_is(a, "port"))
		tcp_handoff_peer_add_req_set_port(req, arg_port(a));
	else if (arg_is(a, "local"))
		tcp_handoff_peer_add_req_set_local(req,
						   arg_addr(a, "local"));
	else if (arg_is(a, "back-end"))
		req->flags |= TCP_HANDOFF_PEER_F_BACK_END;
	else if (arg_is(a, "front-end"))
		req->flags |= TCP_HANDOFF_PEER_F_FRONT_END;
	else if (arg_is(a, "unauthenticated"))
		req->flags |= TCP_HANDOFF_PEER_F_UNAUTHENTICATED;
	else if (arg_is(a, "key"))
		peer_key(req, a);
	else if (arg_is(a, "forward"))
		tcp_handoff_peer_add_req_set_forward(req, arg_forward(a));
	else if (arg_is(a, "technique"))
		req->n_tech = arg_techs(a, &req->tech);
	else
		arg_end(a);
}

static void peer_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_peer_add_req req = {};

	tcp_handoff_peer_add_req_set_addr(&req, arg_addr(a, "address"));
	while (a->argc)
		peer_option(&req, a);
	tcp_handoff_peer_add_req_set_flags(&req, req.flags);
	if (tcp_handoff_peer_add(ys, &req))
		fail_ynl(ys);
}

static void peer_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_peer_del_req req = {};

	tcp_handoff_peer_del_req_set_addr(&req, arg_addr(a, "address"));
	arg_end(a);
	if (tcp_handoff_peer_del(ys, &req))
		fail_ynl(ys);
}

static void peer_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_peer_set_req req = {};

	tcp_handoff_peer_set_req_set_addr(&req, arg_addr(a, "address"));
	if (!arg_is(a, "technique"))
		usage_error("peer set: technique NAME[,NAME]... is missing");
	req.n_tech = arg_techs(a, &req.tech);
	arg_end(a);
	if (tcp_handoff_peer_set(ys, &req))
		fail_ynl(ys);
}

static const char *flag_name(__u32 flag)
{
	return tcp_handoff_peer_f_str(flag);
}

static void config_print(const struct tcp_handoff_peer_get_rsp *peer)
{
	char text[INET_ADDRSTRLEN];

	out_word("addr", "%s", inet_ntop(AF_INET, &peer->addr, text,
					 sizeof(text)));
	out_num("port", ntohs(peer->port));
	if (peer->_present.local)
		out_addr("local", peer->local);
	out_flags("flags", peer->flags, flag_name);
	out_str("forward", "%s", tcp_handoff_forward_str(peer->forward));
	out_num("keys", peer->keys);
	if (peer->n_tech)
		out_techs("tech", peer->tech, peer->n_tech);
}

static void state_print(const struct tcp_handoff_peer_get_rsp *peer)
{
	out_str("out", "%s", tcp_handoff_channel_state_str(peer->out_state));
	out_str("in", "%s", tcp_handoff_channel_state_str(peer->in_state));
	if (peer->_present.boot_id)
		out_str("boot_id", "%016llx",
			(unsigned long long)peer->boot_id);
	out_num("dial_failures", peer->dial_failures);
	if (peer->_present.last_error) {
		out_num("last_error", peer->last_error);
		out_str("last_error_text", "%s", strerror(peer->last_error));
	}
}

void peer_print(const struct tcp_handoff_peer_get_rsp *peer)
{
	if (peer->_present.event)
		out_str("event", "%s",
			tcp_handoff_peer_event_str(peer->event));
	config_print(peer);
	out_break();
	state_print(peer);
	out_break();
	out_num("flows", peer->flows);
	out_num("sent", peer->sent);
	out_num("adopted", peer->adopted);
	out_num("refused", peer->refused);
	out_num("received", peer->received);
	out_num("parked", peer->parked);
}

static void show_one(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_peer_get_req req = {};
	struct tcp_handoff_peer_get_rsp *peer;

	tcp_handoff_peer_get_req_set_addr(&req, arg_addr(a, "address"));
	arg_end(a);
	peer = tcp_handoff_peer_get(ys, &req);
	if (!peer)
		fail_ynl(ys);
	out_list_begin();
	out_begin();
	peer_print(peer);
	out_end();
	out_list_end();
	tcp_handoff_peer_get_rsp_free(peer);
}

static void show_all(struct ynl_sock *ys)
{
	struct tcp_handoff_peer_get_list *list;

	list = tcp_handoff_peer_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, peer) {
		out_begin();
		peer_print(peer);
		out_end();
	}
	out_list_end();
	tcp_handoff_peer_get_list_free(list);
}

void cmd_peer(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		peer_add(ys, a);
	} else if (arg_is(a, "del")) {
		peer_del(ys, a);
	} else if (arg_is(a, "set")) {
		peer_set(ys, a);
	} else if (!a->argc || arg_is(a, "show")) {
		if (a->argc)
			show_one(ys, a);
		else
			show_all(ys);
	} else {
		arg_end(a);
	}
}
