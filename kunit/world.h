/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff tests: a client, a front end and a back end in one kernel.
 *
 *            192.168.1.0/24               192.168.3.0/24
 *   client .1 ------------ .2 front end .1 ------------ .2 back end
 *          .1 -------------------------------------------- .2
 *                           192.168.2.0/24
 *
 * Each is a network namespace, each line a veth pair.  Both servers have the
 * VIP on lo.  The client's packets for it go to the front end, until
 * world_route() sends them straight to the back end.
 */
#ifndef _TCP_HANDOFF_TESTS_WORLD_H
#define _TCP_HANDOFF_TESTS_WORLD_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/net.h>

#include "../handoff.h"

#define WORLD_VIP	0x0a630001	/* 10.99.0.1 */
#define WORLD_PORT	80
#define WORLD_CLIENT	0xc0a80101	/* 192.168.1.1, as the servers see it */
#define WORLD_FE	0xc0a80301	/* 192.168.3.1, end of the channel */
#define WORLD_BE	0xc0a80302

struct world {
	struct net *client, *fe, *be;
	struct tcp_handoff_net *hfe, *hbe;
	struct tcp_handoff_peer *peer;	/* of the front end; has no channel */
	struct tcp_handoff_peer *from;	/* of the back end; has no channel */
	struct tcp_handoff_peer *dialled, *dialling; /* world_channel() */
	struct tcp_handoff_key *key;	/* for it; NULL: not signed */
	bool flows_left;		/* on purpose, when the test ends */
};

struct world *world_new(struct kunit *test);
struct net *world_net(struct kunit *test);
struct tcp_handoff_peer *world_peer(struct kunit *test,
				    struct tcp_handoff_net *hnet, u32 addr);
void world_enable(struct kunit *test, struct tcp_handoff_net *hnet);
void world_route(struct kunit *test, struct world *w, bool to_be);
void world_channel(struct kunit *test, struct world *w);
struct socket *world_listen(struct kunit *test, struct net *net, int family,
			    int backlog);
struct socket *world_socket(struct kunit *test, struct net *net);
struct socket *world_connect(struct kunit *test, struct world *w);
struct socket *world_connect_from(struct kunit *test, struct world *w,
				  u16 port);
struct socket *world_accept(struct kunit *test, struct socket *lsock);
void world_close(struct kunit *test, struct socket *sock);
void world_set(struct kunit *test, struct socket *sock, int opt, int value);
void world_write(struct kunit *test, struct socket *sock, u32 *at, size_t len);
void world_read(struct kunit *test, struct socket *sock, u32 *at, size_t len);
int world_read_end(struct socket *sock);
void *world_pack_idle(struct kunit *test, size_t *len);
u64 world_count(struct tcp_handoff_net *hnet, int item);
u64 world_tcp_count(struct net *net, int item);

/* Wait until something is true, for 5 s at most; evaluates to whether it is. */
#define world_wait_for(cond) ({						\
	unsigned long end__ = jiffies + 5 * HZ;				\
	bool ok__;							\
									\
	while (!(ok__ = (cond)) && time_before(jiffies, end__))		\
		msleep(20);						\
	ok__;								\
})

#endif /* _TCP_HANDOFF_TESTS_WORLD_H */
