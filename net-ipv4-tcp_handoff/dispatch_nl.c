// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the generic netlink family of the dispatcher.
 *
 * Documentation/netlink/specs/tcp_handoff_svc.yaml describes it; a family
 * of its own, so that the core knows nothing of it.  Everything needs
 * CAP_NET_ADMIN in the user namespace that owns the network namespace.
 */
#include <net/genetlink.h>

#include "dispatch.h"
#include "dispatch_gen.h"

/* Every object is in a service, which is named by the same two attributes. */
#define A_ADDR	TCP_HANDOFF_SVC_A_SERVICE_ADDR
#define A_PORT	TCP_HANDOFF_SVC_A_SERVICE_PORT
#define SAME_NAME(set)							\
	static_assert((int)TCP_HANDOFF_SVC_A_##set##_ADDR ==	\
		      (int)A_ADDR &&					\
		      (int)TCP_HANDOFF_SVC_A_##set##_PORT ==	\
		      (int)A_PORT)
SAME_NAME(GROUP);
SAME_NAME(BACKEND);
SAME_NAME(RULE);

static struct genl_family nl_family __ro_after_init = {
	.name		= TCP_HANDOFF_SVC_FAMILY_NAME,
	.version	= TCP_HANDOFF_SVC_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.split_ops	= tcp_handoff_svc_nl_ops,
	.n_split_ops	= ARRAY_SIZE(tcp_handoff_svc_nl_ops),
};

static struct tcp_handoff_dispatch_net *nl_net(const struct genl_info *info)
{
	return tcp_handoff_dispatch_pernet(genl_info_net(info));
}

static int nl_name(struct genl_info *info, __be32 *addr, __be16 *port)
{
	if (GENL_REQ_ATTR_CHECK(info, A_ADDR) ||
	    GENL_REQ_ATTR_CHECK(info, A_PORT)) {
		GENL_SET_ERR_MSG(info,
				 "address and port of the service are missing");
		return -EINVAL;
	}
	*addr = nla_get_in_addr(info->attrs[A_ADDR]);
	*port = nla_get_be16(info->attrs[A_PORT]);
	return 0;
}

/* Do something to a service, with its namespace's mutex held. */
static int nl_with(struct genl_info *info,
		   int (*fn)(struct tcp_handoff_service *svc,
			     struct genl_info *info))
{
	struct tcp_handoff_dispatch_net *dn = nl_net(info);
	struct tcp_handoff_service *svc;
	__be32 addr;
	__be16 port;
	int err;

	err = nl_name(info, &addr, &port);
	if (err)
		return err;
	mutex_lock(&dn->mutex);
	svc = tcp_handoff_service_find(dn, addr, port);
	if (svc) {
		err = fn(svc, info);
	} else {
		GENL_SET_ERR_MSG(info, "no service has this address and port");
		err = -ENOENT;
	}
	mutex_unlock(&dn->mutex);
	return err;
}

static const char *nl_text(const struct nlattr *attr, const char *absent)
{
	return attr ? nla_data(attr) : absent;
}

static void nl_u32(u32 *to, const struct nlattr *attr)
{
	if (attr)
		WRITE_ONCE(*to, nla_get_u32(attr));
}

static int nl_sched(const struct nlattr *attr,
		    const struct tcp_handoff_sched **sched,
		    struct genl_info *info)
{
	if (attr)
		*sched = tcp_handoff_sched_find(nla_data(attr));
	if (*sched)
		return 0;
	GENL_SET_ERR_MSG(info,
			 "schedulers are wrr, wlc, hash, lard, lardr and elard");
	return attr ? -ENOENT : -EINVAL;
}

static int nl_params(const struct nlattr *attr,
		     struct tcp_handoff_sched_params *params,
		     struct genl_info *info)
{
	struct nlattr *tb[TCP_HANDOFF_SVC_A_PARAMS_MAX + 1] = {};
	int err = 0;

	if (attr)
		err = nla_parse_nested(tb, TCP_HANDOFF_SVC_A_PARAMS_MAX,
				       attr,
				       tcp_handoff_svc_params_nl_policy,
				       info->extack);
	if (err)
		return err;
	nl_u32(&params->t_low, tb[TCP_HANDOFF_SVC_A_PARAMS_T_LOW]);
	nl_u32(&params->t_high, tb[TCP_HANDOFF_SVC_A_PARAMS_T_HIGH]);
	nl_u32(&params->k_ms, tb[TCP_HANDOFF_SVC_A_PARAMS_K_MS]);
	nl_u32(&params->miss_cost,
	       tb[TCP_HANDOFF_SVC_A_PARAMS_MISS_COST]);
	nl_u32(&params->bound, tb[TCP_HANDOFF_SVC_A_PARAMS_BOUND]);
	if (params->t_low <= params->t_high)
		return 0;
	GENL_SET_ERR_MSG(info, "t-low is larger than t-high");
	return -EINVAL;
}

/*
 * Services
 */

static void nl_limits(struct tcp_handoff_limits *limits, struct nlattr **tb)
{
	nl_u32(&limits->head_size, tb[TCP_HANDOFF_SVC_A_SERVICE_HEAD_SIZE]);
	nl_u32(&limits->head_ms, tb[TCP_HANDOFF_SVC_A_SERVICE_HEAD_MS]);
	nl_u32(&limits->waiting,
	       tb[TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX]);
}

int tcp_handoff_svc_nl_service_add_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	struct tcp_handoff_dispatch_net *dn = nl_net(info);
	const struct tcp_handoff_sched *sched = NULL;
	struct tcp_handoff_sched_params params;
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_limits limits;
	__be32 addr;
	__be16 port;
	int err;

	tcp_handoff_limits_defaults(&limits);
	tcp_handoff_sched_defaults(&params);
	err = nl_name(info, &addr, &port) ?:
	      nl_sched(tb[TCP_HANDOFF_SVC_A_SERVICE_SCHEDULER], &sched,
		       info) ?:
	      nl_params(tb[TCP_HANDOFF_SVC_A_SERVICE_PARAMS], &params,
			info);
	if (err)
		return err;
	nl_limits(&limits, tb);
	mutex_lock(&dn->mutex);
	err = tcp_handoff_service_add(dn, addr, port, &limits, sched, &params,
				      info->extack);
	mutex_unlock(&dn->mutex);
	return err;
}

static int service_set(struct tcp_handoff_service *svc, struct genl_info *info)
{
	nl_limits(&svc->limits, info->attrs);
	return 0;
}

int tcp_handoff_svc_nl_service_set_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	return nl_with(info, service_set);
}

int tcp_handoff_svc_nl_service_del_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	struct tcp_handoff_dispatch_net *dn = nl_net(info);
	__be32 addr;
	__be16 port;
	int err;

	err = nl_name(info, &addr, &port);
	if (err)
		return err;
	mutex_lock(&dn->mutex);
	err = tcp_handoff_service_del(dn, addr, port, info->extack);
	mutex_unlock(&dn->mutex);
	return err;
}

/*
 * Dumps: an object a message.  What is done says how many of all objects, in
 * the order of the lists.
 */
struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u8 cmd;
	unsigned int at;
};

struct dump_cursor {
	unsigned int done;
};

/* Return: 0: put in or passed over; -EMSGSIZE: the message is full */
static int dump_one(struct dump *d, struct tcp_handoff_service *svc,
		    int (*put)(struct sk_buff *skb,
			       struct tcp_handoff_service *svc, void *object),
		    void *object)
{
	struct dump_cursor *cur = (void *)d->cb->ctx;
	void *hdr;

	if (d->at++ < cur->done)
		return 0;
	hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
			  d->cb->nlh->nlmsg_seq, &nl_family, NLM_F_MULTI,
			  d->cmd);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_in_addr(d->skb, A_ADDR, svc->addr) ||
	    nla_put_be16(d->skb, A_PORT, svc->port) ||
	    put(d->skb, svc, object)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
	cur->done++;
	return 0;
}

static int dump_all(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		    int (*fn)(struct dump *d, struct tcp_handoff_service *svc))
{
	struct tcp_handoff_dispatch_net *dn;
	struct tcp_handoff_service *svc;
	struct dump d = {
		.skb = skb,
		.cb = cb,
		.cmd = cmd,
	};

	NL_ASSERT_DUMP_CTX_FITS(struct dump_cursor);
	dn = tcp_handoff_dispatch_pernet(sock_net(cb->skb->sk));
	mutex_lock(&dn->mutex);
	list_for_each_entry(svc, &dn->services, list) {
		if (fn(&d, svc))
			break;
	}
	mutex_unlock(&dn->mutex);
	return skb->len;
}

static int service_put(struct sk_buff *skb, struct tcp_handoff_service *svc,
		       void *object)
{
	if (nla_put_u32(skb, TCP_HANDOFF_SVC_A_SERVICE_HEAD_SIZE,
			svc->limits.head_size) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_SERVICE_HEAD_MS,
			svc->limits.head_ms) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_SERVICE_WAITING_MAX,
			svc->limits.waiting) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_SERVICE_WAITING,
			READ_ONCE(svc->waiting)) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_SERVICE_ANSWERING,
			READ_ONCE(svc->answering)) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_SERVICE_ACCEPTED,
			 atomic64_read(&svc->accepted)) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_SERVICE_DISPATCHED,
			 atomic64_read(&svc->dispatched)) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_SERVICE_AGAIN,
			 atomic64_read(&svc->again)) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_SERVICE_ANSWERED,
			 atomic64_read(&svc->answered)))
		return -EMSGSIZE;
	return 0;
}

static int service_dump(struct dump *d, struct tcp_handoff_service *svc)
{
	return dump_one(d, svc, service_put, NULL);
}

int tcp_handoff_svc_nl_service_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb)
{
	return dump_all(skb, cb, TCP_HANDOFF_SVC_CMD_SERVICE_GET,
			service_dump);
}

/*
 * Groups
 */

static struct tcp_handoff_group *nl_group(struct tcp_handoff_service *svc,
					  struct genl_info *info, int attr)
{
	struct tcp_handoff_group *g;
	const char *name;

	name = nl_text(info->attrs[attr], TCP_HANDOFF_GROUP_DEFAULT);
	g = tcp_handoff_group_find(svc, name);
	if (!g)
		GENL_SET_ERR_MSG(info, "the service has no such group");
	return g;
}

static int group_add(struct tcp_handoff_service *svc, struct genl_info *info)
{
	const struct tcp_handoff_sched *sched = NULL;
	struct tcp_handoff_sched_params params;
	struct nlattr **tb = info->attrs;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_SVC_A_GROUP_NAME)) {
		GENL_SET_ERR_MSG(info, "name of the group is missing");
		return -EINVAL;
	}
	tcp_handoff_sched_defaults(&params);
	err = nl_sched(tb[TCP_HANDOFF_SVC_A_GROUP_SCHEDULER], &sched,
		       info) ?:
	      nl_params(tb[TCP_HANDOFF_SVC_A_GROUP_PARAMS], &params, info);
	if (err)
		return err;
	return tcp_handoff_group_add(svc,
			nla_data(tb[TCP_HANDOFF_SVC_A_GROUP_NAME]),
			sched, &params, info->extack);
}

int tcp_handoff_svc_nl_group_add_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	return nl_with(info, group_add);
}

static int group_set(struct tcp_handoff_service *svc, struct genl_info *info)
{
	struct tcp_handoff_sched_params params;
	const struct tcp_handoff_sched *sched;
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_group *g;
	int err;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_GROUP_NAME);
	if (!g)
		return -ENOENT;
	sched = g->sched.sched;
	params = g->sched.params;
	err = nl_sched(tb[TCP_HANDOFF_SVC_A_GROUP_SCHEDULER], &sched,
		       info) ?:
	      nl_params(tb[TCP_HANDOFF_SVC_A_GROUP_PARAMS], &params, info);
	return err ?: tcp_handoff_group_set(g, sched, &params);
}

int tcp_handoff_svc_nl_group_set_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	return nl_with(info, group_set);
}

static int group_del(struct tcp_handoff_service *svc, struct genl_info *info)
{
	struct tcp_handoff_group *g;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_GROUP_NAME);
	if (!g)
		return -ENOENT;
	return tcp_handoff_group_del(svc, g, info->extack);
}

int tcp_handoff_svc_nl_group_del_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	return nl_with(info, group_del);
}

static int params_put(struct sk_buff *skb,
		      const struct tcp_handoff_sched_params *p)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, TCP_HANDOFF_SVC_A_GROUP_PARAMS);
	if (!nest ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_PARAMS_T_LOW, p->t_low) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_PARAMS_T_HIGH,
			p->t_high) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_PARAMS_K_MS, p->k_ms) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_PARAMS_MISS_COST,
			p->miss_cost) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_PARAMS_BOUND, p->bound))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int group_put(struct sk_buff *skb, struct tcp_handoff_service *svc,
		     void *object)
{
	const struct tcp_handoff_group *g = object;

	if (nla_put_string(skb, TCP_HANDOFF_SVC_A_GROUP_NAME, g->name) ||
	    nla_put_string(skb, TCP_HANDOFF_SVC_A_GROUP_SCHEDULER,
			   g->sched.sched->name))
		return -EMSGSIZE;
	return params_put(skb, &g->sched.params);
}

static int group_dump(struct dump *d, struct tcp_handoff_service *svc)
{
	struct tcp_handoff_group *g;
	int err = 0;

	list_for_each_entry(g, &svc->groups, list)
		err = err ?: dump_one(d, svc, group_put, g);
	return err;
}

int tcp_handoff_svc_nl_group_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb)
{
	return dump_all(skb, cb, TCP_HANDOFF_SVC_CMD_GROUP_GET,
			group_dump);
}

/*
 * Back ends
 */

static int nl_backend(struct genl_info *info, __be32 *addr)
{
	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_SVC_A_BACKEND_PEER)) {
		GENL_SET_ERR_MSG(info, "address of the back end is missing");
		return -EINVAL;
	}
	*addr = nla_get_in_addr(info->attrs[TCP_HANDOFF_SVC_A_BACKEND_PEER]);
	return 0;
}

static int backend_add(struct tcp_handoff_service *svc, struct genl_info *info)
{
	struct tcp_handoff_group *g;
	u32 weight = 1;
	__be32 addr;
	int err;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_BACKEND_GROUP);
	if (!g)
		return -ENOENT;
	err = nl_backend(info, &addr);
	if (err)
		return err;
	nl_u32(&weight, info->attrs[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT]);
	return tcp_handoff_backend_add(svc, g, addr, weight, info->extack);
}

int tcp_handoff_svc_nl_backend_add_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	return nl_with(info, backend_add);
}

static int backend_set(struct tcp_handoff_service *svc, struct genl_info *info)
{
	struct tcp_handoff_group *g;
	u32 weight = 1;
	__be32 addr;
	int err;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_BACKEND_GROUP);
	if (!g)
		return -ENOENT;
	err = nl_backend(info, &addr);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_SVC_A_BACKEND_WEIGHT)) {
		GENL_SET_ERR_MSG(info, "weight is missing");
		return -EINVAL;
	}
	nl_u32(&weight, info->attrs[TCP_HANDOFF_SVC_A_BACKEND_WEIGHT]);
	return tcp_handoff_backend_set(g, addr, weight, info->extack);
}

int tcp_handoff_svc_nl_backend_set_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	return nl_with(info, backend_set);
}

static int backend_del(struct tcp_handoff_service *svc, struct genl_info *info)
{
	struct tcp_handoff_group *g;
	__be32 addr;
	int err;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_BACKEND_GROUP);
	if (!g)
		return -ENOENT;
	err = nl_backend(info, &addr);
	return err ?: tcp_handoff_backend_del(g, addr, info->extack);
}

int tcp_handoff_svc_nl_backend_del_doit(struct sk_buff *skb,
					struct genl_info *info)
{
	return nl_with(info, backend_del);
}

/* A back end, and what it was like a moment ago */
struct backend_view {
	const struct tcp_handoff_group *g;
	__be32 addr;
	struct tcp_handoff_sched_be sched;
	u64 assigned;
};

static int backend_put(struct sk_buff *skb, struct tcp_handoff_service *svc,
		       void *object)
{
	const struct backend_view *v = object;

	if (nla_put_string(skb, TCP_HANDOFF_SVC_A_BACKEND_GROUP,
			   v->g->name) ||
	    nla_put_in_addr(skb, TCP_HANDOFF_SVC_A_BACKEND_PEER,
			    v->addr) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_BACKEND_WEIGHT,
			v->sched.weight) ||
	    nla_put_u8(skb, TCP_HANDOFF_SVC_A_BACKEND_USABLE,
		       v->sched.usable) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_BACKEND_LOAD,
			v->sched.load) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_BACKEND_ASSIGNED,
			 v->assigned))
		return -EMSGSIZE;
	return 0;
}

static int group_dump_backends(struct dump *d, struct tcp_handoff_service *svc,
			       struct tcp_handoff_group *g)
{
	struct backend_view v = { .g = g };
	int i, err = 0;

	for (i = 0; i < TCP_HANDOFF_BACKENDS_MOST && !err; i++) {
		spin_lock(&g->lock);
		tcp_handoff_group_refresh(svc, g, 0);
		v.addr = g->be[i].addr;
		v.sched = g->sched.be[i];
		v.assigned = g->be[i].assigned;
		spin_unlock(&g->lock);
		if (v.addr)
			err = dump_one(d, svc, backend_put, &v);
	}
	return err;
}

static int backend_dump(struct dump *d, struct tcp_handoff_service *svc)
{
	struct tcp_handoff_group *g;
	int err = 0;

	list_for_each_entry(g, &svc->groups, list)
		err = err ?: group_dump_backends(d, svc, g);
	return err;
}

int tcp_handoff_svc_nl_backend_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb)
{
	return dump_all(skb, cb, TCP_HANDOFF_SVC_CMD_BACKEND_GET,
			backend_dump);
}

/*
 * Rules
 */

static int rule_add(struct tcp_handoff_service *svc, struct genl_info *info)
{
	u32 match = TCP_HANDOFF_SVC_PATH_ANY, at = 0;
	bool any;
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_group *g;
	struct tcp_handoff_rule *rule;

	g = nl_group(svc, info, TCP_HANDOFF_SVC_A_RULE_GROUP);
	if (!g)
		return -ENOENT;
	nl_u32(&match, tb[TCP_HANDOFF_SVC_A_RULE_MATCH]);
	nl_u32(&at, tb[TCP_HANDOFF_SVC_A_RULE_AT]);
	any = match == TCP_HANDOFF_SVC_PATH_ANY;
	if (any != !tb[TCP_HANDOFF_SVC_A_RULE_PATH]) {
		GENL_SET_ERR_MSG(info,
				 "a path, and how to compare it, belong together");
		return -EINVAL;
	}
	rule = tcp_handoff_rule_new(nl_text(tb[TCP_HANDOFF_SVC_A_RULE_HOST],
					    ""),
				    nl_text(tb[TCP_HANDOFF_SVC_A_RULE_PATH],
					    ""), match);
	if (!rule)
		return -ENOMEM;
	rule->group = g;
	tcp_handoff_rule_add(svc, rule, at);
	return 0;
}

int tcp_handoff_svc_nl_rule_add_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	return nl_with(info, rule_add);
}

static int rule_del(struct tcp_handoff_service *svc, struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_SVC_A_RULE_AT)) {
		GENL_SET_ERR_MSG(info, "number of the rule is missing");
		return -EINVAL;
	}
	return tcp_handoff_rule_del(svc,
			nla_get_u32(info->attrs[TCP_HANDOFF_SVC_A_RULE_AT]),
			info->extack);
}

int tcp_handoff_svc_nl_rule_del_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	return nl_with(info, rule_del);
}

static int put_part(struct sk_buff *skb, int attr, const char *text, u32 len)
{
	struct nlattr *nla = nla_reserve(skb, attr, len + 1);

	if (!nla)
		return -EMSGSIZE;
	memcpy(nla_data(nla), text, len);
	((char *)nla_data(nla))[len] = '\0';
	return 0;
}

struct rule_view {
	struct tcp_handoff_rule *rule;
	u32 at;
};

static int rule_put(struct sk_buff *skb, struct tcp_handoff_service *svc,
		    void *object)
{
	const struct rule_view *v = object;
	const struct tcp_handoff_rule *rule = v->rule;

	if (nla_put_u32(skb, TCP_HANDOFF_SVC_A_RULE_AT, v->at) ||
	    nla_put_u32(skb, TCP_HANDOFF_SVC_A_RULE_MATCH, rule->match) ||
	    nla_put_string(skb, TCP_HANDOFF_SVC_A_RULE_GROUP,
			   rule->group->name) ||
	    nla_put_uint(skb, TCP_HANDOFF_SVC_A_RULE_HITS,
			 atomic64_read(&rule->hits)))
		return -EMSGSIZE;
	if (rule->host_len &&
	    put_part(skb, TCP_HANDOFF_SVC_A_RULE_HOST, rule->text,
		     rule->host_len))
		return -EMSGSIZE;
	if (rule->match != TCP_HANDOFF_SVC_PATH_ANY &&
	    put_part(skb, TCP_HANDOFF_SVC_A_RULE_PATH,
		     rule->text + rule->host_len, rule->path_len))
		return -EMSGSIZE;
	return 0;
}

static int rule_dump(struct dump *d, struct tcp_handoff_service *svc)
{
	struct tcp_handoff_rule *rule;
	struct rule_view v = {};
	int err = 0;

	list_for_each_entry(rule, &svc->rules, list) {
		v.rule = rule;
		v.at++;
		err = err ?: dump_one(d, svc, rule_put, &v);
	}
	return err;
}

int tcp_handoff_svc_nl_rule_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	return dump_all(skb, cb, TCP_HANDOFF_SVC_CMD_RULE_GET, rule_dump);
}

/**
 * tcp_handoff_dispatch_netlink_init() - register the family
 *
 * Context: boot, after the per-namespace part: a request may come at once
 * Return: 0 or a negative errno
 */
int __init tcp_handoff_dispatch_netlink_init(void)
{
	return genl_register_family(&nl_family);
}
