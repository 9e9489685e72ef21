// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: send a client's packet to the back end that has its flow.
 *
 * Direct routing: the packet leaves as it came, but for its TTL, with the back
 * end as next hop; source and destination stay the client and the VIP.  Or in a
 * tunnel, to a back end anywhere: tunnel.c.  The order of the checks follows
 * ip_forward() and IPVS.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "handoff.h"

static bool is_tunnel(const struct tcp_handoff_peer *peer)
{
	return peer->forward == TCP_HANDOFF_FORWARD_IPIP;
}

/*
 * Return: route to the back end with a reference, or NULL; in direct routing
 * with the back end as next hop.  @saddr: source of what is sent to it
 */
static struct rtable *peer_route(struct tcp_handoff_peer *peer, __be32 *saddr)
{
	struct flowi4 fl4 = {
		.daddr = peer->addr,
		.saddr = peer->local,
		.flowi4_flags = is_tunnel(peer) ? 0 : FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt;

	rt = dst_cache_get_ip4(&peer->dst_cache, saddr);
	if (rt)
		return rt;
	rt = ip_route_output_key(peer->hnet->net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	/* direct routing needs the back end on the link */
	if (rt->rt_type != RTN_UNICAST ||
	    (rt->rt_uses_gateway && !is_tunnel(peer)) ||
	    (rt->dst.dev->flags & IFF_LOOPBACK)) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(&peer->dst_cache, &rt->dst, fl4.saddr);
	*saddr = fl4.saddr;
	return rt;
}

/* What a client's packet may have on this way. */
static u32 peer_mtu(const struct tcp_handoff_peer *peer,
		    const struct rtable *rt)
{
	return dst_mtu(&rt->dst) - (is_tunnel(peer) ? sizeof(struct iphdr) : 0);
}

static bool fits(const struct sk_buff *skb, u32 mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);
	return skb->len <= mtu;
}

/* Routers must say why they drop; a packet that waited has no route back. */
static void send_icmp(struct sk_buff *skb, u8 type, u8 code, u32 info)
{
	if (skb_rtable(skb))
		icmp_send(skb, type, code, htonl(info));
}

static bool may_forward(struct tcp_handoff_net *hnet, struct sk_buff *skb,
			u32 mtu)
{
	if (ip_hdr(skb)->ttl <= 1) {
		TCP_HANDOFF_INC(hnet, FORWARD_TTL);
		send_icmp(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return false;
	}
	if ((ip_hdr(skb)->frag_off & htons(IP_DF)) && !fits(skb, mtu)) {
		TCP_HANDOFF_INC(hnet, FORWARD_MTU);
		send_icmp(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
		return false;
	}
	return true;
}

/* It is a packet in transit now, with nothing of its reception left. */
static void make_outgoing(struct sk_buff *skb, struct rtable *rt)
{
	skb_forward_csum(skb);
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	nf_reset_ct(skb);
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	/* only one direction passes here: it could only be called invalid */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
#endif
	secpath_reset(skb);
	skb_clear_tstamp(skb);
	skb->ignore_df = 1;
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->flags = IPSKB_FORWARDED;
	ip_decrease_ttl(ip_hdr(skb));
}

/* Not what a router may do to packets, and nobody else would say so. */
static void warn_lro(struct tcp_handoff_net *hnet)
{
	TCP_HANDOFF_INC(hnet, FORWARD_LRO);
	net_warn_ratelimited("TCP handoff: packets merged by LRO cannot be forwarded: ethtool -K DEVICE lro off\n");
}

/*
 * LRO has merged what cannot be taken apart again.  Not skb_warn_if_lro(): it
 * names the device, which a packet that was held has no longer.
 */
static bool is_lro(const struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) && skb_shinfo(skb)->gso_size &&
	       !skb_shinfo(skb)->gso_type;
}

/* A filter of the socket that was captured meanwhile has cut its end off. */
static bool is_cut(const struct sk_buff *skb)
{
	return skb->len < ntohs(ip_hdr(skb)->tot_len);
}

/* The headers in front are written, also where a tap looks on. */
static bool make_room(const struct tcp_handoff_peer *peer, struct sk_buff *skb,
		      const struct rtable *rt)
{
	unsigned int room = LL_RESERVED_SPACE(rt->dst.dev);

	if (is_tunnel(peer))
		room += sizeof(struct iphdr) + rt->dst.header_len;
	return !skb_cow(skb, room);
}

/* Return: false if it is not sent; the packet is the caller's. */
static bool xmit_to(struct tcp_handoff_flow *flow,
		    struct tcp_handoff_peer *peer, struct sk_buff *skb)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	unsigned int len = skb->len;
	struct rtable *rt;
	__be32 saddr;

	rt = peer_route(peer, &saddr);
	if (!rt)
		return false;
	if (is_lro(skb))
		warn_lro(hnet);
	if (is_lro(skb) || is_cut(skb) ||
	    !may_forward(hnet, skb, peer_mtu(peer, rt)) ||
	    !make_room(peer, skb, rt)) {
		ip_rt_put(rt);
		return false;
	}
	make_outgoing(skb, rt);
	if (is_tunnel(peer) && !tcp_handoff_tunnel_push(peer, skb, rt, saddr))
		return false;
	TCP_HANDOFF_INC(hnet, FORWARDED);
	atomic64_inc(&flow->packets);
	atomic64_add(len, &flow->bytes);
	if (is_tunnel(peer)) {
		TCP_HANDOFF_INC(hnet, FORWARD_TUNNEL);
		ip_local_out(hnet->net, NULL, skb);
	} else {
		NF_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, hnet->net, NULL, skb,
			NULL, rt->dst.dev, dst_output);
	}
	return true;
}

/**
 * tcp_handoff_xmit() - send a packet to the back end of a flow
 * @flow: FORWARD, or about to be
 * @skb:  client's packet, or an ICMP error; network header set, data anywhere
 *        behind it; consumed
 *
 * Context: BH off, RCU.
 */
void tcp_handoff_xmit(struct tcp_handoff_flow *flow, struct sk_buff *skb)
{
	struct tcp_handoff_peer *peer = rcu_dereference(flow->peer);

	__skb_push(skb, -skb_network_offset(skb));
	if (peer && xmit_to(flow, peer, skb))
		return;
	TCP_HANDOFF_INC(flow->hnet, FORWARD_DROPS);
	kfree_skb(skb);
}

/**
 * tcp_handoff_xmit_is_plain() - can this packet be forwarded without a word?
 * @flow: FORWARD
 * @skb:  packet without a route, data at the IP header
 *
 * One that asks for an ICMP error needs its route first.
 *
 * Context: BH off, RCU.
 * Return: true if so
 */
bool tcp_handoff_xmit_is_plain(const struct tcp_handoff_flow *flow,
			       const struct sk_buff *skb)
{
	struct tcp_handoff_peer *peer = rcu_dereference(flow->peer);
	struct rtable *rt;
	__be32 saddr;
	bool plain;

	rt = peer ? peer_route(peer, &saddr) : NULL;
	if (!rt)
		return false;
	plain = ip_hdr(skb)->ttl > 1 && fits(skb, peer_mtu(peer, rt));
	ip_rt_put(rt);
	return plain;
}
