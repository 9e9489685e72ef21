// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: namespaces, limits, the registry of techniques.
 */
#include <linux/memcontrol.h>
#include <linux/random.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#define CREATE_TRACE_POINTS
#include "handoff.h"
#include "trace.h"

DEFINE_STATIC_KEY_FALSE(tcp_handoff_key);
EXPORT_SYMBOL_GPL(tcp_handoff_key);

static unsigned int tcp_handoff_net_id __read_mostly;

/* What all namespaces are charged together */
static atomic_long_t all_bytes;

static LIST_HEAD(techs);
static DEFINE_SPINLOCK(techs_lock);

/**
 * tcp_handoff_pernet() - what a namespace has of TCP handoff
 * @net: any live namespace
 * Return: never NULL
 */
struct tcp_handoff_net *tcp_handoff_pernet(const struct net *net)
{
	return net_generic(net, tcp_handoff_net_id);
}

/**
 * tcp_handoff_tech_register() - make a technique known
 * @tech: static, lives as long as the kernel
 *
 * Context: early boot, before any namespace is configured.
 */
void tcp_handoff_tech_register(struct tcp_handoff_tech *tech)
{
	spin_lock(&techs_lock);
	list_add_tail_rcu(&tech->list, &techs);
	spin_unlock(&techs_lock);
}

/**
 * tcp_handoff_tech_find() - look a technique up
 * @name: its name, or "" for the first there is
 * Return: the technique or NULL
 */
struct tcp_handoff_tech *tcp_handoff_tech_find(const char *name)
{
	struct tcp_handoff_tech *tech;

	/* nothing is ever removed, so no reference is needed */
	list_for_each_entry_rcu(tech, &techs, list, true) {
		if (!*name || !strcmp(tech->name, name))
			return tech;
	}
	return NULL;
}

/**
 * tcp_handoff_tech_names() - names of all techniques
 * @buf: gets them, separated by blanks
 * @len: bytes of @buf
 * Return: number of techniques
 */
int tcp_handoff_tech_names(char *buf, size_t len)
{
	struct tcp_handoff_tech *tech;
	size_t used = 0;
	int nr = 0;

	buf[0] = '\0';
	list_for_each_entry_rcu(tech, &techs, list, true) {
		used += scnprintf(buf + used, len - used, "%s%s",
				  nr ? " " : "", tech->name);
		nr++;
	}
	return nr;
}

/**
 * tcp_handoff_charge() - count memory of a namespace against the limits
 * @hnet:  namespace
 * @bytes: truesize
 *
 * A connection in transit belongs to no socket, so neither tcp_mem nor a
 * memory cgroup knows of it.  All namespaces together may have as much of it
 * as tcp_mem lets sockets have.
 *
 * Return: false if a limit would be passed; nothing is charged then
 */
bool tcp_handoff_charge(struct tcp_handoff_net *hnet, size_t bytes)
{
	long sum = atomic_long_add_return(bytes, &hnet->bytes);
	long all = atomic_long_add_return(bytes, &all_bytes);

	if (sum <= (long)READ_ONCE(hnet->max_bytes) &&
	    all >> PAGE_SHIFT <= READ_ONCE(sysctl_tcp_mem[2]))
		return true;
	tcp_handoff_uncharge(hnet, bytes);
	return false;
}

/**
 * tcp_handoff_uncharge() - give back what was charged
 * @hnet:  namespace
 * @bytes: truesize
 */
void tcp_handoff_uncharge(struct tcp_handoff_net *hnet, size_t bytes)
{
	atomic_long_sub(bytes, &hnet->bytes);
	atomic_long_sub(bytes, &all_bytes);
}

/**
 * tcp_handoff_net_set_row() - fit the death row to the limit of flows
 * @hnet: namespace
 *
 * A front end's flow is a minisock, and so is the TIME_WAIT that it keeps for
 * a back end.  As many of these are let in as there may be flows (see
 * sender.c), so that a flow always finds room.
 *
 * Context: any.
 */
void tcp_handoff_net_set_row(struct tcp_handoff_net *hnet)
{
	u32 max = READ_ONCE(hnet->max_flows);

	WRITE_ONCE(hnet->death_row.sysctl_max_tw_buckets,
		   2 * min_t(u32, max, INT_MAX / 2));
}

static struct tcp_handoff_flow_table *table_alloc(u32 max_flows)
{
	u32 buckets = clamp(max_flows / TCP_HANDOFF_FLOWS_PER_BUCKET,
			    TCP_HANDOFF_BUCKETS_LEAST,
			    TCP_HANDOFF_BUCKETS_MOST);
	struct tcp_handoff_flow_table *table;

	buckets = roundup_pow_of_two(buckets);
	table = kvzalloc(struct_size(table, chain, buckets),
			 GFP_KERNEL_ACCOUNT);
	if (table)
		table->buckets = buckets;
	return table;
}

/* Who looks for a flow meanwhile sees the table when all is there. */
static bool net_alloc(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_flow_table *flows;

	flows = table_alloc(READ_ONCE(hnet->max_flows));
	hnet->wq = alloc_workqueue("tcp_handoff", WQ_UNBOUND, 0);
	hnet->sock_wq = alloc_workqueue("tcp_handoff_sock", WQ_UNBOUND,
					WQ_UNBOUND_MAX_ACTIVE);
	hnet->open_wq = alloc_workqueue("tcp_handoff_open", WQ_HIGHPRI, 0);
	if (!flows || !hnet->wq || !hnet->sock_wq || !hnet->open_wq) {
		kvfree(flows);
		return false;
	}
	/* what peers make this host allocate is on who let them in */
	hnet->memcg = get_mem_cgroup_from_current();
	/* with the dependency of flow_lookup() on the pointer */
	smp_store_release(&hnet->flows, flows);
	return true;
}

static void net_free(struct tcp_handoff_net *hnet)
{
	if (hnet->wq)
		destroy_workqueue(hnet->wq);
	if (hnet->sock_wq)
		destroy_workqueue(hnet->sock_wq);
	if (hnet->open_wq)
		destroy_workqueue(hnet->open_wq);
	kvfree(hnet->flows);
	mem_cgroup_put(hnet->memcg);
	hnet->wq = NULL;
	hnet->sock_wq = NULL;
	hnet->open_wq = NULL;
	hnet->flows = NULL;
	hnet->memcg = NULL;
}

/**
 * tcp_handoff_net_enable() - a namespace is about to get its first peer
 * @hnet: namespace
 *
 * From here until the namespace ends the hooks are live.
 *
 * Context: process, @hnet->mutex held.
 * Return: 0 or -ENOMEM
 */
int tcp_handoff_net_enable(struct tcp_handoff_net *hnet)
{
	if (hnet->enabled)
		return 0;
	if (!net_alloc(hnet)) {
		net_free(hnet);
		return -ENOMEM;
	}
	static_branch_inc(&tcp_handoff_key);
	hnet->enabled = true;
	queue_delayed_work(hnet->wq, &hnet->reap_work, HZ);
	return 0;
}

static int __net_init tcp_handoff_net_init(struct net *net)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(net);

	hnet->net = net;
	hnet->mib = alloc_percpu(struct tcp_handoff_mib);
	if (!hnet->mib)
		return -ENOMEM;
	while (!hnet->boot_id)
		hnet->boot_id = get_random_u64();
	mutex_init(&hnet->mutex);
	spin_lock_init(&hnet->lock);
	INIT_LIST_HEAD(&hnet->peers);
	INIT_LIST_HEAD(&hnet->vips);
	INIT_LIST_HEAD(&hnet->tombs);
	INIT_LIST_HEAD(&hnet->needed);
	INIT_DELAYED_WORK(&hnet->reap_work, tcp_handoff_reap);
	INIT_WORK(&hnet->accept_work, tcp_handoff_accept_work);
	INIT_DELAYED_WORK(&hnet->watch_work, tcp_handoff_auth_watch_work);
	get_random_bytes(&hnet->flow_key, sizeof(hnet->flow_key));
	hnet->max_flows = TCP_HANDOFF_MAX_FLOWS;
	hnet->max_bytes = TCP_HANDOFF_MAX_BYTES;
	hnet->hold_bytes = TCP_HANDOFF_HOLD_BYTES;
	hnet->deadline_ms = jiffies_to_msecs(TCP_HANDOFF_DEADLINE);
	hnet->idle_ms = jiffies_to_msecs(TCP_HANDOFF_IDLE);
	hnet->heartbeat_ms = jiffies_to_msecs(TCP_HANDOFF_HEARTBEAT);
	hnet->port = htons(TCP_HANDOFF_CHANNEL_PORT);

	/* flows neither fill tcp_max_tw_buckets nor are starved by it */
	refcount_set(&hnet->death_row.tw_refcount, 1);
	hnet->death_row.hashinfo = net->ipv4.tcp_death_row.hashinfo;
	tcp_handoff_net_set_row(hnet);
	return 0;
}

/*
 * Before anything of the namespace is taken apart.  What a bind() needs, the
 * reserved ports, goes before our turn comes.
 */
static void __net_exit tcp_handoff_net_pre_exit(struct net *net)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(net);

	if (hnet->enabled)
		tcp_handoff_peer_no_dial(hnet);
}

/*
 * User sockets hold the namespace, so none is left.  Channels are kernel
 * sockets that do not: they end first, then every flow, then the minisocks,
 * which the common purge finds by their dead namespace.
 */
static void __net_exit tcp_handoff_net_exit_batch(struct list_head *list)
{
	struct tcp_handoff_net *hnet;
	bool any = false;
	struct net *net;

	list_for_each_entry(net, list, exit_list) {
		hnet = tcp_handoff_pernet(net);
		WRITE_ONCE(hnet->exiting, true);
		any |= hnet->enabled;
	}
	/* whoever has not seen it has queued its work by then */
	if (any)
		synchronize_rcu();
	list_for_each_entry(net, list, exit_list) {
		hnet = tcp_handoff_pernet(net);
		if (!hnet->enabled)
			continue;
		tcp_handoff_peer_exit(hnet);
		tcp_handoff_flows_exit(hnet);
	}
	if (any) {
		tcp_twsk_purge(list);
		/* minisocks whose timer had taken them off already */
		synchronize_rcu();
	}

	list_for_each_entry(net, list, exit_list) {
		hnet = tcp_handoff_pernet(net);
		if (hnet->enabled) {
			tcp_handoff_flows_exit(hnet);
			net_free(hnet);
			static_branch_dec(&tcp_handoff_key);
			WARN_ON_ONCE(atomic_long_read(&hnet->bytes));
		}
		free_percpu(hnet->mib);
	}
}

static struct pernet_operations tcp_handoff_net_ops = {
	.init		= tcp_handoff_net_init,
	.pre_exit	= tcp_handoff_net_pre_exit,
	.exit_batch	= tcp_handoff_net_exit_batch,
	.id		= &tcp_handoff_net_id,
	.size		= sizeof(struct tcp_handoff_net),
};

/**
 * tcp_handoff_init() - start TCP handoff
 *
 * Context: inet_init(), after tcp_init(): namespaces then exit in the reverse
 * order, handoff before TCP.
 */
void __init tcp_handoff_init(void)
{
	if (register_pernet_subsys(&tcp_handoff_net_ops))
		panic("TCP handoff: no memory for the initial namespace\n");
	tcp_handoff_tunnel_init();
	if (tcp_handoff_netlink_init())
		pr_crit("TCP handoff: netlink family not registered\n");
}
