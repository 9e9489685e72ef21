// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff, technique "transfer": a parked connection changes its identity.
 *
 * pool.c keeps connections that were established with the front end and are
 * parked.  One of them becomes the client's: its socket is what the server's
 * listener, when the request is brought into its accept queue by adopt.c,
 * makes its child of instead of a new one.  That is the one way in which it
 * gets all that a child inherits (callbacks, options, filters, labels, a
 * control group, a congestion control) and nothing that it had as another
 * one's child; writing the fields one by one would miss the next one that a
 * kernel adds.  From there on it goes as for any adopted connection.
 *
 * A listener's child is of the listener's own kind.  A parked socket is an
 * IPv4 one, so a dual-stack IPv6 listener, or one that BPF has given other
 * functions, is left to the next technique, as is a handoff that finds the
 * pool empty.
 */
#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <net/tcp_handoff_transfer.h>

#include "handoff.h"

/*
 * Between adopt.c and the hook in sk_clone_lock(), with BH off: nobody else
 * has a child by this listener on this CPU meanwhile.
 */
DEFINE_PER_CPU(struct tcp_handoff_offer, tcp_handoff_offered);

/**
 * tcp_handoff_offer() - let a parked socket become the listener's next child
 * @lsk:    listener
 * @parked: from the pool, or NULL
 *
 * Context: BH off until tcp_handoff_offer_end().
 */
void tcp_handoff_offer(const struct sock *lsk,
		       struct tcp_handoff_parked *parked)
{
	if (!parked)
		return;
	__this_cpu_write(tcp_handoff_offered.sk, parked->sk);
	__this_cpu_write(tcp_handoff_offered.lsk, lsk);
}

/**
 * tcp_handoff_offer_end() - the listener has had its child, or not
 * @parked: what was offered; its socket is NULL if it is the child, or was
 *
 * Context: as tcp_handoff_offer().
 */
void tcp_handoff_offer_end(struct tcp_handoff_parked *parked)
{
	if (!parked)
		return;
	parked->sk = __this_cpu_read(tcp_handoff_offered.sk);
	__this_cpu_write(tcp_handoff_offered.sk, NULL);
	__this_cpu_write(tcp_handoff_offered.lsk, NULL);
}

/* What sk_clone_lock() takes without looking whether it is there already */
static void shed(struct sock *sk)
{
	struct net *net = sock_net(sk);

	cgroup_sk_free(&sk->sk_cgrp_data);
	mem_cgroup_sk_free(sk);
	__netns_tracker_free(net, &sk->ns_tracker, false);
	net_passive_dec(net);
}

/**
 * __tcp_handoff_clone_lock() - what is offered becomes a clone
 *
 * Context: sk_clone_lock(), between tcp_handoff_offer() and
 * tcp_handoff_offer_end().
 * Return: memory of a socket that holds nothing any more, or NULL
 */
struct sock *__tcp_handoff_clone_lock(void)
{
	struct sock *sk = __this_cpu_read(tcp_handoff_offered.sk);

	__this_cpu_write(tcp_handoff_offered.sk, NULL);
	if (sk)
		shed(sk);
	return sk;
}

static struct tcp_handoff_parked *take(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_parked *parked = NULL;
	struct tcp_handoff_peer *peer;

	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer)
		parked = tcp_handoff_pool_take(peer);
	rcu_read_unlock();
	if (!parked)
		TCP_HANDOFF_INC(flow->hnet, POOL_EMPTY);
	return parked;
}

static void transfer_adopt(struct tcp_handoff_adoption *a)
{
	enum tcp_handoff_reason reason = TCP_HANDOFF_REASON_PARKED;
	struct tcp_handoff_parked *parked = take(a->flow);

	if (parked) {
		reason = tcp_handoff_adopt_parked(a->flow, a->img, parked);
		tcp_handoff_pool_give(parked);
	}
	if (reason == TCP_HANDOFF_REASON_PARKED)
		tcp_handoff_adoption_next(a, reason);
	else
		tcp_handoff_adoption_done(a, reason);
}

static struct tcp_handoff_tech transfer = {
	.name		= "transfer",
	.adopted	= TCP_HANDOFF_MIB_ADOPTED_TRANSFER,
	.fell_back	= TCP_HANDOFF_MIB_FELL_BACK_TRANSFER,
	.adopt		= transfer_adopt,
};

static int __init transfer_init(void)
{
	tcp_handoff_tech_register(&transfer);
	return 0;
}
fs_initcall_sync(transfer_init);
