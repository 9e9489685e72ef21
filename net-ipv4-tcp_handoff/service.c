// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: services, the addresses and ports for which the kernel itself
 * accepts connections, and the listeners of these.
 *
 * A listener is a socket of the kernel: it does not keep its namespace alive,
 * and ends with it.  A connection that no back end takes comes home to it like
 * any other (tcp_handoff_listener_fits()).
 */
#include <linux/memcontrol.h>
#include <net/inet_common.h>
#include <net/netns/generic.h>
#include <net/tcp_handoff_dispatch.h>
#include <trace/events/sock.h>

#include "dispatch.h"

#define BACKLOG		4096
/* Connections that one event accepts */
#define ACCEPT_BUDGET	16

static unsigned int dispatch_net_id __read_mostly;

/**
 * tcp_handoff_dispatch_pernet() - what a namespace has of the dispatcher
 * @net: any live namespace
 * Return: never NULL
 */
struct tcp_handoff_dispatch_net *tcp_handoff_dispatch_pernet(struct net *net)
{
	return net_generic(net, dispatch_net_id);
}

/**
 * tcp_handoff_limits_defaults() - limits of a service that says nothing
 * @limits: to be filled
 */
void tcp_handoff_limits_defaults(struct tcp_handoff_limits *limits)
{
	limits->head_size = 16384;
	limits->head_ms = 10000;
	limits->waiting = 10000;
}

/**
 * tcp_handoff_service_find() - look a service up
 * @dn:   namespace
 * @addr: its address
 * @port: its port
 *
 * Context: dn->mutex held.
 * Return: the service or NULL
 */
struct tcp_handoff_service *
tcp_handoff_service_find(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			 __be16 port)
{
	struct tcp_handoff_service *svc;

	lockdep_assert_held(&dn->mutex);
	list_for_each_entry(svc, &dn->services, list) {
		if (svc->addr == addr && svc->port == port)
			return svc;
	}
	return NULL;
}

/* Each CPU on which connections become complete accepts some of them. */
static void service_data_ready(struct sock *sk)
{
	struct tcp_handoff_service *svc;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	/* a child is born with this callback, too */
	svc = sk->sk_state == TCP_LISTEN ? sk->sk_user_data : NULL;
	if (svc)
		tcp_handoff_event_queue(&this_cpu_ptr(svc->accept)->ev);
	read_unlock_bh(&sk->sk_callback_lock);
}

/**
 * tcp_handoff_is_dispatcher() - does the kernel serve what comes there?
 * @lsk: listener
 *
 * Context: RCU, or a reference.
 * Return: true if it is the listener of a service
 */
bool tcp_handoff_is_dispatcher(const struct sock *lsk)
{
	return lsk->sk_kern_sock &&
	       READ_ONCE(lsk->sk_data_ready) == service_data_ready;
}

#ifdef CONFIG_MEMCG
/**
 * __tcp_handoff_csk_accept_memcg() - who pays for what a connection queues
 * @lsk:   any listener of the kernel
 * @newsk: connection that is being accepted, owned
 *
 * An event thread is in no group of its own: whoever configured the namespace
 * pays, as for its channels.
 *
 * Context: process.
 */
void __tcp_handoff_csk_accept_memcg(const struct sock *lsk, struct sock *newsk)
{
	struct mem_cgroup *memcg = tcp_handoff_pernet(sock_net(lsk))->memcg;

	if (!memcg || newsk->sk_memcg || !tcp_handoff_is_dispatcher(lsk) ||
	    !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return;
	if (memcg != root_mem_cgroup && css_tryget(&memcg->css))
		newsk->sk_memcg = memcg;
}
#endif

static void accept_event(struct tcp_handoff_ev *ev)
{
	struct tcp_handoff_accept *a = container_of(ev,
					struct tcp_handoff_accept, ev);

	if (tcp_handoff_dispatch_accept(a->svc, ACCEPT_BUDGET))
		tcp_handoff_event_queue(ev);
}

static int service_listen(struct tcp_handoff_service *svc)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = svc->addr,
		.sin_port = svc->port,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(svc->dn->hnet->net, AF_INET, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (err)
		return err;
	sock->sk->sk_reuse = SK_CAN_REUSE;
	err = kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	if (err) {
		sock_release(sock);
		return err;
	}
	svc->lsock = sock;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_user_data = svc;
	WRITE_ONCE(sock->sk->sk_data_ready, service_data_ready);
	write_unlock_bh(&sock->sk->sk_callback_lock);
	return kernel_listen(sock, BACKLOG);
}

/* Nothing is accepted by an event any more. */
static void service_deafen(struct tcp_handoff_service *svc)
{
	struct sock *sk = svc->lsock->sk;
	int cpu;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	for_each_possible_cpu(cpu)
		tcp_handoff_event_cancel(&per_cpu_ptr(svc->accept, cpu)->ev);
}

/*
 * Whoever has connected is answered, and what is in the accept queue has
 * connected; then the listener goes.
 */
static void service_stop(struct tcp_handoff_service *svc)
{
	WRITE_ONCE(svc->stopping, true);
	if (svc->lsock) {
		service_deafen(svc);
		while (tcp_handoff_dispatch_accept(svc, INT_MAX))
			;
		sock_release(svc->lsock);
	}
	tcp_handoff_dispatch_stop(svc);
}

static void service_free(struct tcp_handoff_service *svc)
{
	tcp_handoff_groups_free(svc);
	free_percpu(svc->accept);
	kfree(svc);
}

static struct tcp_handoff_service *
service_alloc(struct tcp_handoff_dispatch_net *dn,
	      const struct tcp_handoff_limits *limits)
{
	struct tcp_handoff_service *svc;
	struct tcp_handoff_accept *a;
	int cpu;

	svc = kzalloc(sizeof(*svc), GFP_KERNEL_ACCOUNT);
	if (!svc)
		return NULL;
	svc->accept = alloc_percpu_gfp(struct tcp_handoff_accept,
				       GFP_KERNEL_ACCOUNT);
	if (!svc->accept) {
		kfree(svc);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		a = per_cpu_ptr(svc->accept, cpu);
		a->svc = svc;
		tcp_handoff_event_init(&a->ev, cpu, accept_event);
	}
	svc->dn = dn;
	svc->limits = *limits;
	spin_lock_init(&svc->lock);
	init_waitqueue_head(&svc->empty);
	INIT_LIST_HEAD(&svc->conns);
	INIT_LIST_HEAD(&svc->groups);
	INIT_LIST_HEAD(&svc->rules);
	return svc;
}

static int service_enable(struct tcp_handoff_dispatch_net *dn)
{
	struct tcp_handoff_net *hnet = dn->hnet;
	int err;

	mutex_lock(&hnet->mutex);
	err = hnet->exiting ? -ENODEV : tcp_handoff_net_enable(hnet);
	mutex_unlock(&hnet->mutex);
	return err;
}

static int service_start(struct tcp_handoff_service *svc,
			 struct netlink_ext_ack *extack)
{
	int err;

	err = tcp_handoff_events_get();
	if (err)
		return err;
	err = service_listen(svc);
	if (!err)
		return 0;
	if (err == -EADDRNOTAVAIL)
		NL_SET_ERR_MSG(extack,
			       "the address does not belong to this host");
	else
		NL_SET_ERR_MSG(extack, "cannot listen there");
	service_stop(svc);
	tcp_handoff_events_put();
	return err;
}

static int service_check(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			 __be16 port, struct netlink_ext_ack *extack)
{
	if (!port || ipv4_is_zeronet(addr)) {
		NL_SET_ERR_MSG(extack, "a service has an address and a port");
		return -EINVAL;
	}
	if (tcp_handoff_service_find(dn, addr, port)) {
		NL_SET_ERR_MSG(extack,
			       "a service with this address and port exists");
		return -EEXIST;
	}
	return 0;
}

/**
 * tcp_handoff_service_add() - begin to serve an address and port
 * @dn:     namespace
 * @addr:   a virtual IP address that this host has
 * @port:   TCP port
 * @limits: of its connections
 * @sched:  scheduler of the group "default", which has no back end yet
 * @params: its parameters
 * @extack: sentence about what is wrong
 *
 * Context: process, dn->mutex held.
 * Return: 0, -EINVAL, -EEXIST, -ENOMEM, -ENODEV (namespace goes away), or what
 * bind and listen say
 */
int tcp_handoff_service_add(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			    __be16 port,
			    const struct tcp_handoff_limits *limits,
			    const struct tcp_handoff_sched *sched,
			    const struct tcp_handoff_sched_params *params,
			    struct netlink_ext_ack *extack)
{
	struct tcp_handoff_service *svc;
	int err;

	err = service_check(dn, addr, port, extack) ?: service_enable(dn);
	if (err)
		return err;
	svc = service_alloc(dn, limits);
	if (!svc)
		return -ENOMEM;
	svc->addr = addr;
	svc->port = port;
	err = tcp_handoff_group_add(svc, TCP_HANDOFF_GROUP_DEFAULT, sched,
				    params, extack);
	if (!err)
		err = service_start(svc, extack);
	if (err)
		service_free(svc);
	else
		list_add_tail(&svc->list, &dn->services);
	return err;
}

static void service_remove(struct tcp_handoff_service *svc)
{
	list_del(&svc->list);
	service_stop(svc);
	service_free(svc);
	tcp_handoff_events_put();
}

/**
 * tcp_handoff_service_del() - serve an address and port no longer
 * @dn:     namespace
 * @addr:   its address
 * @port:   its port
 * @extack: sentence about what is wrong
 *
 * Connections that a back end has stay there.  Clients whose requests are not
 * complete are answered, which takes up to some seconds.
 *
 * Context: process, dn->mutex held.
 * Return: 0 or -ENOENT
 */
int tcp_handoff_service_del(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			    __be16 port, struct netlink_ext_ack *extack)
{
	struct tcp_handoff_service *svc;

	svc = tcp_handoff_service_find(dn, addr, port);
	if (!svc) {
		NL_SET_ERR_MSG(extack, "no service has this address and port");
		return -ENOENT;
	}
	service_remove(svc);
	return 0;
}

static int __net_init dispatch_net_init(struct net *net)
{
	struct tcp_handoff_dispatch_net *dn = tcp_handoff_dispatch_pernet(net);

	dn->hnet = tcp_handoff_pernet(net);
	mutex_init(&dn->mutex);
	INIT_LIST_HEAD(&dn->services);
	return 0;
}

/* Nobody can be answered any more. */
static void __net_exit dispatch_net_exit(struct net *net)
{
	struct tcp_handoff_dispatch_net *dn = tcp_handoff_dispatch_pernet(net);
	struct tcp_handoff_service *svc, *next;

	mutex_lock(&dn->mutex);
	list_for_each_entry_safe(svc, next, &dn->services, list) {
		WRITE_ONCE(svc->aborting, true);
		service_remove(svc);
	}
	mutex_unlock(&dn->mutex);
}

static struct pernet_operations dispatch_net_ops = {
	.init	= dispatch_net_init,
	.exit	= dispatch_net_exit,
	.id	= &dispatch_net_id,
	.size	= sizeof(struct tcp_handoff_dispatch_net),
};

/* After the core: namespaces end in the reverse order. */
static int __init dispatch_init(void)
{
	int err = register_pernet_subsys(&dispatch_net_ops);

	return err ?: tcp_handoff_dispatch_netlink_init();
}
fs_initcall_sync(dispatch_init);
