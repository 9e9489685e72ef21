// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff config: limits, times, techniques. */
#include <arpa/inet.h>
#include <stdio.h>

#include "tcphandoff.h"

static void config_print(const struct tcp_handoff_config_get_rsp *cfg)
{
	out_num("max_flows", cfg->max_flows);
	out_num("max_bytes", cfg->max_bytes);
	out_num("hold_bytes", cfg->hold_bytes);
	out_num("deadline_ms", cfg->deadline_ms);
	out_num("idle_ms", cfg->idle_ms);
	out_num("heartbeat_ms", cfg->heartbeat_ms);
	out_num("port", ntohs(cfg->port));
	out_techs("tech", cfg->tech, cfg->n_tech);
	out_num("pool_depth", cfg->pool_depth);
}

static void config_show(struct ynl_sock *ys)
{
	struct tcp_handoff_config_get_rsp *cfg;

	cfg = tcp_handoff_config_get(ys);
	if (!cfg)
		fail_ynl(ys);
	out_begin();
	config_print(cfg);
	out_line();
	out_str("tech_available", "%s",
		cfg->_present.tech_available_len ? cfg->tech_available : "");
	out_line();
	out_str("boot_id", "%016llx", (unsigned long long)cfg->boot_id);
	out_num("flows", cfg->flows);
	out_num("bytes", cfg->bytes);
	out_end();
	tcp_handoff_config_get_rsp_free(cfg);
}

/* Dashes and underscores are the same. */
static bool key_is(struct args *a, const char *key)
{
	const char *word = *a->argv;
	size_t i;

	for (i = 0; key[i] && word[i]; i++) {
		if (key[i] != (word[i] == '-' ? '_' : word[i]))
			return false;
	}
	if (key[i] || word[i])
		return false;
	a->argc--;
	a->argv++;
	return true;
}

static __u32 arg_u32(struct args *a)
{
	return arg_number(a, "value", 0xffffffff);
}

static __u64 arg_u64(struct args *a)
{
	return arg_number(a, "value", ~0ULL);
}

static void config_option(struct tcp_handoff_config_set_req *req,
			  struct args *a)
{
	if (key_is(a, "max_flows"))
		tcp_handoff_config_set_req_set_max_flows(req, arg_u32(a));
	else if (key_is(a, "max_bytes"))
		tcp_handoff_config_set_req_set_max_bytes(req, arg_u64(a));
	else if (key_is(a, "hold_bytes"))
		tcp_handoff_config_set_req_set_hold_bytes(req, arg_u32(a));
	else if (key_is(a, "deadline_ms"))
		tcp_handoff_config_set_req_set_deadline_ms(req, arg_u32(a));
	else if (key_is(a, "idle_ms"))
		tcp_handoff_config_set_req_set_idle_ms(req, arg_u32(a));
	else if (key_is(a, "heartbeat_ms"))
		tcp_handoff_config_set_req_set_heartbeat_ms(req, arg_u32(a));
	else if (key_is(a, "port"))
		tcp_handoff_config_set_req_set_port(req, arg_port(a));
	else if (key_is(a, "pool_depth"))
		tcp_handoff_config_set_req_set_pool_depth(req, arg_u32(a));
	else if (key_is(a, "tech") || key_is(a, "technique"))
		req->n_tech = arg_techs(a, &req->tech);
	else
		arg_end(a);
}

static void config_set(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_config_set_req req = {};

	if (!a->argc)
		usage_error("nothing to set");
	while (a->argc)
		config_option(&req, a);
	if (tcp_handoff_config_set(ys, &req))
		fail_ynl(ys);
}

void cmd_config(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "set")) {
		config_set(ys, a);
		return;
	}
	arg_is(a, "show");
	arg_end(a);
	config_show(ys);
}
