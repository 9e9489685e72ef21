// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: connection tracking on a front end.
 *
 * After a handoff only the client's packets pass here.  What they acknowledge
 * tracking has never seen: they would be invalid, and the firewall's usual rule
 * drops those.  So tracking is told not to look at sequence numbers of this
 * connection any more (as offload does), before the back end can speak.
 */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "handoff.h"

/* As it answered: its name here, whatever the client called it before NAT. */
static struct nf_conntrack_tuple
reply_tuple(const struct tcp_handoff_flow *flow)
{
	/* with its padding: it is compared as memory */
	struct nf_conntrack_tuple tuple;

	memset(&tuple, 0, sizeof(tuple));
	tuple.src.l3num = NFPROTO_IPV4;
	tuple.src.u3.ip = flow->vaddr;
	tuple.src.u.tcp.port = flow->vport;
	tuple.dst.protonum = IPPROTO_TCP;
	tuple.dst.dir = IP_CT_DIR_REPLY;
	tuple.dst.u3.ip = flow->caddr;
	tuple.dst.u.tcp.port = flow->cport;
	return tuple;
}

static void be_liberal(struct nf_conn *ct)
{
	spin_lock_bh(&ct->lock);
	nf_ct_set_tcp_be_liberal(ct);
	spin_unlock_bh(&ct->lock);
	nf_ct_put(ct);
}

/**
 * tcp_handoff_track() - let connection tracking see one direction only
 * @flow: captured, HANDOFF not sent yet
 *
 * Only in the default zone: which other one a packet was put into is not known
 * to a socket.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_track(const struct tcp_handoff_flow *flow)
{
	struct nf_conntrack_tuple tuple = reply_tuple(flow);
	struct net *net = flow->hnet->net;
	typeof(nf_conntrack_find_get) *find;
	struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_zone zone;

	/* it may be a module, and there or not */
	if (!rcu_access_pointer(nf_ct_hook) ||
	    !rcu_access_pointer(net->nf.hooks_ipv4[NF_INET_PRE_ROUTING]))
		return;
	find = symbol_get(nf_conntrack_find_get);
	if (!find)
		return;
	nf_ct_zone_init(&zone, NF_CT_DEFAULT_ZONE_ID,
			NF_CT_DEFAULT_ZONE_DIR, 0);
	hash = find(net, &zone, &tuple);
	if (hash)
		be_liberal(nf_ct_tuplehash_to_ctrack(hash));
	symbol_put(nf_conntrack_find_get);
}
