// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tcp_handoff.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/tcp_handoff_nl.h>

/* Integer value ranges */
static const struct netlink_range_validation tcp_handoff_a_config_max_flows_range = {
	.max	= S32_MAX,
};

static const struct netlink_range_validation tcp_handoff_a_config_hold_bytes_range = {
	.max	= S32_MAX,
};

static const struct netlink_range_validation tcp_handoff_a_config_deadline_ms_range = {
	.min	= 1000ULL,
	.max	= 3600000ULL,
};

static const struct netlink_range_validation tcp_handoff_a_config_idle_ms_range = {
	.min	= 1000ULL,
	.max	= 604800000ULL,
};

static const struct netlink_range_validation tcp_handoff_a_config_heartbeat_ms_range = {
	.min	= 10ULL,
	.max	= 60000ULL,
};

/* Common nested types */
const struct nla_policy tcp_handoff_key_nl_policy[TCP_HANDOFF_A_KEY_FORCE + 1] = {
	[TCP_HANDOFF_A_KEY_ID] = { .type = NLA_U8, },
	[TCP_HANDOFF_A_KEY_ALGORITHM] = { .type = NLA_NUL_STRING, .len = 63, },
	[TCP_HANDOFF_A_KEY_SECRET] = { .type = NLA_BINARY, },
	[TCP_HANDOFF_A_KEY_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0xf),
	[TCP_HANDOFF_A_KEY_FORCE] = { .type = NLA_FLAG, },
};

const struct nla_policy tcp_handoff_tech_nl_policy[TCP_HANDOFF_A_TECH_NAME + 1] = {
	[TCP_HANDOFF_A_TECH_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* TCP_HANDOFF_CMD_PEER_ADD - do */
static const struct nla_policy tcp_handoff_peer_add_nl_policy[TCP_HANDOFF_A_PEER_TECH + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TCP_HANDOFF_A_PEER_LOCAL] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[TCP_HANDOFF_A_PEER_FORWARD] = NLA_POLICY_MAX(NLA_U32, 1),
	[TCP_HANDOFF_A_PEER_KEY] = NLA_POLICY_NESTED(tcp_handoff_key_nl_policy),
	[TCP_HANDOFF_A_PEER_TECH] = NLA_POLICY_NESTED(tcp_handoff_tech_nl_policy),
};

/* TCP_HANDOFF_CMD_PEER_DEL - do */
static const struct nla_policy tcp_handoff_peer_del_nl_policy[TCP_HANDOFF_A_PEER_ADDR + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
};

/* TCP_HANDOFF_CMD_PEER_GET - do */
static const struct nla_policy tcp_handoff_peer_get_nl_policy[TCP_HANDOFF_A_PEER_ADDR + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
};

/* TCP_HANDOFF_CMD_VIP_ADD - do */
static const struct nla_policy tcp_handoff_vip_add_nl_policy[TCP_HANDOFF_A_VIP_TECH + 1] = {
	[TCP_HANDOFF_A_VIP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_VIP_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_A_VIP_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x1),
	[TCP_HANDOFF_A_VIP_TECH] = NLA_POLICY_NESTED(tcp_handoff_tech_nl_policy),
};

/* TCP_HANDOFF_CMD_VIP_DEL - do */
static const struct nla_policy tcp_handoff_vip_del_nl_policy[TCP_HANDOFF_A_VIP_PORT + 1] = {
	[TCP_HANDOFF_A_VIP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_VIP_PORT] = { .type = NLA_U16, },
};

/* TCP_HANDOFF_CMD_FLOW_GET - do */
static const struct nla_policy tcp_handoff_flow_get_nl_policy[TCP_HANDOFF_A_FLOW_SEQ + 1] = {
	[TCP_HANDOFF_A_FLOW_BOOT_ID] = { .type = NLA_UINT, },
	[TCP_HANDOFF_A_FLOW_SEQ] = { .type = NLA_UINT, },
};

/* TCP_HANDOFF_CMD_CONFIG_SET - do */
static const struct nla_policy tcp_handoff_config_set_nl_policy[TCP_HANDOFF_A_CONFIG_POOL_DEPTH + 1] = {
	[TCP_HANDOFF_A_CONFIG_MAX_FLOWS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_a_config_max_flows_range),
	[TCP_HANDOFF_A_CONFIG_MAX_BYTES] = { .type = NLA_UINT, },
	[TCP_HANDOFF_A_CONFIG_HOLD_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_a_config_hold_bytes_range),
	[TCP_HANDOFF_A_CONFIG_DEADLINE_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_a_config_deadline_ms_range),
	[TCP_HANDOFF_A_CONFIG_IDLE_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_a_config_idle_ms_range),
	[TCP_HANDOFF_A_CONFIG_HEARTBEAT_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_a_config_heartbeat_ms_range),
	[TCP_HANDOFF_A_CONFIG_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TCP_HANDOFF_A_CONFIG_TECH] = NLA_POLICY_NESTED(tcp_handoff_tech_nl_policy),
	[TCP_HANDOFF_A_CONFIG_POOL_DEPTH] = NLA_POLICY_MAX(NLA_U32, 1024),
};

/* TCP_HANDOFF_CMD_KEY_ADD - do */
static const struct nla_policy tcp_handoff_key_add_nl_policy[TCP_HANDOFF_A_PEER_KEY + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_KEY] = NLA_POLICY_NESTED(tcp_handoff_key_nl_policy),
};

/* TCP_HANDOFF_CMD_KEY_DEL - do */
static const struct nla_policy tcp_handoff_key_del_nl_policy[TCP_HANDOFF_A_PEER_KEY + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_KEY] = NLA_POLICY_NESTED(tcp_handoff_key_nl_policy),
};

/* TCP_HANDOFF_CMD_KEY_USE - do */
static const struct nla_policy tcp_handoff_key_use_nl_policy[TCP_HANDOFF_A_PEER_KEY + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_KEY] = NLA_POLICY_NESTED(tcp_handoff_key_nl_policy),
};

/* TCP_HANDOFF_CMD_PEER_SET - do */
static const struct nla_policy tcp_handoff_peer_set_nl_policy[TCP_HANDOFF_A_PEER_TECH + 1] = {
	[TCP_HANDOFF_A_PEER_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_PEER_TECH] = NLA_POLICY_NESTED(tcp_handoff_tech_nl_policy),
};

/* TCP_HANDOFF_CMD_VIP_SET - do */
static const struct nla_policy tcp_handoff_vip_set_nl_policy[TCP_HANDOFF_A_VIP_TECH + 1] = {
	[TCP_HANDOFF_A_VIP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_A_VIP_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_A_VIP_TECH] = NLA_POLICY_NESTED(tcp_handoff_tech_nl_policy),
};

/* Ops table for tcp_handoff */
const struct genl_split_ops tcp_handoff_nl_ops[18] = {
	{
		.cmd		= TCP_HANDOFF_CMD_PEER_ADD,
		.doit		= tcp_handoff_nl_peer_add_doit,
		.policy		= tcp_handoff_peer_add_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_TECH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_PEER_DEL,
		.doit		= tcp_handoff_nl_peer_del_doit,
		.policy		= tcp_handoff_peer_del_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_ADDR,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_PEER_GET,
		.doit		= tcp_handoff_nl_peer_get_doit,
		.policy		= tcp_handoff_peer_get_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_ADDR,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_PEER_GET,
		.dumpit	= tcp_handoff_nl_peer_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_VIP_ADD,
		.doit		= tcp_handoff_nl_vip_add_doit,
		.policy		= tcp_handoff_vip_add_nl_policy,
		.maxattr	= TCP_HANDOFF_A_VIP_TECH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_VIP_DEL,
		.doit		= tcp_handoff_nl_vip_del_doit,
		.policy		= tcp_handoff_vip_del_nl_policy,
		.maxattr	= TCP_HANDOFF_A_VIP_PORT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_VIP_GET,
		.dumpit	= tcp_handoff_nl_vip_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_FLOW_GET,
		.doit		= tcp_handoff_nl_flow_get_doit,
		.policy		= tcp_handoff_flow_get_nl_policy,
		.maxattr	= TCP_HANDOFF_A_FLOW_SEQ,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_FLOW_GET,
		.dumpit	= tcp_handoff_nl_flow_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_STAT_GET,
		.dumpit	= tcp_handoff_nl_stat_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_CONFIG_GET,
		.doit	= tcp_handoff_nl_config_get_doit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_CONFIG_SET,
		.doit		= tcp_handoff_nl_config_set_doit,
		.policy		= tcp_handoff_config_set_nl_policy,
		.maxattr	= TCP_HANDOFF_A_CONFIG_POOL_DEPTH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_KEY_ADD,
		.doit		= tcp_handoff_nl_key_add_doit,
		.policy		= tcp_handoff_key_add_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_KEY,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_KEY_DEL,
		.doit		= tcp_handoff_nl_key_del_doit,
		.policy		= tcp_handoff_key_del_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_KEY,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_KEY_USE,
		.doit		= tcp_handoff_nl_key_use_doit,
		.policy		= tcp_handoff_key_use_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_KEY,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_CMD_KEY_GET,
		.dumpit	= tcp_handoff_nl_key_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_PEER_SET,
		.doit		= tcp_handoff_nl_peer_set_doit,
		.policy		= tcp_handoff_peer_set_nl_policy,
		.maxattr	= TCP_HANDOFF_A_PEER_TECH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_CMD_VIP_SET,
		.doit		= tcp_handoff_nl_vip_set_doit,
		.policy		= tcp_handoff_vip_set_nl_policy,
		.maxattr	= TCP_HANDOFF_A_VIP_TECH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group tcp_handoff_nl_mcgrps[] = {
	[TCP_HANDOFF_NLGRP_EVENTS] = { "events", },
};
