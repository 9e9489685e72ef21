/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: the dispatcher in the kernel.
 *
 *   service.c	what is configured: services, with their listeners
 *   group.c	... their back ends, in groups, and the rules that lead there
 *   event.c	a thread a CPU, and its queue of events
 *   dispatch.c	one connection, from accept() until it is handed off
 *   http.c	the head of its request
 *   sched*.c	which back end of the group
 */
#ifndef _TCP_HANDOFF_DISPATCH_H
#define _TCP_HANDOFF_DISPATCH_H

#include "handoff.h"
#include "http.h"
#include "sched.h"

struct tcp_handoff_service;

/*
 * struct tcp_handoff_ev: something that an event thread shall look at
 * @node:   in the queue of @cpu, while QUEUED is set
 * @cpu:    whose thread; changes only if that CPU goes
 * @fn:     called by that thread, never twice at a time; may free the event
 */
struct tcp_handoff_ev {
	struct list_head node;
	unsigned long flags;
	int cpu;
	void (*fn)(struct tcp_handoff_ev *ev);
};

#define TCP_HANDOFF_EVENT_QUEUED	0

/* event.c */
int tcp_handoff_events_get(void);
void tcp_handoff_events_put(void);
void tcp_handoff_event_init(struct tcp_handoff_ev *ev, int cpu,
			    void (*fn)(struct tcp_handoff_ev *ev));
void tcp_handoff_event_queue(struct tcp_handoff_ev *ev);
void tcp_handoff_event_dequeue(struct tcp_handoff_ev *ev);
void tcp_handoff_event_cancel(struct tcp_handoff_ev *ev);

/*
 * struct tcp_handoff_backend: a back end in a group
 * @addr:     address of the peer
 * @peer:     the peer with a reference, while one is configured
 * @assigned: connections it was chosen for
 */
struct tcp_handoff_backend {
	__be32 addr;			/* 0: the slot is free */
	struct tcp_handoff_peer *peer;
	u64 assigned;
};

#define TCP_HANDOFF_GROUP_NAME_MAX	32
#define TCP_HANDOFF_GROUP_DEFAULT	"default"

/*
 * struct tcp_handoff_group: back ends with one scheduler
 *
 * On svc->groups (RCU); changes under dn->mutex.  @lock guards back ends and
 * what the scheduler remembers.  Freed after a grace period.
 */
struct tcp_handoff_group {
	struct list_head list;
	char name[TCP_HANDOFF_GROUP_NAME_MAX];
	u16 id;				/* unique in its service */
	spinlock_t lock;		/* what follows */
	struct tcp_handoff_sched_group sched;
	struct tcp_handoff_backend be[TCP_HANDOFF_BACKENDS_MOST];
};

/*
 * struct tcp_handoff_rule: requests that go to another group than "default"
 *
 * On svc->rules (RCU), in order; changes under dn->mutex.  It keeps its group
 * from being deleted.
 */
struct tcp_handoff_rule {
	struct list_head list;
	struct tcp_handoff_group *group;
	u32 match;			/* TCP_HANDOFF_SVC_PATH_* */
	u32 host_len;			/* 0: any */
	u32 path_len;
	atomic64_t hits;
	struct rcu_head rcu;
	char text[];			/* host, path; no NUL */
};

struct tcp_handoff_limits {
	u32 head_size;			/* bytes of a head */
	u32 head_ms;			/* until it must be here */
	u32 waiting;			/* connections that wait for theirs */
};

/* The accept queue of a service has something, said one CPU. */
struct tcp_handoff_accept {
	struct tcp_handoff_ev ev;
	struct tcp_handoff_service *svc;
};

/*
 * struct tcp_handoff_service: an address and port that the kernel serves
 *
 * On dn->services; configured under dn->mutex, and freed when it has no
 * connection any more.  @lock guards @conns and the counts.
 */
struct tcp_handoff_service {
	struct list_head list;
	struct tcp_handoff_dispatch_net *dn;
	__be32 addr;
	__be16 port;
	struct tcp_handoff_limits limits;
	struct socket *lsock;
	struct tcp_handoff_accept __percpu *accept;
	bool stopping;			/* answer, take nothing new */
	bool aborting;			/* not even that */

	spinlock_t lock;		/* what follows */
	struct list_head conns;
	u32 waiting;			/* of conns: for their heads */
	u32 answering;			/* ... for their ends */
	wait_queue_head_t empty;

	struct list_head groups;
	struct list_head rules;
	u16 next_group;
	atomic64_t accepted, dispatched, again, answered;
};

/* What a namespace has of this. */
struct tcp_handoff_dispatch_net {
	struct tcp_handoff_net *hnet;
	struct mutex mutex;		/* services and all in them */
	struct list_head services;
};

/* A request, as rules and schedulers see it; no NULs at the ends. */
struct tcp_handoff_request {
	const char *host;		/* without the port */
	u32 host_len;
	const char *path;
	u32 path_len;
	u64 target;			/* hash of host, path and query */
};

/* Whom a connection goes to, and has been to. */
struct tcp_handoff_choice {
	struct tcp_handoff_peer *peer;	/* with a reference */
	u16 group;
	u64 tried;			/* slots of that group */
};

/* service.c */
struct tcp_handoff_dispatch_net *tcp_handoff_dispatch_pernet(struct net *net);
struct tcp_handoff_service *
tcp_handoff_service_find(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			 __be16 port);
void tcp_handoff_limits_defaults(struct tcp_handoff_limits *limits);
int tcp_handoff_service_add(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			    __be16 port,
			    const struct tcp_handoff_limits *limits,
			    const struct tcp_handoff_sched *sched,
			    const struct tcp_handoff_sched_params *params,
			    struct netlink_ext_ack *extack);
int tcp_handoff_service_del(struct tcp_handoff_dispatch_net *dn, __be32 addr,
			    __be16 port, struct netlink_ext_ack *extack);

/* group.c; all but _choose() and _put() under dn->mutex */
struct tcp_handoff_group *
tcp_handoff_group_find(struct tcp_handoff_service *svc, const char *name);
int tcp_handoff_group_add(struct tcp_handoff_service *svc, const char *name,
			  const struct tcp_handoff_sched *sched,
			  const struct tcp_handoff_sched_params *params,
			  struct netlink_ext_ack *extack);
int tcp_handoff_group_set(struct tcp_handoff_group *g,
			  const struct tcp_handoff_sched *sched,
			  const struct tcp_handoff_sched_params *params);
int tcp_handoff_group_del(struct tcp_handoff_service *svc,
			  struct tcp_handoff_group *g,
			  struct netlink_ext_ack *extack);
int tcp_handoff_backend_add(struct tcp_handoff_service *svc,
			    struct tcp_handoff_group *g, __be32 addr,
			    u32 weight, struct netlink_ext_ack *extack);
int tcp_handoff_backend_set(struct tcp_handoff_group *g, __be32 addr,
			    u32 weight, struct netlink_ext_ack *extack);
int tcp_handoff_backend_del(struct tcp_handoff_group *g, __be32 addr,
			    struct netlink_ext_ack *extack);
struct tcp_handoff_rule *tcp_handoff_rule_new(const char *host,
					      const char *path, u32 match);
void tcp_handoff_rule_add(struct tcp_handoff_service *svc,
			  struct tcp_handoff_rule *rule, u32 at);
int tcp_handoff_rule_del(struct tcp_handoff_service *svc, u32 at,
			 struct netlink_ext_ack *extack);
bool tcp_handoff_rule_matches(const struct tcp_handoff_rule *rule,
			      const struct tcp_handoff_request *req);
void tcp_handoff_groups_free(struct tcp_handoff_service *svc);
void tcp_handoff_group_refresh(struct tcp_handoff_service *svc,
			       struct tcp_handoff_group *g, u64 tried);
bool tcp_handoff_choose(struct tcp_handoff_service *svc,
			const struct tcp_handoff_request *req,
			struct tcp_handoff_choice *choice);

/* dispatch.c */
bool tcp_handoff_dispatch_accept(struct tcp_handoff_service *svc, int budget);
void tcp_handoff_dispatch_stop(struct tcp_handoff_service *svc);
void tcp_handoff_request_fill(struct tcp_handoff_request *req,
			      const struct tcp_handoff_http *h,
			      const char *target, char *host);

/* dispatch_nl.c */
int __init tcp_handoff_dispatch_netlink_init(void);

#endif /* _TCP_HANDOFF_DISPATCH_H */
