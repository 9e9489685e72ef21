// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff monitor: events as they happen, until interrupted. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "tcphandoff.h"

static void time_print(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out_word("time", "%lld.%06ld", (long long)now.tv_sec,
		 now.tv_nsec / 1000);
}

static void event_print(struct ynl_ntf_base_type *ntf)
{
	struct tcp_handoff_flow_get_ntf *flow = (void *)ntf;
	struct tcp_handoff_peer_get_ntf *peer = (void *)ntf;

	out_begin();
	time_print();
	if (ntf->cmd == TCP_HANDOFF_CMD_FLOW_NTF) {
		out_word("object", "flow");
		flow_print(&flow->obj);
	} else {
		out_word("object", "peer");
		peer_print(&peer->obj);
	}
	out_end();
	if (fflush(stdout))
		fail("output: %s", strerror(errno));
}

static void wait_for_event(struct ynl_sock *ys)
{
	struct pollfd pfd = {
		.fd = ynl_socket_get_fd(ys),
		.events = POLLIN,
	};

	if (poll(&pfd, 1, -1) < 0)
		fail("poll: %s", strerror(errno));
	errno = 0;
	if (!ynl_ntf_check(ys))
		return;
	/* more events than we could read: say so and go on */
	if (errno != ENOBUFS)
		fail_ynl(ys);
	fputs("tcphandoff: events were lost\n", stderr);
}

/* A busy front end has tens of thousands of events a second. */
static void buffer_events(struct ynl_sock *ys)
{
	int fd = ynl_socket_get_fd(ys), size = 16 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

void cmd_monitor(struct ynl_sock *ys, struct args *a)
{
	struct ynl_ntf_base_type *ntf;

	arg_end(a);
	out_flat();
	buffer_events(ys);
	if (ynl_subscribe(ys, TCP_HANDOFF_MCGRP_EVENTS))
		fail_ynl(ys);
	for (;;) {
		wait_for_event(ys);
		while ((ntf = ynl_ntf_dequeue(ys))) {
			event_print(ntf);
			ynl_ntf_free(ntf);
		}
	}
}
