/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff, torture mode: hooks that hand connections on for testing.
 *
 * Each is named after the function it sits in.  Without
 * CONFIG_TCP_HANDOFF_TORTURE they fold away; with it they cost a static branch
 * until the sysctl of some namespace turns them on.
 */
#ifndef _NET_TCP_HANDOFF_TORTURE_H
#define _NET_TCP_HANDOFF_TORTURE_H

#include <linux/jump_label.h>
#include <net/sock.h>

#if IS_ENABLED(CONFIG_TCP_HANDOFF_TORTURE)

/* Counts namespaces in which torture is on. */
DECLARE_STATIC_KEY_FALSE(tcp_handoff_torture_key);

void __tcp_handoff_sendmsg(struct sock *sk);
bool __tcp_handoff_csk_accept(struct sock *newsk);

/* tcp_sendmsg(), the socket is owned and nothing has been written yet. */
static inline void tcp_handoff_sendmsg(struct sock *sk)
{
	if (static_branch_unlikely(&tcp_handoff_torture_key))
		__tcp_handoff_sendmsg(sk);
}

/* tcp_recvmsg(), likewise. */
static inline void tcp_handoff_recvmsg(struct sock *sk)
{
	tcp_handoff_sendmsg(sk);
}

/*
 * inet_csk_accept(), no lock is held and the caller is about to get @newsk.
 * True: its connection has left, @newsk is gone, and the connection comes out
 * of the accept queue once more.
 */
static inline bool tcp_handoff_csk_accept(struct sock *newsk)
{
	return static_branch_unlikely(&tcp_handoff_torture_key) &&
	       __tcp_handoff_csk_accept(newsk);
}

#else /* !CONFIG_TCP_HANDOFF_TORTURE */

static inline void tcp_handoff_sendmsg(struct sock *sk) { }
static inline void tcp_handoff_recvmsg(struct sock *sk) { }

static inline bool tcp_handoff_csk_accept(struct sock *newsk)
{
	return false;
}

#endif /* CONFIG_TCP_HANDOFF_TORTURE */

#endif /* _NET_TCP_HANDOFF_TORTURE_H */
