// SPDX-License-Identifier: GPL-2.0
/*
 * What sock_diag, and so ss, is told of handoff: the IPv4 TCP sockets of a
 * local port, a line each, for "field" of handoff_lib.sh:
 *
 *   diag PORT
 *   state=ESTAB peer=10.0.0.1:1234 role=adopted flow=BOOT:SEQ
 *
 * Without the attribute, role and flow are "-".  Each socket that a dump shows
 * is also asked for alone, which is another path through the kernel: the
 * answers must not differ.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define MAX_SOCKETS	4096

struct shown {
	struct inet_diag_msg msg;
	struct tcp_handoff_diag handoff;
	bool has_handoff;
};

/* Those we look for.  netinet/tcp.h, which names them, excludes linux/tcp.h. */
static const char * const states[] = {
	[1] = "ESTAB", [6] = "TIME-WAIT", [10] = "LISTEN",
};

static const char * const roles[] = {
	[TCP_HANDOFF_ROLE_NONE] = "none",
	[TCP_HANDOFF_ROLE_CAPTURED] = "captured",
	[TCP_HANDOFF_ROLE_ADOPTED] = "adopted",
	[TCP_HANDOFF_ROLE_RETURNED] = "returned",
};

static struct shown dumped[MAX_SOCKETS];
static int nr_dumped, nlfd;

static const char *name_of(const char * const *names, size_t nr, size_t i)
{
	return i < nr && names[i] ? names[i] : "?";
}

static void parse(const struct nlmsghdr *nlh, struct shown *s)
{
	const struct rtattr *attr;
	int len;

	memset(s, 0, sizeof(*s));
	s->msg = *(struct inet_diag_msg *)NLMSG_DATA(nlh);
	attr = (void *)((char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(sizeof(s->msg)));
	len = nlh->nlmsg_len - NLMSG_SPACE(sizeof(s->msg));
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if (attr->rta_type != INET_DIAG_TCP_HANDOFF)
			continue;
		errno = EPROTO;
		if (s->has_handoff)
			die("two attributes");
		if (RTA_PAYLOAD(attr) != sizeof(s->handoff))
			die("attribute of %d bytes", (int)RTA_PAYLOAD(attr));
		memcpy(&s->handoff, RTA_DATA(attr), sizeof(s->handoff));
		s->has_handoff = true;
	}
}

static void ask(int flags, const struct inet_diag_sockid *id)
{
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req_v2 req;
	} msg = {
		.nlh = {
			.nlmsg_len = sizeof(msg),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.req = {
			.sdiag_family = AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			/* of full sockets, part of the details (ss -i) */
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.idiag_states = ~0U,
		},
	};

	if (id)
		msg.req.id = *id;
	if (send(nlfd, &msg, sizeof(msg), 0) != sizeof(msg))
		die("send");
}

/* One datagram.  Return: false behind the last message of a dump. */
static bool receive(int port, struct shown *out, int *nr)
{
	static char buf[64 << 10] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = (void *)buf;
	ssize_t len = recv(nlfd, buf, sizeof(buf), 0);

	if (len < 0)
		die("recv");
	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_type == NLMSG_DONE)
			return false;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			errno = -((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
			die("sock_diag");
		}
		errno = ENOSPC;
		if (*nr == MAX_SOCKETS)
			die("sockets");
		parse(nlh, &out[*nr]);
		if (ntohs(out[*nr].msg.id.idiag_sport) == port)
			(*nr)++;
	}
	return true;
}

static void ask_again(int port, const struct shown *s)
{
	struct shown alone;
	int nr = 0;

	ask(0, &s->msg.id);
	receive(port, &alone, &nr);
	errno = EPROTO;
	if (nr != 1 || alone.has_handoff != s->has_handoff ||
	    memcmp(&alone.handoff, &s->handoff, sizeof(s->handoff)))
		die("the socket alone is shown otherwise");
}

static void print(const struct shown *s)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, s->msg.id.idiag_dst, addr, sizeof(addr));
	printf("state=%s peer=%s:%u ",
	       name_of(states, sizeof(states) / sizeof(*states),
		       s->msg.idiag_state),
	       addr, ntohs(s->msg.id.idiag_dport));
	if (s->has_handoff)
		printf("role=%s flow=%016llx:%llu\n",
		       name_of(roles, sizeof(roles) / sizeof(*roles),
			       s->handoff.role),
		       (unsigned long long)s->handoff.boot_id,
		       (unsigned long long)s->handoff.flow_id);
	else
		puts("role=- flow=-");
}

int main(int argc, char **argv)
{
	int i, port;

	if (argc != 2)
		return 2;
	port = atoi(argv[1]);
	nlfd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (nlfd < 0)
		die("netlink");
	ask(NLM_F_DUMP, NULL);
	while (receive(port, dumped, &nr_dumped))
		;
	for (i = 0; i < nr_dumped; i++) {
		ask_again(port, &dumped[i]);
		print(&dumped[i]);
	}
	return 0;
}
