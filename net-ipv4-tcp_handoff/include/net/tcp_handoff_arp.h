/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IFA_F_NOARP: local addresses that ARP does not know of.
 *
 * Hooks for net/ipv4/arp.c and net/ipv4/devinet.c, each named after the
 * function it sits in.  With CONFIG_TCP_HANDOFF=n they fold away; without a
 * noarp address in any namespace the hot ones cost a static branch.
 */
#ifndef _NET_TCP_HANDOFF_ARP_H
#define _NET_TCP_HANDOFF_ARP_H

#include <linux/inetdevice.h>
#include <linux/jump_label.h>

#if IS_ENABLED(CONFIG_TCP_HANDOFF)

/* Counts noarp addresses, all namespaces together. */
DECLARE_STATIC_KEY_FALSE(tcp_handoff_noarp_key);

bool __tcp_handoff_is_noarp(struct net *net, __be32 addr);
void __tcp_handoff_inet_hash_insert(const struct in_ifaddr *ifa);
void __tcp_handoff_inet_hash_remove(const struct in_ifaddr *ifa);
void __tcp_handoff_inet_rtm_newaddr(struct in_ifaddr *ifa);

static inline bool tcp_handoff_is_noarp(struct net *net, __be32 addr)
{
	return static_branch_unlikely(&tcp_handoff_noarp_key) &&
	       __tcp_handoff_is_noarp(net, addr);
}

/* Somebody asks for @tip. */
static inline bool tcp_handoff_arp_ignore(struct net *net, __be32 tip)
{
	return tcp_handoff_is_noarp(net, tip);
}

/* A packet from @saddr waits for the answer: never ask in that name. */
static inline bool tcp_handoff_arp_solicit(struct net *net, __be32 saddr)
{
	return tcp_handoff_is_noarp(net, saddr);
}

/* Last look before anything is sent: gratuitous ARP, bonding and so on. */
static inline bool tcp_handoff_arp_send_dst(struct net *net, __be32 src_ip)
{
	return tcp_handoff_is_noarp(net, src_ip);
}

/* Not a source address to pick when nobody asked for it. */
static inline bool tcp_handoff_inet_select_addr(const struct in_ifaddr *ifa)
{
	return tcp_handoff_is_noarp(dev_net(ifa->ifa_dev->dev),
				    ifa->ifa_local);
}

static inline void tcp_handoff_inet_hash_insert(const struct in_ifaddr *ifa)
{
	if (ifa->ifa_flags & IFA_F_NOARP)
		__tcp_handoff_inet_hash_insert(ifa);
}

static inline void tcp_handoff_inet_hash_remove(const struct in_ifaddr *ifa)
{
	if (ifa->ifa_flags & IFA_F_NOARP)
		__tcp_handoff_inet_hash_remove(ifa);
}

/*
 * Replacing an address sets the flag but never clears it: who renews a
 * lifetime, without knowing the flag, would put the address on the air.
 */
static inline void tcp_handoff_inet_rtm_newaddr(struct in_ifaddr *ifa,
						u32 new_flags)
{
	if (new_flags & ~ifa->ifa_flags & IFA_F_NOARP)
		__tcp_handoff_inet_rtm_newaddr(ifa);
}

#else /* !CONFIG_TCP_HANDOFF */

static inline bool tcp_handoff_arp_ignore(struct net *net, __be32 tip)
{
	return false;
}

static inline bool tcp_handoff_arp_solicit(struct net *net, __be32 saddr)
{
	return false;
}

static inline bool tcp_handoff_arp_send_dst(struct net *net, __be32 src_ip)
{
	return false;
}

static inline bool tcp_handoff_inet_select_addr(const struct in_ifaddr *ifa)
{
	return false;
}

static inline void tcp_handoff_inet_hash_insert(const struct in_ifaddr *ifa)
{
}

static inline void tcp_handoff_inet_hash_remove(const struct in_ifaddr *ifa)
{
}

static inline void tcp_handoff_inet_rtm_newaddr(struct in_ifaddr *ifa,
						u32 new_flags)
{
}

#endif /* CONFIG_TCP_HANDOFF */

#endif /* _NET_TCP_HANDOFF_ARP_H */
