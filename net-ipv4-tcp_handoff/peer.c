// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the configured peers and virtual IP addresses of a namespace.
 *
 * Both lists change under hnet->mutex and are read under RCU.  A peer that is
 * removed from the list lives on while flows, channels or a packet on its way
 * hold a reference; ->dead tells them not to start anything new with it.
 */
#include <linux/inetdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/route.h>

#include "handoff.h"

/**
 * tcp_handoff_peer_find() - look up a configured peer
 * @hnet: namespace
 * @addr: address of the peer
 *
 * Context: any
 * Return: the peer with a reference for the caller, or NULL
 */
struct tcp_handoff_peer *tcp_handoff_peer_find(struct tcp_handoff_net *hnet,
					       __be32 addr)
{
	struct tcp_handoff_peer *peer;

	rcu_read_lock();
	list_for_each_entry_rcu(peer, &hnet->peers, list) {
		if (peer->addr == addr && refcount_inc_not_zero(&peer->ref))
			goto out;
	}
	peer = NULL;
out:
	rcu_read_unlock();
	return peer;
}

/*
 * A packet may still be looking for a route in the cache: it reached the peer
 * through a flow that has dropped its reference since.
 */
static void peer_free_rcu(struct rcu_head *head)
{
	struct tcp_handoff_peer *peer;

	peer = container_of(head, struct tcp_handoff_peer, rcu);
	dst_cache_destroy(&peer->dst_cache);
	kfree_sensitive(peer->keys);
	kfree(peer);
}

/**
 * tcp_handoff_peer_put() - drop a reference
 * @peer: the peer; not to be used by the caller any more
 *
 * Context: any
 */
void tcp_handoff_peer_put(struct tcp_handoff_peer *peer)
{
	if (refcount_dec_and_test(&peer->ref))
		call_rcu(&peer->rcu, peer_free_rcu);
}

static bool addr_is_unicast(struct net *net, __be32 addr)
{
	unsigned int type;

	if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr))
		return false;
	type = inet_addr_type(net, addr);
	return type != RTN_BROADCAST && type != RTN_MULTICAST;
}

static bool addr_is_local(struct net *net, __be32 addr)
{
	/* the loopback net may have no route yet, it is local even so */
	return ipv4_is_loopback(addr) ||
	       inet_addr_type(net, addr) == RTN_LOCAL;
}

static int peer_check_addr(struct net *net,
			   const struct tcp_handoff_peer *conf,
			   struct netlink_ext_ack *extack)
{
	if (!addr_is_unicast(net, conf->addr)) {
		NL_SET_ERR_MSG(extack, "address of the peer is not unicast");
		return -EINVAL;
	}
	if (addr_is_local(net, conf->addr)) {
		NL_SET_ERR_MSG(extack,
			       "address of the peer belongs to this host");
		return -EADDRINUSE;
	}
	if (conf->local && !addr_is_local(net, conf->local)) {
		NL_SET_ERR_MSG(extack,
			       "local address does not belong to this host");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int peer_check(struct net *net, const struct tcp_handoff_peer *conf,
		      struct netlink_ext_ack *extack)
{
	const u32 roles = TCP_HANDOFF_PEER_F_BACK_END |
			  TCP_HANDOFF_PEER_F_FRONT_END;
	int err;

	if (!(conf->flags & roles)) {
		NL_SET_ERR_MSG(extack,
			       "is the peer a back end, a front end or both?");
		return -EINVAL;
	}
	if (tcp_handoff_auth_wanted(conf) && !conf->nr_keys) {
		NL_SET_ERR_MSG(extack,
			       "no key: give one, or mark the peer unauthenticated explicitly");
		return -EKEYREJECTED;
	}
	if (!tcp_handoff_auth_wanted(conf) && conf->nr_keys) {
		NL_SET_ERR_MSG(extack,
			       "a key for a peer that is unauthenticated");
		return -EINVAL;
	}
	if (conf->forward != TCP_HANDOFF_FORWARD_DR &&
	    conf->forward != TCP_HANDOFF_FORWARD_IPIP) {
		NL_SET_ERR_MSG(extack, "forward: no such way");
		return -EOPNOTSUPP;
	}
	err = peer_check_addr(net, conf, extack);
	if (!err && conf->nr_keys)
		err = tcp_handoff_key_check(net, conf->addr, conf->keys,
					    extack);
	return err;
}

static struct tcp_handoff_peer *
peer_alloc(struct tcp_handoff_net *hnet, const struct tcp_handoff_peer *conf)
{
	struct tcp_handoff_peer *peer;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return NULL;
	peer->keys = kcalloc(TCP_HANDOFF_KEYS_MOST, sizeof(*peer->keys),
			     GFP_KERNEL_ACCOUNT);
	if (!peer->keys ||
	    dst_cache_init(&peer->dst_cache, GFP_KERNEL_ACCOUNT)) {
		kfree(peer->keys);
		kfree(peer);
		return NULL;
	}

	mutex_init(&peer->key_lock);
	if (conf->nr_keys) {
		peer->keys[0] = conf->keys[0];
		peer->key_used = conf->keys[0].id;
		peer->nr_keys = 1;
	}
	peer->hnet = hnet;
	peer->addr = conf->addr;
	peer->port = conf->port ?: htons(TCP_HANDOFF_CHANNEL_PORT);
	peer->local = conf->local;
	peer->flags = conf->flags;
	peer->forward = conf->forward;
	memcpy(peer->techs, conf->techs, sizeof(peer->techs));
	refcount_set(&peer->ref, 1);
	tcp_handoff_peer_init(peer);
	return peer;
}

static bool have_front_end(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_peer *peer;

	lockdep_assert_held(&hnet->mutex);
	list_for_each_entry(peer, &hnet->peers, list) {
		if (peer->flags & TCP_HANDOFF_PEER_F_FRONT_END)
			return true;
	}
	return false;
}

/* Front ends dial us: listen as long as one is configured. */
static int peer_listen(struct tcp_handoff_net *hnet,
		       struct netlink_ext_ack *extack)
{
	int err;

	if (!have_front_end(hnet)) {
		if (hnet->lsock)
			tcp_handoff_listen_stop(hnet);
		return 0;
	}
	if (hnet->lsock) {
		err = tcp_handoff_auth_listener(hnet, hnet->lsock->sk);
		if (err)
			NL_SET_ERR_MSG(extack,
				       "no room for the key on the listener, see net.core.optmem_max");
		return err;
	}
	err = tcp_handoff_listen(hnet, hnet->port);
	if (err)
		NL_SET_ERR_MSG_FMT(extack, "cannot listen on port %u",
				   ntohs(hnet->port));
	return err;
}

static void peer_unlink(struct tcp_handoff_peer *peer)
{
	lockdep_assert_held(&peer->hnet->mutex);
	spin_lock_bh(&peer->lock);
	WRITE_ONCE(peer->dead, true);
	spin_unlock_bh(&peer->lock);
	list_del_rcu(&peer->list);
}

static int peer_start(struct tcp_handoff_peer *peer,
		      struct netlink_ext_ack *extack)
{
	int err;

	err = peer_listen(peer->hnet, extack);
	if (err)
		return err;
	err = tcp_handoff_peer_start(peer);
	if (err) {
		NL_SET_ERR_MSG(extack, "cannot start the channel");
		/* it may have dialled us by now */
		tcp_handoff_peer_stop(peer);
	}
	return err;
}

static int peer_link(struct tcp_handoff_net *hnet,
		     struct tcp_handoff_peer *peer,
		     struct netlink_ext_ack *extack)
{
	int err;

	err = tcp_handoff_net_enable(hnet);
	if (err)
		return err;
	tcp_handoff_peer_inherit(peer);
	/* listed before we listen, or it would be a stranger at first */
	list_add_tail_rcu(&peer->list, &hnet->peers);
	err = peer_start(peer, extack);
	if (err) {
		peer_unlink(peer);
		peer_listen(hnet, NULL);
	}
	return err;
}

/**
 * tcp_handoff_peer_add() - configure a peer and start talking to it
 * @hnet: namespace
 * @conf: addr, port, local, flags, forward, techs and the first of keys are
 *        read; port 0 means default
 * @extack: sentence about what is wrong, may be NULL
 *
 * Turns the hooks on and, for the first front end, opens the channel's
 * listener.
 *
 * Context: process, takes hnet->mutex
 * Return: 0, -EINVAL (address or flags), -EADDRINUSE (our own address),
 * -EADDRNOTAVAIL (local address), -EKEYREJECTED (neither key nor
 * unauthenticated), -ENOENT (algorithm of the key),
 * -EOPNOTSUPP (forwarding method), -EEXIST, -ENODEV (namespace goes away),
 * -ENOMEM, or what opening the listener returned
 */
int tcp_handoff_peer_add(struct tcp_handoff_net *hnet,
			 const struct tcp_handoff_peer *conf,
			 struct netlink_ext_ack *extack)
{
	struct tcp_handoff_peer *peer, *old;
	int err;

	err = peer_check(hnet->net, conf, extack);
	if (err)
		return err;
	peer = peer_alloc(hnet, conf);
	if (!peer)
		return -ENOMEM;

	mutex_lock(&hnet->mutex);
	old = tcp_handoff_peer_find(hnet, conf->addr);
	if (hnet->exiting) {
		err = -ENODEV;
	} else if (old) {
		NL_SET_ERR_MSG(extack, "a peer with this address exists");
		err = -EEXIST;
	} else {
		err = peer_link(hnet, peer, extack);
	}
	if (old)
		tcp_handoff_peer_put(old);
	if (err)
		tcp_handoff_peer_put(peer);
	else
		tcp_handoff_notify_peer(peer, TCP_HANDOFF_PEER_EVENT_ADD);
	mutex_unlock(&hnet->mutex);
	return err;
}

/**
 * tcp_handoff_peer_set() - change what a peer's connections are adopted with
 * @hnet: namespace
 * @conf: addr and techs are read
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, takes hnet->mutex
 * Return: 0 or -ENOENT
 */
int tcp_handoff_peer_set(struct tcp_handoff_net *hnet,
			 const struct tcp_handoff_peer *conf,
			 struct netlink_ext_ack *extack)
{
	struct tcp_handoff_peer *peer;

	mutex_lock(&hnet->mutex);
	peer = tcp_handoff_peer_find(hnet, conf->addr);
	if (peer) {
		spin_lock_bh(&hnet->lock);
		memcpy(peer->techs, conf->techs, sizeof(peer->techs));
		spin_unlock_bh(&hnet->lock);
		tcp_handoff_peer_put(peer);
	} else {
		NL_SET_ERR_MSG(extack, "no peer with this address");
	}
	mutex_unlock(&hnet->mutex);
	return peer ? 0 : -ENOENT;
}

static void peer_remove(struct tcp_handoff_peer *peer)
{
	peer_unlink(peer);
	tcp_handoff_peer_stop(peer);
	tcp_handoff_notify_peer(peer, TCP_HANDOFF_PEER_EVENT_DEL);
	tcp_handoff_peer_put(peer);	/* of the list */
}

/**
 * tcp_handoff_peer_del() - remove a peer from the configuration
 * @hnet: namespace
 * @addr: its address
 * @extack: sentence about what is wrong, may be NULL
 *
 * Its channels are closed.  Connections that it has from us, or from whom it
 * has them, end: both sides are told, and so are the clients.
 *
 * Context: process, takes hnet->mutex
 * Return: 0 or -ENOENT
 */
int tcp_handoff_peer_del(struct tcp_handoff_net *hnet, __be32 addr,
			 struct netlink_ext_ack *extack)
{
	struct tcp_handoff_peer *peer;
	int err = -ENOENT;

	mutex_lock(&hnet->mutex);
	peer = tcp_handoff_peer_find(hnet, addr);
	if (peer) {
		peer_remove(peer);
		peer_listen(hnet, NULL);
		tcp_handoff_peer_put(peer);
		err = 0;
	} else {
		NL_SET_ERR_MSG(extack, "no peer with this address");
	}
	mutex_unlock(&hnet->mutex);
	return err;
}

/**
 * tcp_handoff_peer_no_dial() - dial no back end any more, and wait for that
 * @hnet: namespace that ends
 *
 * Context: process, takes hnet->mutex
 */
void tcp_handoff_peer_no_dial(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_peer *peer;

	mutex_lock(&hnet->mutex);
	list_for_each_entry(peer, &hnet->peers, list)
		disable_delayed_work_sync(&peer->dial_work);
	mutex_unlock(&hnet->mutex);
}

/**
 * tcp_handoff_peer_exit() - remove every peer and VIP, for namespace exit
 * @hnet: namespace; nothing is added any more once hnet->exiting is set
 *
 * Context: process, takes hnet->mutex
 */
void tcp_handoff_peer_exit(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_peer *peer, *next;
	struct tcp_handoff_vip *vip, *vnext;

	mutex_lock(&hnet->mutex);
	list_for_each_entry_safe(peer, next, &hnet->peers, list)
		peer_remove(peer);
	peer_listen(hnet, NULL);
	list_for_each_entry_safe(vip, vnext, &hnet->vips, list) {
		list_del_rcu(&vip->list);
		kfree_rcu(vip, rcu);
	}
	mutex_unlock(&hnet->mutex);
}

static struct tcp_handoff_vip *vip_find(struct tcp_handoff_net *hnet,
					__be32 addr, __be16 port)
{
	struct tcp_handoff_vip *vip;

	lockdep_assert_held(&hnet->mutex);
	list_for_each_entry(vip, &hnet->vips, list) {
		if (vip->addr == addr && vip->port == port)
			return vip;
	}
	return NULL;
}

static int vip_link(struct tcp_handoff_net *hnet, struct tcp_handoff_vip *vip,
		    struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&hnet->mutex);
	if (hnet->exiting)
		return -ENODEV;
	/* the end of a namespace only looks at those that were enabled */
	err = tcp_handoff_net_enable(hnet);
	if (err)
		return err;
	if (vip_find(hnet, vip->addr, vip->port)) {
		NL_SET_ERR_MSG(extack,
			       "this address and port are configured already");
		return -EEXIST;
	}
	list_add_tail_rcu(&vip->list, &hnet->vips);
	return 0;
}

/**
 * tcp_handoff_vip_add() - say what is allowed for a virtual IP address
 * @hnet: namespace
 * @conf: addr, port (0: all), flags and techs are read
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, takes hnet->mutex
 * Return: 0, -EINVAL (not unicast), -EEXIST, -ENODEV (namespace goes away) or
 * -ENOMEM
 */
int tcp_handoff_vip_add(struct tcp_handoff_net *hnet,
			const struct tcp_handoff_vip *conf,
			struct netlink_ext_ack *extack)
{
	struct tcp_handoff_vip *vip;
	int err;

	if (!addr_is_unicast(hnet->net, conf->addr)) {
		NL_SET_ERR_MSG(extack, "virtual IP address is not unicast");
		return -EINVAL;
	}
	vip = kzalloc(sizeof(*vip), GFP_KERNEL_ACCOUNT);
	if (!vip)
		return -ENOMEM;
	vip->addr = conf->addr;
	vip->port = conf->port;
	vip->flags = conf->flags;
	memcpy(vip->techs, conf->techs, sizeof(vip->techs));

	mutex_lock(&hnet->mutex);
	err = vip_link(hnet, vip, extack);
	mutex_unlock(&hnet->mutex);
	if (err)
		kfree(vip);
	return err;
}

/**
 * tcp_handoff_vip_set() - change what connections to a VIP are adopted with
 * @hnet: namespace
 * @conf: addr, port (as it was configured) and techs are read
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, takes hnet->mutex
 * Return: 0 or -ENOENT
 */
int tcp_handoff_vip_set(struct tcp_handoff_net *hnet,
			const struct tcp_handoff_vip *conf,
			struct netlink_ext_ack *extack)
{
	struct tcp_handoff_vip *vip;

	mutex_lock(&hnet->mutex);
	vip = vip_find(hnet, conf->addr, conf->port);
	if (vip) {
		spin_lock_bh(&hnet->lock);
		memcpy(vip->techs, conf->techs, sizeof(vip->techs));
		spin_unlock_bh(&hnet->lock);
	} else {
		NL_SET_ERR_MSG(extack, "no such virtual IP address and port");
	}
	mutex_unlock(&hnet->mutex);
	return vip ? 0 : -ENOENT;
}

/**
 * tcp_handoff_vip_del() - forget what was allowed for a virtual IP address
 * @hnet: namespace
 * @addr: the address
 * @port: the port as it was configured
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, takes hnet->mutex
 * Return: 0 or -ENOENT
 */
int tcp_handoff_vip_del(struct tcp_handoff_net *hnet, __be32 addr,
			__be16 port, struct netlink_ext_ack *extack)
{
	struct tcp_handoff_vip *vip;
	int err = -ENOENT;

	mutex_lock(&hnet->mutex);
	vip = vip_find(hnet, addr, port);
	if (vip) {
		list_del_rcu(&vip->list);
		kfree_rcu(vip, rcu);
		err = 0;
	} else {
		NL_SET_ERR_MSG(extack, "no such virtual IP address and port");
	}
	mutex_unlock(&hnet->mutex);
	return err;
}

/* All of @flags must be set; for the address and port, or for all ports. */
static bool vip_has_flags(struct tcp_handoff_net *hnet, __be32 addr,
			  __be16 port, u32 flags)
{
	struct tcp_handoff_vip *vip;
	bool ret = false;

	rcu_read_lock();
	list_for_each_entry_rcu(vip, &hnet->vips, list) {
		if (vip->addr == addr && (!vip->port || vip->port == port) &&
		    (vip->flags & flags) == flags) {
			ret = true;
			break;
		}
	}
	rcu_read_unlock();
	return ret;
}

/**
 * tcp_handoff_vip_is_configured() - do we serve connections to this address?
 * @hnet: namespace
 * @addr: local address of the connection
 * @port: local port of the connection
 *
 * Context: any
 * Return: true if the address is configured with this port, or for all ports
 */
bool tcp_handoff_vip_is_configured(struct tcp_handoff_net *hnet, __be32 addr,
				   __be16 port)
{
	return vip_has_flags(hnet, addr, port, 0);
}

/**
 * tcp_handoff_vip_unprivileged() - may anybody hand off this connection?
 * @hnet: namespace
 * @addr: local address of the connection
 * @port: local port of the connection
 *
 * Context: any
 * Return: true if the administrator allowed it for the address and port, or
 * for all ports of the address
 */
bool tcp_handoff_vip_unprivileged(struct tcp_handoff_net *hnet, __be32 addr,
				  __be16 port)
{
	return vip_has_flags(hnet, addr, port, TCP_HANDOFF_VIP_F_UNPRIVILEGED);
}

/* Of this address and port, else of all its ports; that names a technique. */
static const struct tcp_handoff_vip *vip_with_techs(struct tcp_handoff_net *net,
						    __be32 addr, __be16 port)
{
	const struct tcp_handoff_vip *vip, *found = NULL;

	list_for_each_entry_rcu(vip, &net->vips, list) {
		if (vip->addr != addr || !vip->techs[0][0])
			continue;
		if (vip->port == port)
			return vip;
		if (!vip->port)
			found = vip;
	}
	return found;
}

/**
 * tcp_handoff_adoption_techs() - which techniques may adopt, in which order
 * @a: adoption; gets the list
 *
 * That of the service, if there is one, before that of the front end, before
 * that of the namespace.
 *
 * Context: any.
 */
void tcp_handoff_adoption_techs(struct tcp_handoff_adoption *a)
{
	const struct tcp_handoff_peer *peer;
	const struct tcp_handoff_vip *vip;

	rcu_read_lock();
	spin_lock_bh(&a->hnet->lock);
	vip = vip_with_techs(a->hnet, a->flow->vaddr, a->flow->vport);
	peer = rcu_dereference(a->flow->peer);
	if (vip)
		memcpy(a->techs, vip->techs, sizeof(a->techs));
	else if (peer && peer->techs[0][0])
		memcpy(a->techs, peer->techs, sizeof(a->techs));
	else
		memcpy(a->techs, a->hnet->techs, sizeof(a->techs));
	spin_unlock_bh(&a->hnet->lock);
	rcu_read_unlock();
}
