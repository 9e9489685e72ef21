// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff vip: ADDR/32 on a device, with IFA_F_NOARP, over rtnetlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcphandoff.h"

#ifndef IFA_F_NOARP
#define IFA_F_NOARP	0x1000
#endif

struct request {
	struct nlmsghdr nlh;
	struct ifaddrmsg ifa;
	char attrs[64];
};

static void put(struct request *req, int type, const void *data, size_t len)
{
	struct rtattr *rta;

	rta = (void *)((char *)req + NLMSG_ALIGN(req->nlh.nlmsg_len));
	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), data, len);
	req->nlh.nlmsg_len = NLMSG_ALIGN(req->nlh.nlmsg_len) + RTA_SPACE(len);
}

static void fill(struct request *req, int type, __u32 addr, unsigned int dev)
{
	memset(req, 0, sizeof(*req));
	req->nlh.nlmsg_len = NLMSG_LENGTH(sizeof(req->ifa));
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	req->ifa.ifa_family = AF_INET;
	req->ifa.ifa_prefixlen = 32;
	req->ifa.ifa_index = dev;
	put(req, IFA_LOCAL, &addr, sizeof(addr));
	put(req, IFA_ADDRESS, &addr, sizeof(addr));
}

/* The kernel's sentence about an error, if there is one. */
static const char *sentence(struct nlmsghdr *nlh)
{
	struct nlmsgerr *err = NLMSG_DATA(nlh);
	size_t skip = sizeof(*err);
	struct rtattr *rta;
	int len;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
	skip = NLMSG_ALIGN(skip);
	len = nlh->nlmsg_len - NLMSG_HDRLEN - skip;
	for (rta = (void *)((char *)err + skip); RTA_OK(rta, len);
	     rta = RTA_NEXT(rta, len)) {
		if (rta->rta_type == NLMSGERR_ATTR_MSG)
			return RTA_DATA(rta);
	}
	return NULL;
}

static int read_answer(int fd, const char *what)
{
	union {
		struct nlmsghdr nlh;
		char buf[4096];
	} u;
	struct nlmsgerr *err = NLMSG_DATA(&u.nlh);
	const char *text;
	ssize_t len;

	len = recv(fd, &u, sizeof(u), 0);
	if (len < 0) {
		fprintf(stderr, "tcphandoff: %s: %s\n", what, strerror(errno));
		return -1;
	}
	if (len < (ssize_t)NLMSG_LENGTH(sizeof(*err)) ||
	    u.nlh.nlmsg_type != NLMSG_ERROR) {
		fprintf(stderr, "tcphandoff: %s: no answer\n", what);
		return -1;
	}
	if (!err->error)
		return 0;
	text = sentence(&u.nlh);
	fprintf(stderr, "tcphandoff: %s: %s%s%s\n", what,
		strerror(-err->error), text ? ": " : "", text ? text : "");
	return -1;
}

static int talk(struct request *req, const char *what)
{
	int fd, ret = -1, one = 1;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0) {
		perror("tcphandoff: rtnetlink");
		return -1;
	}
	/* without these the sentence is missing, no more */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (send(fd, req, req->nlh.nlmsg_len, 0) < 0)
		perror("tcphandoff: rtnetlink");
	else
		ret = read_answer(fd, what);
	close(fd);
	return ret;
}

static int find_device(const char *name, unsigned int *index)
{
	*index = if_nametoindex(name);
	if (*index)
		return 0;
	fprintf(stderr, "tcphandoff: there is no device %s\n", name);
	return -1;
}

/* Also turns an address that is there into a noarp one. */
int noarp_add(__u32 addr, const char *dev)
{
	__u32 flags = IFA_F_NOARP;
	struct request req;
	unsigned int index;

	if (find_device(dev, &index))
		return -1;
	fill(&req, RTM_NEWADDR, addr, index);
	req.nlh.nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	put(&req, IFA_FLAGS, &flags, sizeof(flags));
	return talk(&req, "cannot add the address");
}

int noarp_del(__u32 addr, const char *dev)
{
	struct request req;
	unsigned int index;

	if (find_device(dev, &index))
		return -1;
	fill(&req, RTM_DELADDR, addr, index);
	return talk(&req, "cannot delete the address");
}
