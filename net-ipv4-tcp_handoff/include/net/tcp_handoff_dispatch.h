/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff, dispatcher: the hook that the in-kernel front end needs.
 *
 * Without CONFIG_TCP_HANDOFF_DISPATCH, or without memory cgroups, it folds
 * away.
 */
#ifndef _NET_TCP_HANDOFF_DISPATCH_H
#define _NET_TCP_HANDOFF_DISPATCH_H

#include <net/sock.h>
#include <net/tcp_handoff.h>

#if IS_ENABLED(CONFIG_TCP_HANDOFF_DISPATCH) && defined(CONFIG_MEMCG)

void __tcp_handoff_csk_accept_memcg(const struct sock *lsk, struct sock *newsk);

/*
 * inet_csk_accept(), @newsk is owned, and charged to a memory cgroup next.
 * What the kernel accepts for a service has none yet.
 */
static inline void tcp_handoff_csk_accept_memcg(const struct sock *lsk,
						struct sock *newsk)
{
	if (tcp_handoff_enabled() && lsk->sk_kern_sock)
		__tcp_handoff_csk_accept_memcg(lsk, newsk);
}

#else

static inline void tcp_handoff_csk_accept_memcg(const struct sock *lsk,
						struct sock *newsk) { }

#endif

#endif /* _NET_TCP_HANDOFF_DISPATCH_H */
