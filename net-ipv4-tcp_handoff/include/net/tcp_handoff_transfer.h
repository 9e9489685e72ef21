/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff, technique transfer: the hook by which a socket that is there
 * already becomes a listener's child.
 *
 * Without CONFIG_TCP_HANDOFF_TRANSFER it folds away; built in but unconfigured
 * it costs a static branch.
 */
#ifndef _NET_TCP_HANDOFF_TRANSFER_H
#define _NET_TCP_HANDOFF_TRANSFER_H

#include <net/tcp_handoff.h>

#if IS_ENABLED(CONFIG_TCP_HANDOFF_TRANSFER)

/* For the next child of @lsk on this CPU; both NULL most of the time */
struct tcp_handoff_offer {
	const struct sock *lsk;
	struct sock *sk;
};

DECLARE_PER_CPU(struct tcp_handoff_offer, tcp_handoff_offered);

struct sock *__tcp_handoff_clone_lock(void);

/*
 * sk_clone_lock(): memory for a clone of @sk, as sk_prot_alloc() returns it,
 * or NULL.  Who offers it has BH off and owns @sk.
 */
static inline struct sock *tcp_handoff_clone_lock(const struct sock *sk)
{
	if (tcp_handoff_enabled() &&
	    this_cpu_read(tcp_handoff_offered.lsk) == sk)
		return __tcp_handoff_clone_lock();
	return NULL;
}

#else /* !CONFIG_TCP_HANDOFF_TRANSFER */

static inline struct sock *tcp_handoff_clone_lock(const struct sock *sk)
{
	return NULL;
}

#endif /* CONFIG_TCP_HANDOFF_TRANSFER */

#endif /* _NET_TCP_HANDOFF_TRANSFER_H */
