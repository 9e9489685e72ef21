// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff, technique "reconstruct": a new socket from the state.
 *
 * The connection is built by adopt.c, as on a front end that takes one back
 * home, into the accept queue of whoever listens.  It completes at once, so
 * there is never an adoption to cancel, and the socket is an ordinary one in
 * the client's own sequence space: nothing is translated and nothing has to
 * be kept once it is closed.
 */
#include "handoff.h"

static void reconstruct_adopt(struct tcp_handoff_adoption *a)
{
	tcp_handoff_adoption_done(a, tcp_handoff_adopt(a->flow, a->img, NULL));
}

static struct tcp_handoff_tech reconstruct = {
	.name		= "reconstruct",
	.adopted	= TCP_HANDOFF_MIB_ADOPTED_RECONSTRUCT,
	.adopt		= reconstruct_adopt,
};

static int __init reconstruct_init(void)
{
	tcp_handoff_tech_register(&reconstruct);
	return 0;
}
fs_initcall_sync(reconstruct_init);
