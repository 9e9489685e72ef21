// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the generic netlink family.
 *
 * Documentation/netlink/specs/tcp_handoff.yaml describes it; attribute
 * policies and the table of operations in netlink_gen.c are generated from
 * there.  Everything needs CAP_NET_ADMIN in the user namespace that owns the
 * network namespace.
 */
#include <net/genetlink.h>

#include "handoff.h"
#include "netlink_gen.h"

/* One definition is for user space, the other for us. */
#define SAME_STATE(name)						\
	static_assert((int)TCP_HANDOFF_ST_##name ==			\
		      (int)TCP_HANDOFF_FLOW_STATE_##name)
SAME_STATE(HOLD);
SAME_STATE(SENT);
SAME_STATE(DOUBT);
SAME_STATE(FORWARD);
SAME_STATE(HOMING);
SAME_STATE(ADOPTING);
SAME_STATE(OWNED);
SAME_STATE(ENDED);

/* By hand: the generator cannot say who may listen. */
static const struct genl_multicast_group nl_mcgrps[] = {
	[TCP_HANDOFF_NLGRP_EVENTS] = {
		.name = TCP_HANDOFF_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

static struct genl_family nl_family __ro_after_init = {
	.name		= TCP_HANDOFF_FAMILY_NAME,
	.version	= TCP_HANDOFF_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.split_ops	= tcp_handoff_nl_ops,
	.n_split_ops	= ARRAY_SIZE(tcp_handoff_nl_ops),
	.mcgrps		= nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(nl_mcgrps),
};

static struct tcp_handoff_net *nl_hnet(const struct genl_info *info)
{
	return tcp_handoff_pernet(genl_info_net(info));
}

static struct tcp_handoff_net *nl_hnet_dump(const struct netlink_callback *cb)
{
	return tcp_handoff_pernet(sock_net(cb->skb->sk));
}

static void *nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
			 u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &nl_family, NLM_F_MULTI, cmd);
}

static struct sk_buff *nl_reply_new(struct genl_info *info, void **hdr, u8 cmd)
{
	struct sk_buff *msg;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &nl_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* End a message: drop it again if its content did not fit. */
static int nl_end(struct sk_buff *skb, void *hdr, int err)
{
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

static int nl_reply(struct genl_info *info, struct sk_buff *msg, void *hdr,
		    int err)
{
	err = nl_end(msg, hdr, err);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return err;
}

/*
 * Lists of techniques
 */

static int tech_put(struct sk_buff *skb, int type, const char *name)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, type);
	if (!nest || nla_put_string(skb, TCP_HANDOFF_A_TECH_NAME, name))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Not under hnet->mutex, a list in the making may show; no name does. */
static int techs_put(struct sk_buff *skb, int type,
		     const char (*techs)[TCP_HANDOFF_TECH_NAME_MAX])
{
	int i;

	for (i = 0; i < TCP_HANDOFF_TECHS_MOST && techs[i][0]; i++) {
		if (tech_put(skb, type, techs[i]))
			return -EMSGSIZE;
	}
	return 0;
}

/* The techniques of a request, checked before anything is changed. */
struct tech_list {
	char names[TCP_HANDOFF_TECHS_MOST][TCP_HANDOFF_TECH_NAME_MAX];
	unsigned int n;
};

static int tech_parse(struct tech_list *list, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TCP_HANDOFF_A_TECH_MAX + 1];
	const char *name = "";
	int err;

	err = nla_parse_nested(tb, TCP_HANDOFF_A_TECH_MAX, attr,
			       tcp_handoff_tech_nl_policy, extack);
	if (err)
		return err;
	if (list->n == ARRAY_SIZE(list->names)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "too many techniques");
		return -E2BIG;
	}
	if (tb[TCP_HANDOFF_A_TECH_NAME])
		name = nla_data(tb[TCP_HANDOFF_A_TECH_NAME]);
	if (list->n && (!*name || !list->names[0][0])) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "no name: then it must be the only one");
		return -EINVAL;
	}
	if (*name && !tcp_handoff_tech_find(name)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "no such technique is built in");
		return -ENOPKG;
	}
	strscpy_pad(list->names[list->n++], name);
	return 0;
}

static int techs_parse(struct tech_list *list, struct genl_info *info,
		       int type)
{
	struct nlattr *attr;
	int rem, err;

	nlmsg_for_each_attr_type(attr, type, info->nlhdr, GENL_HDRLEN, rem) {
		err = tech_parse(list, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Peers
 */

static u32 peer_channel_state(struct tcp_handoff_peer *peer, bool out)
{
	u32 role = out ? TCP_HANDOFF_PEER_F_BACK_END :
			 TCP_HANDOFF_PEER_F_FRONT_END;
	struct tcp_handoff_channel *ch;

	if (!(peer->flags & role))
		return TCP_HANDOFF_CHANNEL_STATE_NONE;
	if (tcp_handoff_channel_is_up(peer, out))
		return TCP_HANDOFF_CHANNEL_STATE_UP;
	ch = out ? READ_ONCE(peer->out) :
		   READ_ONCE(peer->in) ?: READ_ONCE(peer->in_new);
	if (ch)
		return TCP_HANDOFF_CHANNEL_STATE_CONNECTING;
	return TCP_HANDOFF_CHANNEL_STATE_DOWN;
}

static int peer_put_config(struct sk_buff *skb, struct tcp_handoff_peer *peer)
{
	if (nla_put_in_addr(skb, TCP_HANDOFF_A_PEER_ADDR, peer->addr) ||
	    nla_put_be16(skb, TCP_HANDOFF_A_PEER_PORT, peer->port) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_FLAGS, peer->flags) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_FORWARD, peer->forward))
		return -EMSGSIZE;
	if (peer->local &&
	    nla_put_in_addr(skb, TCP_HANDOFF_A_PEER_LOCAL, peer->local))
		return -EMSGSIZE;
	return 0;
}

static int peer_put_state(struct sk_buff *skb, struct tcp_handoff_peer *peer)
{
	u32 out = peer_channel_state(peer, true);
	u32 in = peer_channel_state(peer, false);
	u64 boot_id = READ_ONCE(peer->boot_id);
	int error = READ_ONCE(peer->last_error);

	if (nla_put_u32(skb, TCP_HANDOFF_A_PEER_OUT_STATE, out) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_IN_STATE, in))
		return -EMSGSIZE;
	if (boot_id && nla_put_uint(skb, TCP_HANDOFF_A_PEER_BOOT_ID, boot_id))
		return -EMSGSIZE;
	if (error &&
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_LAST_ERROR, abs(error)))
		return -EMSGSIZE;
	return 0;
}

static int peer_put_counters(struct sk_buff *skb,
			     struct tcp_handoff_peer *peer)
{
	if (nla_put_u32(skb, TCP_HANDOFF_A_PEER_FLOWS,
			atomic_read(&peer->flows)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_PEER_SENT,
			 atomic64_read(&peer->sent)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_PEER_ADOPTED,
			 atomic64_read(&peer->adopted)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_PEER_REFUSED,
			 atomic64_read(&peer->refused)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_PEER_RECEIVED,
			 atomic64_read(&peer->received)) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_DIAL_FAILURES,
			READ_ONCE(peer->dial_failures)))
		return -EMSGSIZE;
	return 0;
}

static int peer_put_keys(struct sk_buff *skb, struct tcp_handoff_peer *peer)
{
	if (nla_put_u32(skb, TCP_HANDOFF_A_PEER_KEYS,
			READ_ONCE(peer->nr_keys)) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_PEER_PARKED,
			READ_ONCE(peer->pool.ready)))
		return -EMSGSIZE;
	return 0;
}

static int peer_put(struct sk_buff *skb, struct tcp_handoff_peer *peer)
{
	return peer_put_config(skb, peer) ?:
	       techs_put(skb, TCP_HANDOFF_A_PEER_TECH, peer->techs) ?:
	       peer_put_state(skb, peer) ?:
	       peer_put_counters(skb, peer) ?:
	       peer_put_keys(skb, peer);
}

/*
 * Nobody finds a secret in memory that is free: the message's copy goes on
 * every path, with whatever else may be in its place if it is malformed.  What
 * generic netlink refuses before it calls us we never see.
 */
static void wipe_secrets(const struct genl_info *info)
{
	struct nlattr *nla;
	int rem;

	nla_for_each_attr(nla, genlmsg_data(info->genlhdr),
			  genlmsg_len(info->genlhdr), rem) {
		if (nla_type(nla) == TCP_HANDOFF_A_PEER_KEY)
			memzero_explicit(nla_data(nla), nla_len(nla));
	}
}

/* Which key is meant, and all of it if there is a secret. */
static int key_parse(struct tcp_handoff_key *key, struct genl_info *info)
{
	struct nlattr *tb[ARRAY_SIZE(tcp_handoff_key_nl_policy)];
	struct nlattr *secret;
	int err;

	err = nla_parse_nested(tb, ARRAY_SIZE(tb) - 1,
			       info->attrs[TCP_HANDOFF_A_PEER_KEY],
			       tcp_handoff_key_nl_policy, info->extack);
	if (err)
		return err;
	if (!tb[TCP_HANDOFF_A_KEY_ID]) {
		GENL_SET_ERR_MSG(info, "id of the key is missing");
		return -EINVAL;
	}
	key->id = nla_get_u8(tb[TCP_HANDOFF_A_KEY_ID]);
	if (tb[TCP_HANDOFF_A_KEY_ALGORITHM])
		nla_strscpy(key->alg, tb[TCP_HANDOFF_A_KEY_ALGORITHM],
			    sizeof(key->alg));
	else
		strscpy(key->alg, "hmac(sha256)");
	secret = tb[TCP_HANDOFF_A_KEY_SECRET];
	if (secret) {
		key->len = min(nla_len(secret), U8_MAX);
		nla_memcpy(key->secret, secret, sizeof(key->secret));
	}
	key->force = tb[TCP_HANDOFF_A_KEY_FORCE];
	return 0;
}

static int peer_add(struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_peer conf = {};
	struct tcp_handoff_key key = {};
	struct tech_list techs = {};
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_ADDR)) {
		GENL_SET_ERR_MSG(info, "address of the peer is missing");
		return -EINVAL;
	}
	conf.addr = nla_get_in_addr(tb[TCP_HANDOFF_A_PEER_ADDR]);
	if (tb[TCP_HANDOFF_A_PEER_PORT])
		conf.port = nla_get_be16(tb[TCP_HANDOFF_A_PEER_PORT]);
	if (tb[TCP_HANDOFF_A_PEER_LOCAL])
		conf.local = nla_get_in_addr(tb[TCP_HANDOFF_A_PEER_LOCAL]);
	if (tb[TCP_HANDOFF_A_PEER_FLAGS])
		conf.flags = nla_get_u32(tb[TCP_HANDOFF_A_PEER_FLAGS]);
	if (tb[TCP_HANDOFF_A_PEER_FORWARD])
		conf.forward = nla_get_u32(tb[TCP_HANDOFF_A_PEER_FORWARD]);
	err = techs_parse(&techs, info, TCP_HANDOFF_A_PEER_TECH);
	memcpy(conf.techs, techs.names, sizeof(conf.techs));
	if (!err && tb[TCP_HANDOFF_A_PEER_KEY]) {
		err = key_parse(&key, info);
		conf.keys = &key;
		conf.nr_keys = 1;
	}
	if (!err)
		err = tcp_handoff_peer_add(nl_hnet(info), &conf, info->extack);
	memzero_explicit(&key, sizeof(key));
	return err;
}

int tcp_handoff_nl_peer_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = peer_add(info);

	wipe_secrets(info);
	return err;
}

int tcp_handoff_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *addr = info->attrs[TCP_HANDOFF_A_PEER_ADDR];
	struct tcp_handoff_peer conf = {};
	struct tech_list techs = {};
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_ADDR)) {
		GENL_SET_ERR_MSG(info, "address of the peer is missing");
		return -EINVAL;
	}
	err = techs_parse(&techs, info, TCP_HANDOFF_A_PEER_TECH);
	if (err)
		return err;
	conf.addr = nla_get_in_addr(addr);
	memcpy(conf.techs, techs.names, sizeof(conf.techs));
	return tcp_handoff_peer_set(nl_hnet(info), &conf, info->extack);
}

int tcp_handoff_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *addr = info->attrs[TCP_HANDOFF_A_PEER_ADDR];

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_ADDR)) {
		GENL_SET_ERR_MSG(info, "address of the peer is missing");
		return -EINVAL;
	}
	return tcp_handoff_peer_del(nl_hnet(info), nla_get_in_addr(addr),
				    info->extack);
}

int tcp_handoff_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *addr = info->attrs[TCP_HANDOFF_A_PEER_ADDR];
	struct tcp_handoff_peer *peer;
	struct sk_buff *msg;
	int err = -ENOMEM;
	void *hdr;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_ADDR)) {
		GENL_SET_ERR_MSG(info, "address of the peer is missing");
		return -EINVAL;
	}
	peer = tcp_handoff_peer_find(nl_hnet(info), nla_get_in_addr(addr));
	if (!peer) {
		GENL_SET_ERR_MSG(info, "no peer with this address");
		return -ENOENT;
	}
	msg = nl_reply_new(info, &hdr, TCP_HANDOFF_CMD_PEER_GET);
	if (msg)
		err = nl_reply(info, msg, hdr, peer_put(msg, peer));
	tcp_handoff_peer_put(peer);
	return err;
}

/*
 * Position in a list that new objects join at its end: whoever is there while
 * the dump lasts is shown, unless an earlier one is removed between messages.
 */
struct list_cursor {
	unsigned int done;
};

int tcp_handoff_nl_peer_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct tcp_handoff_net *hnet = nl_hnet_dump(cb);
	struct list_cursor *cur = (void *)cb->ctx;
	struct tcp_handoff_peer *peer;
	unsigned int at = 0;
	void *hdr;

	NL_ASSERT_DUMP_CTX_FITS(struct list_cursor);
	mutex_lock(&hnet->mutex);
	list_for_each_entry(peer, &hnet->peers, list) {
		if (at++ < cur->done)
			continue;
		hdr = nl_dump_put(skb, cb, TCP_HANDOFF_CMD_PEER_GET);
		if (!hdr || nl_end(skb, hdr, peer_put(skb, peer)))
			break;
		cur->done++;
	}
	mutex_unlock(&hnet->mutex);
	return skb->len;
}

/*
 * Keys
 */

static int key_op(struct genl_info *info,
		  int (*op)(struct tcp_handoff_net *hnet, __be32 addr,
			    const struct tcp_handoff_key *key,
			    struct netlink_ext_ack *extack))
{
	struct nlattr *addr = info->attrs[TCP_HANDOFF_A_PEER_ADDR];
	struct tcp_handoff_key key = {};
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_ADDR)) {
		GENL_SET_ERR_MSG(info, "address of the peer is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_PEER_KEY)) {
		GENL_SET_ERR_MSG(info, "key is missing");
		return -EINVAL;
	}
	err = key_parse(&key, info);
	if (!err)
		err = op(nl_hnet(info), nla_get_in_addr(addr), &key,
			 info->extack);
	memzero_explicit(&key, sizeof(key));
	return err;
}

/* An operation on one key of a peer */
static int key_doit(struct genl_info *info,
		    int (*op)(struct tcp_handoff_net *hnet, __be32 addr,
			      const struct tcp_handoff_key *key,
			      struct netlink_ext_ack *extack))
{
	int err = key_op(info, op);

	wipe_secrets(info);
	return err;
}

int tcp_handoff_nl_key_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return key_doit(info, tcp_handoff_key_add);
}

int tcp_handoff_nl_key_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return key_doit(info, tcp_handoff_key_del);
}

int tcp_handoff_nl_key_use_doit(struct sk_buff *skb, struct genl_info *info)
{
	return key_doit(info, tcp_handoff_key_use);
}

static int nl_key_put(struct sk_buff *skb, struct tcp_handoff_peer *peer,
		      const struct tcp_handoff_key *key)
{
	struct nlattr *nest;

	if (nla_put_in_addr(skb, TCP_HANDOFF_A_PEER_ADDR, peer->addr))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, TCP_HANDOFF_A_PEER_KEY);
	if (!nest ||
	    nla_put_u8(skb, TCP_HANDOFF_A_KEY_ID, key->id) ||
	    nla_put_string(skb, TCP_HANDOFF_A_KEY_ALGORITHM, key->alg) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_KEY_FLAGS,
			tcp_handoff_key_flags(peer, key->id)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Return: true if all keys of the peer are in the dump. */
static bool keys_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      struct tcp_handoff_peer *peer, unsigned int *at)
{
	struct list_cursor *cur = (void *)cb->ctx;
	const struct tcp_handoff_key *key;
	void *hdr;

	for (key = peer->keys; key < peer->keys + peer->nr_keys; key++) {
		if ((*at)++ < cur->done)
			continue;
		hdr = nl_dump_put(skb, cb, TCP_HANDOFF_CMD_KEY_GET);
		if (!hdr || nl_end(skb, hdr, nl_key_put(skb, peer, key)))
			return false;
		cur->done++;
	}
	return true;
}

int tcp_handoff_nl_key_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	struct tcp_handoff_net *hnet = nl_hnet_dump(cb);
	struct tcp_handoff_peer *peer;
	unsigned int at = 0;
	bool more = true;

	mutex_lock(&hnet->mutex);
	list_for_each_entry(peer, &hnet->peers, list) {
		mutex_lock(&peer->key_lock);
		more = keys_dump(skb, cb, peer, &at);
		mutex_unlock(&peer->key_lock);
		if (!more)
			break;
	}
	mutex_unlock(&hnet->mutex);
	return skb->len;
}

/*
 * Virtual IP addresses
 */

static int vip_doit(struct genl_info *info,
		    int (*op)(struct tcp_handoff_net *hnet,
			      const struct tcp_handoff_vip *conf,
			      struct netlink_ext_ack *extack))
{
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_vip conf = {};
	struct tech_list techs = {};
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_VIP_ADDR)) {
		GENL_SET_ERR_MSG(info, "virtual IP address is missing");
		return -EINVAL;
	}
	err = techs_parse(&techs, info, TCP_HANDOFF_A_VIP_TECH);
	if (err)
		return err;
	conf.addr = nla_get_in_addr(tb[TCP_HANDOFF_A_VIP_ADDR]);
	if (tb[TCP_HANDOFF_A_VIP_PORT])
		conf.port = nla_get_be16(tb[TCP_HANDOFF_A_VIP_PORT]);
	if (tb[TCP_HANDOFF_A_VIP_FLAGS])
		conf.flags = nla_get_u32(tb[TCP_HANDOFF_A_VIP_FLAGS]);
	memcpy(conf.techs, techs.names, sizeof(conf.techs));
	return op(nl_hnet(info), &conf, info->extack);
}

int tcp_handoff_nl_vip_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vip_doit(info, tcp_handoff_vip_add);
}

int tcp_handoff_nl_vip_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vip_doit(info, tcp_handoff_vip_set);
}

int tcp_handoff_nl_vip_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	__be16 port = 0;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_VIP_ADDR)) {
		GENL_SET_ERR_MSG(info, "virtual IP address is missing");
		return -EINVAL;
	}
	if (tb[TCP_HANDOFF_A_VIP_PORT])
		port = nla_get_be16(tb[TCP_HANDOFF_A_VIP_PORT]);
	return tcp_handoff_vip_del(nl_hnet(info),
				   nla_get_in_addr(tb[TCP_HANDOFF_A_VIP_ADDR]),
				   port, info->extack);
}

static int vip_put(struct sk_buff *skb, const struct tcp_handoff_vip *vip)
{
	if (nla_put_in_addr(skb, TCP_HANDOFF_A_VIP_ADDR, vip->addr) ||
	    nla_put_be16(skb, TCP_HANDOFF_A_VIP_PORT, vip->port) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_VIP_FLAGS, vip->flags))
		return -EMSGSIZE;
	return techs_put(skb, TCP_HANDOFF_A_VIP_TECH, vip->techs);
}

int tcp_handoff_nl_vip_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	struct tcp_handoff_net *hnet = nl_hnet_dump(cb);
	struct list_cursor *cur = (void *)cb->ctx;
	struct tcp_handoff_vip *vip;
	unsigned int at = 0;
	void *hdr;

	mutex_lock(&hnet->mutex);
	list_for_each_entry(vip, &hnet->vips, list) {
		if (at++ < cur->done)
			continue;
		hdr = nl_dump_put(skb, cb, TCP_HANDOFF_CMD_VIP_GET);
		if (!hdr || nl_end(skb, hdr, vip_put(skb, vip)))
			break;
		cur->done++;
	}
	mutex_unlock(&hnet->mutex);
	return skb->len;
}

/*
 * Flows
 *
 * Values are read one by one and without the flow's lock, events being sent
 * from wherever a flow changes, that lock held or not: they tell a person
 * what goes on, nothing decides by them.
 */

static int flow_put_names(struct sk_buff *skb, struct tcp_handoff_flow *flow)
{
	if (nla_put_uint(skb, TCP_HANDOFF_A_FLOW_BOOT_ID, flow->id.boot_id) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_FLOW_SEQ, flow->id.seq) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_EPOCH,
			READ_ONCE(flow->epoch)) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_STATE,
			READ_ONCE(flow->state)) ||
	    nla_put_in_addr(skb, TCP_HANDOFF_A_FLOW_CLIENT_ADDR,
			    flow->caddr) ||
	    nla_put_be16(skb, TCP_HANDOFF_A_FLOW_CLIENT_PORT, flow->cport) ||
	    nla_put_in_addr(skb, TCP_HANDOFF_A_FLOW_VIP_ADDR, flow->vaddr) ||
	    nla_put_be16(skb, TCP_HANDOFF_A_FLOW_VIP_PORT, flow->vport))
		return -EMSGSIZE;
	return 0;
}

static int flow_put_peer(struct sk_buff *skb, struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_peer *peer;
	__be32 addr = 0;

	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer)
		addr = peer->addr;
	rcu_read_unlock();

	if (addr && nla_put_in_addr(skb, TCP_HANDOFF_A_FLOW_PEER, addr))
		return -EMSGSIZE;
	return 0;
}

/* What only a back end knows, and what only a front end knows. */
static int flow_put_roles(struct sk_buff *skb, struct tcp_handoff_flow *flow)
{
	u32 handoff_us = READ_ONCE(flow->handoff_us);
	u32 adopt_us = READ_ONCE(flow->adopt_us);

	if (flow->tech[0] &&
	    nla_put_string(skb, TCP_HANDOFF_A_FLOW_TECHNIQUE, flow->tech))
		return -EMSGSIZE;
	if (handoff_us &&
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_HANDOFF_US, handoff_us))
		return -EMSGSIZE;
	if (adopt_us &&
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_ADOPT_US, adopt_us))
		return -EMSGSIZE;
	return 0;
}

static int flow_put_counters(struct sk_buff *skb,
			     struct tcp_handoff_flow *flow)
{
	u64 age = ktime_get_ns() - READ_ONCE(flow->t_capture);
	u32 idle = jiffies - READ_ONCE(flow->last_used);

	if (nla_put_uint(skb, TCP_HANDOFF_A_FLOW_PACKETS,
			 atomic64_read(&flow->packets)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_FLOW_BYTES,
			 atomic64_read(&flow->bytes)) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_HELD_BYTES,
			READ_ONCE(flow->hold_bytes)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_FLOW_AGE_MS,
			 div_u64(age, NSEC_PER_MSEC)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_FLOW_IDLE_MS,
			 jiffies_to_msecs(idle)))
		return -EMSGSIZE;
	return 0;
}

static int flow_put_request(struct sk_buff *skb, struct tcp_handoff_flow *flow)
{
	u8 reason = READ_ONCE(flow->reason);

	if (reason &&
	    (nla_put_u32(skb, TCP_HANDOFF_A_FLOW_REASON, reason) ||
	     nla_put_string(skb, TCP_HANDOFF_A_FLOW_REASON_TEXT,
			    tcp_handoff_reason_text(reason))))
		return -EMSGSIZE;
	if (nla_put_uint(skb, TCP_HANDOFF_A_FLOW_COOKIE, flow->cookie) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_FLOW_ATTEMPTS,
			READ_ONCE(flow->attempts)))
		return -EMSGSIZE;
	return 0;
}

static int flow_put(struct sk_buff *skb, struct tcp_handoff_flow *flow)
{
	return flow_put_names(skb, flow) ?:
	       flow_put_peer(skb, flow) ?:
	       flow_put_roles(skb, flow) ?:
	       flow_put_counters(skb, flow) ?:
	       flow_put_request(skb, flow);
}

/*
 * Position in the flow table.  New flows join a bucket at its head, so their
 * serials fall along it: what follows is older than what was shown last.
 */
struct flow_cursor {
	u64 serial;			/* 0: nothing of this bucket yet */
	u32 bucket;
};

static int flow_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			 struct tcp_handoff_flow *flow)
{
	void *hdr;

	hdr = nl_dump_put(skb, cb, TCP_HANDOFF_CMD_FLOW_GET);
	return hdr ? nl_end(skb, hdr, flow_put(skb, flow)) : -EMSGSIZE;
}

static int flow_dump_bucket(struct sk_buff *skb, struct netlink_callback *cb,
			    struct tcp_handoff_net *hnet)
{
	struct flow_cursor *cur = (void *)cb->ctx;
	struct tcp_handoff_flow *flow;
	int err = 0;

	spin_lock_bh(&hnet->lock);
	hlist_for_each_entry(flow, &hnet->flows->chain[cur->bucket], node) {
		if (cur->serial && flow->serial >= cur->serial)
			continue;
		err = flow_dump_one(skb, cb, flow);
		if (err)
			break;
		cur->serial = flow->serial;
	}
	spin_unlock_bh(&hnet->lock);
	return err;
}

int tcp_handoff_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	struct tcp_handoff_flow *flow;
	struct sk_buff *msg;
	int err = -ENOMEM;
	void *hdr;

	if (GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_FLOW_BOOT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TCP_HANDOFF_A_FLOW_SEQ)) {
		GENL_SET_ERR_MSG(info, "an id has two halves, one is missing");
		return -EINVAL;
	}
	flow = tcp_handoff_flow_find(nl_hnet(info),
				     nla_get_uint(tb[TCP_HANDOFF_A_FLOW_BOOT_ID]),
				     nla_get_uint(tb[TCP_HANDOFF_A_FLOW_SEQ]));
	if (!flow) {
		GENL_SET_ERR_MSG(info, "no flow with this id");
		return -ENOENT;
	}
	msg = nl_reply_new(info, &hdr, TCP_HANDOFF_CMD_FLOW_GET);
	if (msg)
		err = nl_reply(info, msg, hdr, flow_put(msg, flow));
	tcp_handoff_flow_put(flow);
	return err;
}

int tcp_handoff_nl_flow_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct tcp_handoff_net *hnet = nl_hnet_dump(cb);
	struct flow_cursor *cur = (void *)cb->ctx;

	NL_ASSERT_DUMP_CTX_FITS(struct flow_cursor);
	while (hnet->flows && cur->bucket < hnet->flows->buckets) {
		if (flow_dump_bucket(skb, cb, hnet))
			break;
		cur->bucket++;
		cur->serial = 0;
		cond_resched();
	}
	return skb->len;
}

/*
 * Counters
 */

static int stat_put(struct sk_buff *skb, struct tcp_handoff_net *hnet,
		    int item)
{
	if (nla_put_string(skb, TCP_HANDOFF_A_STAT_NAME,
			   tcp_handoff_mib_name(item)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_STAT_VALUE,
			 tcp_handoff_mib_read(hnet->mib, item)))
		return -EMSGSIZE;
	return 0;
}

int tcp_handoff_nl_stat_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct tcp_handoff_net *hnet = nl_hnet_dump(cb);
	struct list_cursor *cur = (void *)cb->ctx;
	void *hdr;

	for (; cur->done < __TCP_HANDOFF_MIB_MAX; cur->done++) {
		hdr = nl_dump_put(skb, cb, TCP_HANDOFF_CMD_STAT_GET);
		if (!hdr || nl_end(skb, hdr, stat_put(skb, hnet, cur->done)))
			break;
	}
	return skb->len;
}

/*
 * Limits, times, techniques
 */

static int config_put_limits(struct sk_buff *skb, struct tcp_handoff_net *hnet)
{
	if (nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_MAX_FLOWS,
			hnet->max_flows) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_CONFIG_MAX_BYTES,
			 hnet->max_bytes) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_HOLD_BYTES,
			hnet->hold_bytes) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_DEADLINE_MS,
			hnet->deadline_ms) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_IDLE_MS, hnet->idle_ms) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_HEARTBEAT_MS,
			hnet->heartbeat_ms) ||
	    nla_put_be16(skb, TCP_HANDOFF_A_CONFIG_PORT, hnet->port) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_POOL_DEPTH,
			hnet->pool_depth))
		return -EMSGSIZE;
	return 0;
}

static int config_put_state(struct sk_buff *skb, struct tcp_handoff_net *hnet)
{
	if (nla_put_uint(skb, TCP_HANDOFF_A_CONFIG_BOOT_ID, hnet->boot_id) ||
	    nla_put_u32(skb, TCP_HANDOFF_A_CONFIG_FLOWS,
			READ_ONCE(hnet->nr_flows)) ||
	    nla_put_uint(skb, TCP_HANDOFF_A_CONFIG_BYTES,
			 atomic_long_read(&hnet->bytes)))
		return -EMSGSIZE;
	return 0;
}

static int config_put_techs(struct sk_buff *skb, struct tcp_handoff_net *hnet)
{
	char names[64] = "";

	if (techs_put(skb, TCP_HANDOFF_A_CONFIG_TECH, hnet->techs))
		return -EMSGSIZE;
	tcp_handoff_tech_names(names, sizeof(names));
	return nla_put_string(skb, TCP_HANDOFF_A_CONFIG_TECH_AVAILABLE, names);
}

static int config_put(struct sk_buff *skb, struct tcp_handoff_net *hnet)
{
	int err;

	mutex_lock(&hnet->mutex);
	err = config_put_limits(skb, hnet) ?:
	      config_put_techs(skb, hnet) ?:
	      config_put_state(skb, hnet);
	mutex_unlock(&hnet->mutex);
	return err;
}

int tcp_handoff_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;

	msg = nl_reply_new(info, &hdr, TCP_HANDOFF_CMD_CONFIG_GET);
	if (!msg)
		return -ENOMEM;
	return nl_reply(info, msg, hdr, config_put(msg, nl_hnet(info)));
}

/* hnet->lock as well, for readers that cannot take the mutex. */
static void techs_set(struct tcp_handoff_net *hnet,
		      const struct tech_list *list)
{
	spin_lock_bh(&hnet->lock);
	memcpy(hnet->techs, list->names, sizeof(hnet->techs));
	spin_unlock_bh(&hnet->lock);
}

static int config_set_port(struct tcp_handoff_net *hnet, __be16 port,
			   struct netlink_ext_ack *extack)
{
	int err;

	if (port == hnet->port)
		return 0;
	if (!hnet->lsock) {
		hnet->port = port;
		return 0;
	}
	err = tcp_handoff_listen(hnet, port);
	if (err)
		NL_SET_ERR_MSG(extack, "cannot listen on this port");
	return err;
}

/* What is not accounted to anybody is not for everybody to have more of. */
static int config_check_limits(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	u64 bytes = TCP_HANDOFF_MAX_BYTES;
	u32 flows = TCP_HANDOFF_MAX_FLOWS;

	if (tb[TCP_HANDOFF_A_CONFIG_MAX_BYTES])
		bytes = nla_get_uint(tb[TCP_HANDOFF_A_CONFIG_MAX_BYTES]);
	if (tb[TCP_HANDOFF_A_CONFIG_MAX_FLOWS])
		flows = nla_get_u32(tb[TCP_HANDOFF_A_CONFIG_MAX_FLOWS]);
	if (bytes > LONG_MAX) {
		GENL_SET_ERR_MSG(info, "max-bytes is too big");
		return -ERANGE;
	}
	if (tb[TCP_HANDOFF_A_CONFIG_POOL_DEPTH] &&
	    !IS_ENABLED(CONFIG_TCP_HANDOFF_TRANSFER)) {
		GENL_SET_ERR_MSG(info, "technique transfer is not built in");
		return -ENOPKG;
	}
	if ((bytes > TCP_HANDOFF_MAX_BYTES || flows > TCP_HANDOFF_MAX_FLOWS) &&
	    !netlink_capable(skb, CAP_NET_ADMIN)) {
		GENL_SET_ERR_MSG(info,
				 "only the host's administrator may raise limits beyond their defaults");
		return -EPERM;
	}
	return 0;
}

static void config_set_u32(u32 *to, const struct nlattr *attr)
{
	if (attr)
		WRITE_ONCE(*to, nla_get_u32(attr));
}

static void config_set_limits(struct tcp_handoff_net *hnet, struct nlattr **tb)
{
	config_set_u32(&hnet->max_flows, tb[TCP_HANDOFF_A_CONFIG_MAX_FLOWS]);
	tcp_handoff_net_set_row(hnet);
	if (tb[TCP_HANDOFF_A_CONFIG_MAX_BYTES])
		WRITE_ONCE(hnet->max_bytes,
			   nla_get_uint(tb[TCP_HANDOFF_A_CONFIG_MAX_BYTES]));
	config_set_u32(&hnet->hold_bytes, tb[TCP_HANDOFF_A_CONFIG_HOLD_BYTES]);
	config_set_u32(&hnet->deadline_ms,
		       tb[TCP_HANDOFF_A_CONFIG_DEADLINE_MS]);
	config_set_u32(&hnet->idle_ms, tb[TCP_HANDOFF_A_CONFIG_IDLE_MS]);
	config_set_u32(&hnet->heartbeat_ms,
		       tb[TCP_HANDOFF_A_CONFIG_HEARTBEAT_MS]);
}

static void config_set_pool(struct tcp_handoff_net *hnet,
			    const struct nlattr *depth)
{
	struct tcp_handoff_peer *peer;

	if (!depth)
		return;
	WRITE_ONCE(hnet->pool_depth, nla_get_u32(depth));
	list_for_each_entry(peer, &hnet->peers, list)
		tcp_handoff_pool_fill(peer);
}

int tcp_handoff_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tcp_handoff_net *hnet = nl_hnet(info);
	struct nlattr **tb = info->attrs;
	struct tech_list techs = {};
	int err;

	err = techs_parse(&techs, info, TCP_HANDOFF_A_CONFIG_TECH) ?:
	      config_check_limits(skb, info);
	if (err)
		return err;

	mutex_lock(&hnet->mutex);
	/* the port first, only it can fail */
	if (tb[TCP_HANDOFF_A_CONFIG_PORT])
		err = config_set_port(hnet,
				      nla_get_be16(tb[TCP_HANDOFF_A_CONFIG_PORT]),
				      info->extack);
	if (!err) {
		config_set_limits(hnet, tb);
		config_set_pool(hnet, tb[TCP_HANDOFF_A_CONFIG_POOL_DEPTH]);
		if (techs.n)
			techs_set(hnet, &techs);
	}
	mutex_unlock(&hnet->mutex);
	return err;
}

/*
 * Events
 */

static void *event_start(struct net *net, struct sk_buff **msg, u8 cmd)
{
	void *hdr;

	/* most of the time nobody listens, and this is called per handoff */
	if (!genl_has_listeners(&nl_family, net, TCP_HANDOFF_NLGRP_EVENTS))
		return NULL;
	*msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!*msg)
		goto lost;
	hdr = genlmsg_put(*msg, 0, 0, &nl_family, 0, cmd);
	if (hdr)
		return hdr;
	nlmsg_free(*msg);
lost:
	genl_set_err(&nl_family, net, 0, TCP_HANDOFF_NLGRP_EVENTS, -ENOBUFS);
	return NULL;
}

static void event_send(struct net *net, struct sk_buff *msg, void *hdr,
		       int err)
{
	if (nl_end(msg, hdr, err)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_multicast_netns(&nl_family, net, msg, 0,
				TCP_HANDOFF_NLGRP_EVENTS, GFP_ATOMIC);
}

/**
 * tcp_handoff_notify() - tell listeners what happened to a flow
 * @flow: the flow; the caller holds a reference
 * @event: enum tcp_handoff_event
 *
 * A listener that misses an event sees ENOBUFS.
 *
 * Context: any, locks of the flow and of the socket held or not
 */
void tcp_handoff_notify(struct tcp_handoff_flow *flow, u32 event)
{
	struct net *net = flow->hnet->net;
	struct sk_buff *msg;
	void *hdr;
	int err;

	hdr = event_start(net, &msg, TCP_HANDOFF_CMD_FLOW_NTF);
	if (!hdr)
		return;
	err = nla_put_u32(msg, TCP_HANDOFF_A_FLOW_EVENT, event) ?:
	      flow_put(msg, flow);
	event_send(net, msg, hdr, err);
}

/**
 * tcp_handoff_notify_peer() - tell listeners what happened to a peer
 * @peer: the peer; the caller holds a reference but not peer->lock
 * @event: enum tcp_handoff_peer_event
 *
 * Context: any
 */
void tcp_handoff_notify_peer(struct tcp_handoff_peer *peer, u32 event)
{
	struct net *net = peer->hnet->net;
	struct sk_buff *msg;
	void *hdr;
	int err;

	hdr = event_start(net, &msg, TCP_HANDOFF_CMD_PEER_NTF);
	if (!hdr)
		return;
	err = nla_put_u32(msg, TCP_HANDOFF_A_PEER_EVENT, event) ?:
	      peer_put(msg, peer);
	event_send(net, msg, hdr, err);
}

/**
 * tcp_handoff_netlink_init() - register the family
 *
 * Context: boot, after the per-namespace part: a request may come at once
 * Return: 0 or a negative errno
 */
int __init tcp_handoff_netlink_init(void)
{
	return genl_register_family(&nl_family);
}
