// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tcp_handoff_svc.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "dispatch_gen.h"

#include <uapi/linux/tcp_handoff_svc_nl.h>

/* Integer value ranges */
static const struct netlink_range_validation tcp_handoff_svc_a_service_head_size_range = {
	.min	= 64ULL,
	.max	= 65536ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_service_head_ms_range = {
	.min	= 10ULL,
	.max	= 3600000ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_service_waiting_max_range = {
	.min	= 1ULL,
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_params_t_low_range = {
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_params_t_high_range = {
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_params_k_ms_range = {
	.max	= 86400000ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_params_miss_cost_range = {
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tcp_handoff_svc_a_backend_weight_range = {
	.max	= 65535ULL,
};

/* Common nested types */
const struct nla_policy tcp_handoff_svc_params_nl_policy[TCP_HANDOFF_SVC_A_PARAMS_BOUND + 1] = {
	[TCP_HANDOFF_SVC_A_PARAMS_T_LOW] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_params_t_low_range),
	[TCP_HANDOFF_SVC_A_PARAMS_T_HIGH] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_params_t_high_range),
	[TCP_HANDOFF_SVC_A_PARAMS_K_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_params_k_ms_range),
	[TCP_HANDOFF_SVC_A_PARAMS_MISS_COST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_params_miss_cost_range),
	[TCP_HANDOFF_SVC_A_PARAMS_BOUND] = NLA_POLICY_RANGE(NLA_U32, 100, 10000),
};

/* TCP_HANDOFF_SVC_CMD_SERVICE_ADD - do */
static const struct nla_policy tcp_handoff_svc_service_add_nl_policy[TCP_HANDOFF_SVC_A_SERVICE_PARAMS + 1] = {
	[TCP_HANDOFF_SVC_A_SERVICE_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_SERVICE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TCP_HANDOFF_SVC_A_SERVICE_HEAD_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_head_size_range),
	[TCP_HANDOFF_SVC_A_SERVICE_HEAD_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_head_ms_range),
	[TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_waiting_max_range),
	[TCP_HANDOFF_SVC_A_SERVICE_SCHEDULER] = { .type = NLA_NUL_STRING, .len = 15, },
	[TCP_HANDOFF_SVC_A_SERVICE_PARAMS] = NLA_POLICY_NESTED(tcp_handoff_svc_params_nl_policy),
};

/* TCP_HANDOFF_SVC_CMD_SERVICE_SET - do */
static const struct nla_policy tcp_handoff_svc_service_set_nl_policy[TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX + 1] = {
	[TCP_HANDOFF_SVC_A_SERVICE_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_SERVICE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TCP_HANDOFF_SVC_A_SERVICE_HEAD_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_head_size_range),
	[TCP_HANDOFF_SVC_A_SERVICE_HEAD_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_head_ms_range),
	[TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_service_waiting_max_range),
};

/* TCP_HANDOFF_SVC_CMD_SERVICE_DEL - do */
static const struct nla_policy tcp_handoff_svc_service_del_nl_policy[TCP_HANDOFF_SVC_A_SERVICE_PORT + 1] = {
	[TCP_HANDOFF_SVC_A_SERVICE_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_SERVICE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* TCP_HANDOFF_SVC_CMD_GROUP_ADD - do */
static const struct nla_policy tcp_handoff_svc_group_add_nl_policy[TCP_HANDOFF_SVC_A_GROUP_PARAMS + 1] = {
	[TCP_HANDOFF_SVC_A_GROUP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_GROUP_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[TCP_HANDOFF_SVC_A_GROUP_SCHEDULER] = { .type = NLA_NUL_STRING, .len = 15, },
	[TCP_HANDOFF_SVC_A_GROUP_PARAMS] = NLA_POLICY_NESTED(tcp_handoff_svc_params_nl_policy),
};

/* TCP_HANDOFF_SVC_CMD_GROUP_SET - do */
static const struct nla_policy tcp_handoff_svc_group_set_nl_policy[TCP_HANDOFF_SVC_A_GROUP_PARAMS + 1] = {
	[TCP_HANDOFF_SVC_A_GROUP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_GROUP_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[TCP_HANDOFF_SVC_A_GROUP_SCHEDULER] = { .type = NLA_NUL_STRING, .len = 15, },
	[TCP_HANDOFF_SVC_A_GROUP_PARAMS] = NLA_POLICY_NESTED(tcp_handoff_svc_params_nl_policy),
};

/* TCP_HANDOFF_SVC_CMD_GROUP_DEL - do */
static const struct nla_policy tcp_handoff_svc_group_del_nl_policy[TCP_HANDOFF_SVC_A_GROUP_NAME + 1] = {
	[TCP_HANDOFF_SVC_A_GROUP_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_GROUP_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* TCP_HANDOFF_SVC_CMD_BACKEND_ADD - do */
static const struct nla_policy tcp_handoff_svc_backend_add_nl_policy[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT + 1] = {
	[TCP_HANDOFF_SVC_A_BACKEND_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_BACKEND_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_BACKEND_GROUP] = { .type = NLA_NUL_STRING, .len = 31, },
	[TCP_HANDOFF_SVC_A_BACKEND_PEER] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_backend_weight_range),
};

/* TCP_HANDOFF_SVC_CMD_BACKEND_SET - do */
static const struct nla_policy tcp_handoff_svc_backend_set_nl_policy[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT + 1] = {
	[TCP_HANDOFF_SVC_A_BACKEND_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_BACKEND_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_BACKEND_GROUP] = { .type = NLA_NUL_STRING, .len = 31, },
	[TCP_HANDOFF_SVC_A_BACKEND_PEER] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tcp_handoff_svc_a_backend_weight_range),
};

/* TCP_HANDOFF_SVC_CMD_BACKEND_DEL - do */
static const struct nla_policy tcp_handoff_svc_backend_del_nl_policy[TCP_HANDOFF_SVC_A_BACKEND_PEER + 1] = {
	[TCP_HANDOFF_SVC_A_BACKEND_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_BACKEND_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_BACKEND_GROUP] = { .type = NLA_NUL_STRING, .len = 31, },
	[TCP_HANDOFF_SVC_A_BACKEND_PEER] = { .type = NLA_U32, },
};

/* TCP_HANDOFF_SVC_CMD_RULE_ADD - do */
static const struct nla_policy tcp_handoff_svc_rule_add_nl_policy[TCP_HANDOFF_SVC_A_RULE_GROUP + 1] = {
	[TCP_HANDOFF_SVC_A_RULE_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_RULE_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_RULE_AT] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_RULE_HOST] = { .type = NLA_NUL_STRING, .len = 255, },
	[TCP_HANDOFF_SVC_A_RULE_MATCH] = NLA_POLICY_MAX(NLA_U32, 2),
	[TCP_HANDOFF_SVC_A_RULE_PATH] = { .type = NLA_NUL_STRING, .len = 1023, },
	[TCP_HANDOFF_SVC_A_RULE_GROUP] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* TCP_HANDOFF_SVC_CMD_RULE_DEL - do */
static const struct nla_policy tcp_handoff_svc_rule_del_nl_policy[TCP_HANDOFF_SVC_A_RULE_AT + 1] = {
	[TCP_HANDOFF_SVC_A_RULE_ADDR] = { .type = NLA_U32, },
	[TCP_HANDOFF_SVC_A_RULE_PORT] = { .type = NLA_U16, },
	[TCP_HANDOFF_SVC_A_RULE_AT] = { .type = NLA_U32, },
};

/* Ops table for tcp_handoff_svc */
const struct genl_split_ops tcp_handoff_svc_nl_ops[15] = {
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_SERVICE_ADD,
		.doit		= tcp_handoff_svc_nl_service_add_doit,
		.policy		= tcp_handoff_svc_service_add_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_SERVICE_PARAMS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_SERVICE_SET,
		.doit		= tcp_handoff_svc_nl_service_set_doit,
		.policy		= tcp_handoff_svc_service_set_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_SERVICE_DEL,
		.doit		= tcp_handoff_svc_nl_service_del_doit,
		.policy		= tcp_handoff_svc_service_del_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_SERVICE_PORT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_SVC_CMD_SERVICE_GET,
		.dumpit	= tcp_handoff_svc_nl_service_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_GROUP_ADD,
		.doit		= tcp_handoff_svc_nl_group_add_doit,
		.policy		= tcp_handoff_svc_group_add_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_GROUP_PARAMS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_GROUP_SET,
		.doit		= tcp_handoff_svc_nl_group_set_doit,
		.policy		= tcp_handoff_svc_group_set_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_GROUP_PARAMS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_GROUP_DEL,
		.doit		= tcp_handoff_svc_nl_group_del_doit,
		.policy		= tcp_handoff_svc_group_del_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_GROUP_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_SVC_CMD_GROUP_GET,
		.dumpit	= tcp_handoff_svc_nl_group_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_BACKEND_ADD,
		.doit		= tcp_handoff_svc_nl_backend_add_doit,
		.policy		= tcp_handoff_svc_backend_add_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_BACKEND_WEIGHT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_BACKEND_SET,
		.doit		= tcp_handoff_svc_nl_backend_set_doit,
		.policy		= tcp_handoff_svc_backend_set_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_BACKEND_WEIGHT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_BACKEND_DEL,
		.doit		= tcp_handoff_svc_nl_backend_del_doit,
		.policy		= tcp_handoff_svc_backend_del_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_BACKEND_PEER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_SVC_CMD_BACKEND_GET,
		.dumpit	= tcp_handoff_svc_nl_backend_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_RULE_ADD,
		.doit		= tcp_handoff_svc_nl_rule_add_doit,
		.policy		= tcp_handoff_svc_rule_add_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_RULE_GROUP,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TCP_HANDOFF_SVC_CMD_RULE_DEL,
		.doit		= tcp_handoff_svc_nl_rule_del_doit,
		.policy		= tcp_handoff_svc_rule_del_nl_policy,
		.maxattr	= TCP_HANDOFF_SVC_A_RULE_AT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TCP_HANDOFF_SVC_CMD_RULE_GET,
		.dumpit	= tcp_handoff_svc_nl_rule_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
};
