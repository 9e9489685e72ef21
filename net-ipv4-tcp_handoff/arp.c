// SPDX-License-Identifier: GPL-2.0-only
/*
 * IFA_F_NOARP: local addresses that ARP does not know of.
 *
 * Every back end of a cluster has the virtual IP address, but only the front
 * end may be found under it.  A noarp address is local in every respect (it
 * keeps its route, sockets bind to it, packets for it are delivered) except
 * that no ARP packet answers for it, asks in its name or announces it, and
 * that it is not picked as source address unless somebody binds to it.
 *
 * The flag belongs to the address, not to an entry on some device: if one of
 * several entries has it, the address has it, throughout the namespace.
 */
#include <linux/rtnetlink.h>
#include <net/route.h>
#include <net/tcp_handoff_arp.h>

DEFINE_STATIC_KEY_FALSE(tcp_handoff_noarp_key);

/**
 * __tcp_handoff_is_noarp() - is this a local address with IFA_F_NOARP?
 * @net: namespace
 * @addr: the address
 *
 * Context: any
 * Return: true if an entry of the address has the flag
 */
bool __tcp_handoff_is_noarp(struct net *net, __be32 addr)
{
	struct in_ifaddr *ifa;
	bool ret = false;

	rcu_read_lock();
	ifa = inet_lookup_ifaddr_rcu(net, addr);
	/* the rest of the hash chain: another device may have it as well */
	hlist_for_each_entry_from_rcu(ifa, hash) {
		if (ifa->ifa_local == addr &&
		    READ_ONCE(ifa->ifa_flags) & IFA_F_NOARP &&
		    net_eq(dev_net(ifa->ifa_dev->dev), net)) {
			ret = true;
			break;
		}
	}
	rcu_read_unlock();
	return ret;
}

/**
 * __tcp_handoff_inet_hash_insert() - an address with the flag is added
 * @ifa: the address
 *
 * Context: RTNL held
 */
void __tcp_handoff_inet_hash_insert(const struct in_ifaddr *ifa)
{
	ASSERT_RTNL();
	static_branch_inc(&tcp_handoff_noarp_key);
}

/**
 * __tcp_handoff_inet_hash_remove() - an address with the flag is removed
 * @ifa: the address
 *
 * Context: RTNL held
 */
void __tcp_handoff_inet_hash_remove(const struct in_ifaddr *ifa)
{
	ASSERT_RTNL();
	static_branch_dec(&tcp_handoff_noarp_key);
}

/**
 * __tcp_handoff_inet_rtm_newaddr() - an address is replaced and gets the flag
 * @ifa: the address
 *
 * Context: RTNL held
 */
void __tcp_handoff_inet_rtm_newaddr(struct in_ifaddr *ifa)
{
	struct net *net = dev_net(ifa->ifa_dev->dev);

	ASSERT_RTNL();
	static_branch_inc(&tcp_handoff_noarp_key);
	WRITE_ONCE(ifa->ifa_flags, ifa->ifa_flags | IFA_F_NOARP);
	/* routes may have chosen it as their source */
	atomic_inc(&net->ipv4.dev_addr_genid);
	rt_cache_flush(net);
}
