/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tcp_handoff.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_TCP_HANDOFF_GEN_H
#define _LINUX_TCP_HANDOFF_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/tcp_handoff_nl.h>

/* Common nested types */
extern const struct nla_policy tcp_handoff_key_nl_policy[TCP_HANDOFF_A_KEY_FORCE + 1];
extern const struct nla_policy tcp_handoff_tech_nl_policy[TCP_HANDOFF_A_TECH_NAME + 1];

/* Ops table for tcp_handoff */
extern const struct genl_split_ops tcp_handoff_nl_ops[18];

int tcp_handoff_nl_peer_add_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_peer_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int tcp_handoff_nl_vip_add_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_vip_del_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_vip_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int tcp_handoff_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_flow_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int tcp_handoff_nl_stat_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int tcp_handoff_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_key_add_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_key_del_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_key_use_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_key_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int tcp_handoff_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info);
int tcp_handoff_nl_vip_set_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	TCP_HANDOFF_NLGRP_EVENTS,
};

#endif /* _LINUX_TCP_HANDOFF_GEN_H */
