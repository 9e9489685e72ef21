// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: keys, and who may talk on a channel.
 *
 * A channel is signed with TCP-AO (RFC 5925): who does not have the key of a
 * peer can neither open a channel in its name nor put a segment into one.  A
 * peer has a few keys, so that one can follow another without a break: both
 * hosts are given the new one, then either of them asks for it (RNextKeyID),
 * then both forget the old one.
 *
 * The keys of a peer, and the sockets that have them, change under
 * peer->key_lock.  A channel's socket lives as long as that is held and
 * ch->sock is not NULL.  Nesting: hnet->mutex, peer->key_lock, socket lock.
 */
#include <crypto/utils.h>
#include <linux/ratelimit.h>

#include "handoff.h"

#define WATCH_INTERVAL	HZ

static_assert(TCP_HANDOFF_SECRET_MOST == TCP_AO_MAXKEYLEN);

/**
 * tcp_handoff_auth_wanted() - must this peer sign what it sends?
 * @peer: peer
 * Return: false if it was configured as unauthenticated
 */
bool tcp_handoff_auth_wanted(const struct tcp_handoff_peer *peer)
{
	return !(peer->flags & TCP_HANDOFF_PEER_F_UNAUTHENTICATED);
}

static struct tcp_handoff_key *key_find(struct tcp_handoff_peer *peer, u8 id)
{
	unsigned int i;

	lockdep_assert_held(&peer->key_lock);
	for (i = 0; i < peer->nr_keys; i++) {
		if (peer->keys[i].id == id)
			return &peer->keys[i];
	}
	return NULL;
}

/*
 * Sockets
 */

static void set_addr(struct __kernel_sockaddr_storage *to, __be32 addr)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = addr;
}

static int sock_add_new(struct sock *sk, __be32 addr,
			const struct tcp_handoff_key *key)
{
	struct tcp_ao_add add = {
		.prefix = 32,
		.sndid = key->id,
		.rcvid = key->id,
		.keylen = key->len,
	};
	int err;

	set_addr(&add.addr, addr);
	strscpy(add.alg_name, key->alg, sizeof(add.alg_name));
	memcpy(add.key, key->secret, key->len);
	err = tcp_setsockopt(sk, SOL_TCP, TCP_AO_ADD_KEY, KERNEL_SOCKPTR(&add),
			     sizeof(add));
	memzero_explicit(&add, sizeof(add));
	return err;
}

/* Keys of one peer on a socket differ in their ids. */
static const struct tcp_ao_key *sock_find(const struct sock *sk, __be32 addr,
					  u8 id)
{
	const struct tcp_ao_info *ao = rcu_dereference(tcp_sk(sk)->ao_info);
	const struct tcp_ao_key *key;

	if (!ao)
		return NULL;
	hlist_for_each_entry_rcu(key, &ao->head, node) {
		if (key->rcvid == id && key->addr.a4.s_addr == addr)
			return key;
	}
	return NULL;
}

static bool sock_same_key(const struct sock *sk, const struct sock *other,
			  __be32 addr, u8 id)
{
	const struct tcp_ao_key *a, *b;
	bool same = false;

	rcu_read_lock();
	a = sock_find(sk, addr, id);
	b = sock_find(other, addr, id);
	if (a && b)
		same = a->tcp_sigpool_id == b->tcp_sigpool_id &&
		       a->keylen == b->keylen &&
		       !crypto_memneq(a->key, b->key, a->keylen);
	rcu_read_unlock();
	return same;
}

/*
 * Is the key that a socket has under this id the one that is meant?  An id is
 * free again once its key was removed, but a connection that waits to be
 * accepted keeps the old one.  TCP does not keep every secret as it is given:
 * a scratch socket tells what it would make of ours.
 */
static int sock_has_key(struct sock *sk, __be32 addr,
			const struct tcp_handoff_key *key)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(sock_net(sk), AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return err;
	err = sock_add_new(sock->sk, addr, key);
	if (!err && !sock_same_key(sk, sock->sk, addr, key->id))
		err = -EKEYREJECTED;
	sock_release(sock);
	return err;
}

/* Return: 0, also if it has the key already; -EKEYREJECTED: another one */
static int sock_add(struct sock *sk, __be32 addr,
		    const struct tcp_handoff_key *key)
{
	int err = sock_add_new(sk, addr, key);

	return err == -EEXIST ? sock_has_key(sk, addr, key) : err;
}

static int sock_del(struct sock *sk, __be32 addr, u8 id)
{
	struct tcp_ao_del del = {
		.prefix = 32,
		.sndid = id,
		.rcvid = id,
		.del_async = sk->sk_state == TCP_LISTEN,
	};

	set_addr(&del.addr, addr);
	return tcp_setsockopt(sk, SOL_TCP, TCP_AO_DEL_KEY,
			      KERNEL_SOCKPTR(&del), sizeof(del));
}

/* Sign with the one from now on, unless it is -1; ask for the other. */
static int sock_use(struct sock *sk, int current_id, u8 rnext)
{
	struct tcp_ao_info_opt opt = {
		.set_current = current_id >= 0,
		.current_key = current_id,
		.set_rnext = 1,
		.rnext = rnext,
	};

	return tcp_setsockopt(sk, SOL_TCP, TCP_AO_INFO, KERNEL_SOCKPTR(&opt),
			      sizeof(opt));
}

static int sock_require(struct sock *sk, bool required)
{
	struct tcp_ao_info_opt opt = { .ao_required = required };

	return tcp_setsockopt(sk, SOL_TCP, TCP_AO_INFO, KERNEL_SOCKPTR(&opt),
			      sizeof(opt));
}

static bool sock_is_signed(struct sock *sk)
{
	return rcu_access_pointer(tcp_sk(sk)->ao_info);
}

/* A key that a socket has and its peer has not (any more). */
static bool sock_find_other(struct sock *sk, struct tcp_handoff_peer *peer,
			    u8 *id)
{
	const struct tcp_ao_info *ao;
	const struct tcp_ao_key *key;
	bool found = false;

	rcu_read_lock();
	ao = rcu_dereference(tcp_sk(sk)->ao_info);
	if (ao) {
		hlist_for_each_entry_rcu(key, &ao->head, node) {
			if (key->addr.a4.s_addr == peer->addr &&
			    !key_find(peer, key->rcvid)) {
				*id = key->rcvid;
				found = true;
				break;
			}
		}
	}
	rcu_read_unlock();
	return found;
}

/* Give a socket the keys that its peer has, and no others. */
static int sock_sync(struct sock *sk, struct tcp_handoff_peer *peer)
{
	unsigned int i;
	int err = 0;
	u8 id;

	for (i = 0; i < peer->nr_keys && !err; i++)
		err = sock_add(sk, peer->addr, &peer->keys[i]);
	while (!err && sock_find_other(sk, peer, &id))
		err = sock_del(sk, peer->addr, id);
	return err;
}

/*
 * What came without a valid signature since this was asked last.  Nobody else
 * looks at the socket's counters, whose segments TCP has dropped.
 */
static void sock_watch(struct tcp_handoff_net *hnet, struct sock *sk,
		       struct tcp_handoff_auth_seen *seen,
		       const struct tcp_handoff_peer *peer)
{
	u64 bad_mac, no_sign, mac = 0, none = 0;
	const struct tcp_ao_info *ao;

	rcu_read_lock();
	ao = rcu_dereference(tcp_sk(sk)->ao_info);
	if (ao) {
		mac = atomic64_read(&ao->counters.pkt_bad) +
		      atomic64_read(&ao->counters.key_not_found);
		none = atomic64_read(&ao->counters.ao_required);
	}
	rcu_read_unlock();

	bad_mac = mac - seen->bad_mac;
	no_sign = none - seen->no_sign;
	seen->bad_mac = mac;
	seen->no_sign = none;
	if (!bad_mac && !no_sign)
		return;
	SNMP_ADD_STATS(hnet->mib, TCP_HANDOFF_MIB_CHANNEL_BAD_MAC, bad_mac);
	SNMP_ADD_STATS(hnet->mib, TCP_HANDOFF_MIB_CHANNEL_UNSIGNED, no_sign);
	if (peer)
		net_warn_ratelimited("TCP handoff: channel to %pI4: %llu segments with a wrong signature or key, %llu with none\n",
				     &peer->addr, bad_mac, no_sign);
	else
		net_warn_ratelimited("TCP handoff: new channels: %llu segments with a wrong signature or key, %llu with none\n",
				     bad_mac, no_sign);
}

/*
 * Channels
 */

/* Call @fn for the socket of each channel, until it says no. */
static int with_each_channel(struct tcp_handoff_peer *peer,
			     int (*fn)(struct tcp_handoff_channel *ch, u8 id,
				       u32 *flags),
			     u8 id, u32 *flags)
{
	struct tcp_handoff_channel **slots[3], *ch;
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&peer->key_lock);
	slots[0] = &peer->out;
	/* in this order: one that is greeted meanwhile is not missed */
	slots[1] = &peer->in_new;
	slots[2] = &peer->in;
	for (i = 0; i < ARRAY_SIZE(slots) && !err; i++) {
		ch = tcp_handoff_channel_at(peer, slots[i]);
		if (!ch)
			continue;
		if (ch->sock && !READ_ONCE(ch->dead))
			err = fn(ch, id, flags);
		tcp_handoff_channel_put(ch);
	}
	return err;
}

static int channel_sync(struct tcp_handoff_channel *ch, u8 id, u32 *unused)
{
	int err = sock_sync(ch->sock->sk, ch->peer);

	/* the other side may have gone back to the key that went just now */
	if (err)
		tcp_handoff_channel_kill(ch, -EKEYREJECTED);
	return 0;
}

static int channel_ask_for(struct tcp_handoff_channel *ch, u8 id, u32 *unused)
{
	int err = 0;

	if (ch->sock->sk->sk_state == TCP_ESTABLISHED)
		err = sock_use(ch->sock->sk, -1, id);
	if (err)
		tcp_handoff_channel_kill(ch, -EKEYREJECTED);
	return 0;
}

/*
 * A key can go when we neither sign with it nor ask for it, and when the peer
 * has signed with the one that we ask for: it does not sign with this one any
 * more.
 */
static int channel_needs(struct tcp_handoff_channel *ch, u8 id, u32 *unused)
{
	const struct tcp_ao_key *current_key, *rnext;
	const struct tcp_ao_info *ao;
	bool needs = false;

	rcu_read_lock();
	ao = rcu_dereference(tcp_sk(ch->sock->sk)->ao_info);
	if (ao && READ_ONCE(ch->up)) {
		current_key = READ_ONCE(ao->current_key);
		rnext = READ_ONCE(ao->rnext_key);
		needs = (current_key && current_key->sndid == id) ||
			(rnext && (rnext->rcvid == id ||
				   !atomic64_read(&rnext->pkt_good)));
	}
	rcu_read_unlock();
	return needs ? -EBUSY : 0;
}

/**
 * tcp_handoff_auth_dial() - get a socket ready to dial a peer
 * @peer: peer
 * @sk:   socket, not connected; nobody else uses it, or it is that of an
 *        installed channel
 *
 * A peer that does not answer may not have the newest key yet: each attempt
 * signs with another one, the one in use first.
 *
 * Context: process, may sleep.
 * Return: 0 or what TCP says about the keys
 */
int tcp_handoff_auth_dial(struct tcp_handoff_peer *peer, struct sock *sk)
{
	unsigned int i;
	int err;
	u8 id;

	if (!tcp_handoff_auth_wanted(peer))
		return 0;
	mutex_lock(&peer->key_lock);
	err = sock_sync(sk, peer);
	for (i = 0; i < peer->nr_keys && peer->keys[i].id != peer->key_used;)
		i++;
	i += READ_ONCE(peer->dial_failures);
	id = peer->keys[i % peer->nr_keys].id;
	if (!err)
		err = sock_use(sk, id, id);
	mutex_unlock(&peer->key_lock);
	return err;
}

/**
 * tcp_handoff_auth_accepted() - may this connection become a channel?
 * @ch: channel of the peer with the client's address, installed
 *
 * Its keys are those that the listener had when the connection began.
 *
 * Context: process, may sleep.
 * Return: false if it is not signed though it must be
 */
bool tcp_handoff_auth_accepted(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;
	int err;

	if (!tcp_handoff_auth_wanted(peer))
		return true;
	if (!sock_is_signed(ch->sock->sk))
		return false;
	mutex_lock(&peer->key_lock);
	err = sock_sync(ch->sock->sk, peer);
	mutex_unlock(&peer->key_lock);
	return !err;
}

/**
 * tcp_handoff_auth_up() - a session has begun
 * @ch: channel; from now on its peer is asked to sign with the key in use
 *
 * Context: process, may sleep.
 */
void tcp_handoff_auth_up(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;

	if (!tcp_handoff_auth_wanted(peer))
		return;
	mutex_lock(&peer->key_lock);
	channel_ask_for(ch, peer->key_used, NULL);
	mutex_unlock(&peer->key_lock);
}

/**
 * tcp_handoff_auth_watch() - count what was not signed as it should be
 * @ch: channel
 *
 * Context: process, while the channel has a socket.
 */
void tcp_handoff_auth_watch(struct tcp_handoff_channel *ch)
{
	if (tcp_handoff_auth_wanted(ch->peer))
		sock_watch(ch->hnet, ch->sock->sk, &ch->auth_seen, ch->peer);
}

/*
 * The listener
 */

static bool is_front_end(const struct tcp_handoff_peer *peer)
{
	return peer->flags & TCP_HANDOFF_PEER_F_FRONT_END;
}

/* Keys on the listener whose peer is not configured any more. */
static bool listener_find_other(struct tcp_handoff_net *hnet, struct sock *sk,
				__be32 *addr, u8 *id)
{
	struct tcp_handoff_peer *peer;
	const struct tcp_ao_info *ao;
	const struct tcp_ao_key *key;
	bool found = false, known;

	rcu_read_lock();
	ao = rcu_dereference(tcp_sk(sk)->ao_info);
	if (ao) {
		hlist_for_each_entry_rcu(key, &ao->head, node) {
			known = false;
			list_for_each_entry_rcu(peer, &hnet->peers, list)
				known |= is_front_end(peer) &&
					 peer->addr == key->addr.a4.s_addr;
			if (!known) {
				*addr = key->addr.a4.s_addr;
				*id = key->rcvid;
				found = true;
				break;
			}
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * tcp_handoff_auth_listener() - the listener's keys follow the configuration
 * @hnet: namespace
 * @sk:   its listener, or one that is about to listen
 *
 * Unless a front end was configured as unauthenticated, what is not signed is
 * dropped unanswered, whoever it comes from.  If one was, that still holds
 * for the addresses of all front ends that have keys.
 *
 * Context: process, hnet->mutex held.
 * Return: 0 or what TCP says about the keys
 */
int tcp_handoff_auth_listener(struct tcp_handoff_net *hnet, struct sock *sk)
{
	struct tcp_handoff_peer *peer;
	bool required = true;
	__be32 addr;
	int err = 0;
	u8 id;

	lockdep_assert_held(&hnet->mutex);
	list_for_each_entry(peer, &hnet->peers, list) {
		if (!is_front_end(peer))
			continue;
		if (!tcp_handoff_auth_wanted(peer)) {
			required = false;
			continue;
		}
		mutex_lock(&peer->key_lock);
		err = sock_sync(sk, peer);
		mutex_unlock(&peer->key_lock);
		if (err)
			return err;
	}
	while (!err && listener_find_other(hnet, sk, &addr, &id))
		err = sock_del(sk, addr, id);
	if (!err && (required || sock_is_signed(sk)))
		err = sock_require(sk, required);
	return err;
}

/**
 * tcp_handoff_auth_watch_work() - count what reached the listener unsigned
 * @work: hnet->watch_work, which ends before the listener does
 *
 * Context: process.
 */
void tcp_handoff_auth_watch_work(struct work_struct *work)
{
	struct tcp_handoff_net *hnet = container_of(to_delayed_work(work),
						    struct tcp_handoff_net,
						    watch_work);

	sock_watch(hnet, hnet->lsock->sk, &hnet->auth_seen, NULL);
	queue_delayed_work(hnet->wq, &hnet->watch_work, WATCH_INTERVAL);
}

/*
 * Configuration
 */

/* The algorithm is known to the kernel, and the key fits: try it. */
static int key_try(struct net *net, __be32 addr,
		   const struct tcp_handoff_key *key)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return err;
	err = sock_add(sock->sk, addr, key);
	sock_release(sock);
	return err;
}

/**
 * tcp_handoff_key_check() - can this be a key?
 * @net:    namespace
 * @addr:   address of the peer it is for
 * @key:    the key
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL (length), -ENOENT (algorithm), or what TCP says
 */
int tcp_handoff_key_check(struct net *net, __be32 addr,
			  const struct tcp_handoff_key *key,
			  struct netlink_ext_ack *extack)
{
	int err;

	if (key->len < TCP_HANDOFF_SECRET_LEAST ||
	    key->len > sizeof(key->secret)) {
		NL_SET_ERR_MSG_FMT(extack, "a secret has %u to %zu bytes",
				   TCP_HANDOFF_SECRET_LEAST,
				   sizeof(key->secret));
		return -EINVAL;
	}
	err = key_try(net, addr, key);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack, "this kernel has no such algorithm");
	else if (err)
		NL_SET_ERR_MSG(extack, "TCP does not take this key");
	return err;
}

static void sync_all(struct tcp_handoff_peer *peer)
{
	mutex_lock(&peer->key_lock);
	with_each_channel(peer, channel_sync, 0, NULL);
	mutex_unlock(&peer->key_lock);
}

static int sync_listener(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_net *hnet = peer->hnet;

	if (!hnet->lsock || !is_front_end(peer))
		return 0;
	return tcp_handoff_auth_listener(hnet, hnet->lsock->sk);
}

static int key_insert(struct tcp_handoff_peer *peer,
		      const struct tcp_handoff_key *key,
		      struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&peer->key_lock);
	if (key_find(peer, key->id)) {
		NL_SET_ERR_MSG(extack, "the peer has a key with this id");
		err = -EEXIST;
	} else if (peer->nr_keys == TCP_HANDOFF_KEYS_MOST) {
		NL_SET_ERR_MSG_FMT(extack, "a peer has at most %u keys",
				   TCP_HANDOFF_KEYS_MOST);
		err = -ENOSPC;
	} else {
		peer->keys[peer->nr_keys++] = *key;
	}
	mutex_unlock(&peer->key_lock);
	return err;
}

static void key_remove(struct tcp_handoff_peer *peer, u8 id)
{
	struct tcp_handoff_key *key, *last;

	mutex_lock(&peer->key_lock);
	key = key_find(peer, id);
	last = &peer->keys[peer->nr_keys - 1];
	*key = *last;
	memzero_explicit(last, sizeof(*last));
	peer->nr_keys--;
	mutex_unlock(&peer->key_lock);
}

static int peer_key_add(struct tcp_handoff_peer *peer,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	int err;

	if (!tcp_handoff_auth_wanted(peer)) {
		NL_SET_ERR_MSG(extack, "the peer is unauthenticated");
		return -EINVAL;
	}
	err = key_insert(peer, key, extack);
	if (err)
		return err;
	err = sync_listener(peer);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "no room for the key on the listener, see net.core.optmem_max");
		key_remove(peer, key->id);
		sync_listener(peer);
		sync_all(peer);
		return err;
	}
	sync_all(peer);
	return 0;
}

static int key_may_go(struct tcp_handoff_peer *peer, u8 id, bool force,
		      struct netlink_ext_ack *extack)
{
	int err = 0;

	lockdep_assert_held(&peer->key_lock);
	if (!key_find(peer, id)) {
		NL_SET_ERR_MSG(extack, "the peer has no key with this id");
		return -ENOENT;
	}
	if (peer->key_used == id) {
		NL_SET_ERR_MSG(extack,
			       "the key is in use, use another one first");
		return -EBUSY;
	}
	/* who has a stolen key could sign with it to keep it */
	if (!force)
		err = with_each_channel(peer, channel_needs, id, NULL);
	if (err)
		NL_SET_ERR_MSG(extack,
			       "the channel is still signed with the key, use another one on both hosts first, or force");
	return err;
}

static int peer_key_del(struct tcp_handoff_peer *peer,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&peer->key_lock);
	err = key_may_go(peer, key->id, key->force, extack);
	mutex_unlock(&peer->key_lock);
	if (err)
		return err;
	key_remove(peer, key->id);
	sync_listener(peer);
	/* TCP keeps a key that a socket needs: that one ends */
	sync_all(peer);
	return 0;
}

static int peer_key_use(struct tcp_handoff_peer *peer,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&peer->key_lock);
	if (key_find(peer, key->id)) {
		peer->key_used = key->id;
		with_each_channel(peer, channel_ask_for, key->id, NULL);
	} else {
		NL_SET_ERR_MSG(extack, "the peer has no key with this id");
		err = -ENOENT;
	}
	mutex_unlock(&peer->key_lock);
	return err;
}

/* Keys of a configured peer change one command after the other. */
static int with_peer(struct tcp_handoff_net *hnet, __be32 addr,
		     int (*fn)(struct tcp_handoff_peer *peer,
			       const struct tcp_handoff_key *key,
			       struct netlink_ext_ack *extack),
		     const struct tcp_handoff_key *key,
		     struct netlink_ext_ack *extack)
{
	struct tcp_handoff_peer *peer;
	int err = -ENOENT;

	mutex_lock(&hnet->mutex);
	peer = tcp_handoff_peer_find(hnet, addr);
	if (peer)
		err = fn(peer, key, extack);
	else
		NL_SET_ERR_MSG(extack, "no peer with this address");
	mutex_unlock(&hnet->mutex);
	if (peer)
		tcp_handoff_peer_put(peer);
	return err;
}

/**
 * tcp_handoff_key_add() - give a peer one more key
 * @hnet:   namespace
 * @addr:   address of the peer
 * @key:    the key; is copied
 * @extack: sentence about what is wrong, may be NULL
 *
 * Channels that are up take segments signed with it from now on.
 *
 * Context: process, takes hnet->mutex
 * Return: 0, -ENOENT (peer, or algorithm), -EEXIST (id), -ENOSPC (too many),
 * -EINVAL (secret, or the peer is unauthenticated), -ENOMEM
 */
int tcp_handoff_key_add(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	int err = tcp_handoff_key_check(hnet->net, addr, key, extack);

	if (err)
		return err;
	return with_peer(hnet, addr, peer_key_add, key, extack);
}

/**
 * tcp_handoff_key_del() - take a key from a peer
 * @hnet:   namespace
 * @addr:   address of the peer
 * @key:    its id is read, and force: channels that need it end
 * @extack: sentence about what is wrong, may be NULL
 *
 * Context: process, takes hnet->mutex
 * Return: 0, -ENOENT (peer or key), -EBUSY (it is the one in use or, without
 * force, something is signed with it)
 */
int tcp_handoff_key_del(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	return with_peer(hnet, addr, peer_key_del, key, extack);
}

/**
 * tcp_handoff_key_use() - ask a peer to sign with another key
 * @hnet:   namespace
 * @addr:   address of the peer
 * @key:    its id is read
 * @extack: sentence about what is wrong, may be NULL
 *
 * New channels are opened with it; on those that are up the peer signs with
 * it as soon as it hears of it, if it has it.
 *
 * Context: process, takes hnet->mutex
 * Return: 0 or -ENOENT (peer or key)
 */
int tcp_handoff_key_use(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack)
{
	return with_peer(hnet, addr, peer_key_use, key, extack);
}

static u32 sock_key_flags(struct sock *sk, __be32 addr, u8 id)
{
	const struct tcp_ao_key *key;
	const struct tcp_ao_info *ao;
	u32 flags = 0;

	rcu_read_lock();
	ao = rcu_dereference(tcp_sk(sk)->ao_info);
	key = sock_find(sk, addr, id);
	if (key) {
		if (key == READ_ONCE(ao->current_key))
			flags |= TCP_HANDOFF_KEY_F_SIGNS;
		if (key == READ_ONCE(ao->rnext_key))
			flags |= TCP_HANDOFF_KEY_F_ASKED;
		if (atomic64_read(&key->pkt_good))
			flags |= TCP_HANDOFF_KEY_F_HEARD;
	}
	rcu_read_unlock();
	return flags;
}

static int channel_key_flags(struct tcp_handoff_channel *ch, u8 id, u32 *flags)
{
	*flags |= sock_key_flags(ch->sock->sk, ch->peer->addr, id);
	return 0;
}

/**
 * tcp_handoff_key_flags() - what is a key used for?
 * @peer: peer
 * @id:   KeyID of one of its keys
 *
 * Context: process, peer->key_lock held.
 * Return: TCP_HANDOFF_KEY_F_*
 */
u32 tcp_handoff_key_flags(struct tcp_handoff_peer *peer, u8 id)
{
	u32 flags = peer->key_used == id ? TCP_HANDOFF_KEY_F_USED : 0;

	with_each_channel(peer, channel_key_flags, id, &flags);
	return flags;
}
