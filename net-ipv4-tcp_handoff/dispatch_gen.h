/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tcp_handoff_svc.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_TCP_HANDOFF_SVC_GEN_H
#define _LINUX_TCP_HANDOFF_SVC_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/tcp_handoff_svc_nl.h>

/* Common nested types */
extern const struct nla_policy tcp_handoff_svc_params_nl_policy[TCP_HANDOFF_SVC_A_PARAMS_BOUND + 1];

/* Ops table for tcp_handoff_svc */
extern const struct genl_split_ops tcp_handoff_svc_nl_ops[15];

int tcp_handoff_svc_nl_service_add_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_service_set_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_service_del_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_service_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb);
int tcp_handoff_svc_nl_group_add_doit(struct sk_buff *skb,
				      struct genl_info *info);
int tcp_handoff_svc_nl_group_set_doit(struct sk_buff *skb,
				      struct genl_info *info);
int tcp_handoff_svc_nl_group_del_doit(struct sk_buff *skb,
				      struct genl_info *info);
int tcp_handoff_svc_nl_group_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb);
int tcp_handoff_svc_nl_backend_add_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_backend_set_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_backend_del_doit(struct sk_buff *skb,
					struct genl_info *info);
int tcp_handoff_svc_nl_backend_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb);
int tcp_handoff_svc_nl_rule_add_doit(struct sk_buff *skb,
				     struct genl_info *info);
int tcp_handoff_svc_nl_rule_del_doit(struct sk_buff *skb,
				     struct genl_info *info);
int tcp_handoff_svc_nl_rule_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb);

#endif /* _LINUX_TCP_HANDOFF_SVC_GEN_H */
