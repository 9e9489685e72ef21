// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: a client's packet in an IPv4 tunnel to its back end (RFC 2003).
 *
 * No device stands for the tunnel: every packet gets the address of its flow's
 * back end.  There any ipip device takes the outer header off.  What routers
 * say about outer packets is said to this host, and must come to the route.
 */
#include <net/icmp.h>
#include <net/ip_tunnels.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "handoff.h"

/**
 * tcp_handoff_tunnel_push() - put the outer header in front of a packet
 * @peer:  back end
 * @skb:   packet in transit, data at its IP header, which may be written, as
 *         may the room before it
 * @rt:    route to @peer
 * @saddr: source address that came with the route
 *
 * The outer header has the inner one's DSCP and ECN bits, so that what routers
 * mark is not lost (RFC 6040, section 4.1), and its DF bit.
 *
 * Context: BH off.
 * Return: false for lack of memory; then the packet is as it was
 */
bool tcp_handoff_tunnel_push(const struct tcp_handoff_peer *peer,
			     struct sk_buff *skb, const struct rtable *rt,
			     __be32 saddr)
{
	struct iphdr outer = {
		.version = 4,
		.ihl = sizeof(outer) / 4,
		.tos = ip_hdr(skb)->tos,
		.ttl = ip4_dst_hoplimit(&rt->dst),
		.protocol = IPPROTO_IPIP,
		.saddr = saddr,
		.daddr = peer->addr,
	};

	/* a path narrower than any may claim to be: cut on the way, if so */
	if (!ip_mtu_locked(&rt->dst))
		outer.frag_off = ip_hdr(skb)->frag_off & htons(IP_DF);
	if (iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4))
		return false;
	skb_set_inner_ipproto(skb, IPPROTO_IPIP);
	skb_set_inner_mac_header(skb, skb_inner_network_offset(skb));
	skb_set_transport_header(skb, skb_network_offset(skb));
	/* of this host now, and not what came in; length and sum: on output */
	IPCB(skb)->flags = 0;
	skb_push(skb, sizeof(outer));
	skb_reset_network_header(skb);
	*ip_hdr(skb) = outer;
	__ip_select_ident(peer->hnet->net, ip_hdr(skb),
			  skb_shinfo(skb)->gso_segs ?: 1);
	return true;
}

/* Packets of tunnels are for whoever else knows them. */
static int tunnel_rcv(struct sk_buff *skb)
{
	return -ENOENT;
}

/*
 * An ICMP error about an outer packet, which skb->data quotes.  That a client
 * must send less it hears with its next packet, see may_forward().
 */
static int tunnel_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *outer = (const struct iphdr *)skb->data;
	struct net *net = dev_net(skb->dev);
	struct tcp_handoff_peer *peer;
	bool ours;

	peer = tcp_handoff_peer_find(tcp_handoff_pernet(net), outer->daddr);
	if (!peer)
		return -ENOENT;
	ours = peer->forward == TCP_HANDOFF_FORWARD_IPIP;
	if (ours && icmp_hdr(skb)->type == ICMP_DEST_UNREACH &&
	    icmp_hdr(skb)->code == ICMP_FRAG_NEEDED) {
		TCP_HANDOFF_INC(peer->hnet, TUNNEL_MTU);
		ipv4_update_pmtu(skb, net, info, 0, IPPROTO_IPIP);
	}
	tcp_handoff_peer_put(peer);
	return ours ? 0 : -ENOENT;
}

/* Behind those of the kernel: their devices know more of their own packets. */
static struct xfrm_tunnel tunnel_handler = {
	.handler	= tunnel_rcv,
	.err_handler	= tunnel_err,
	.priority	= 8,
};

/**
 * tcp_handoff_tunnel_init() - hear what routers say about outer packets
 */
void __init tcp_handoff_tunnel_init(void)
{
	if (xfrm4_tunnel_register(&tunnel_handler, AF_INET))
		pr_crit("TCP handoff: no errors about tunnelled packets\n");
}
