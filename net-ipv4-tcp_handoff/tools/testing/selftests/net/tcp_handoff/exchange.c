// SPDX-License-Identifier: GPL-2.0
/*
 * A scripted exchange over one connection, and the trace of its packets.
 *
 *   exchange CLIENT-NETNS DEVICE SERVER-NETNS SERVER-ADDR
 *
 * Both ends are sockets of this one process, so that nothing happens at two
 * places at once, and after every step it waits until no packet has come for a
 * while.  Between the steps each end is asked for a byte without reading it:
 * calls that change nothing.  So two runs on the same kernel print the same
 * lines, and what differs in torture mode is due to that.
 *
 * A line is a packet as the client's device sees it: direction, flags,
 * sequence numbers from 0, window in bytes, SACK blocks, how far timestamps
 * are from what the clock says, and for what is sent again after how long: a
 * plus from 150 ms on, and another whenever that doubles.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define OPT_EOL		0	/* RFC 9293, RFC 7323, RFC 2018 */
#define OPT_NOP		1
#define OPT_MSS		2
#define OPT_WSCALE	3
#define OPT_SACK	5
#define OPT_TS		8

#define PORT		80
#define QUIET_MS	150	/* longer than any delayed ACK */
#define CLIENT_RCVBUF	20000
#define SERVER_SNDBUF	500000

/* What is known of one end's packets. */
struct side {
	uint32_t isn, top;	/* first sequence number, highest that was sent */
	int wscale;
	uint32_t ts_first;
	uint64_t ts_first_ms;
	bool seen, ts_seen;
};

static int tap, server, client;
static struct side sides[2];
static struct in_addr server_addr;
static uint64_t last_ms;

static void enter(const char *netns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s", path);
	close(fd);
}

static void put_options(const uint8_t *p, const uint8_t *end, struct side *me,
			const struct side *other, uint64_t ms, bool syn)
{
	while (p < end && *p != OPT_EOL) {
		if (*p == OPT_NOP) {
			p++;
			continue;
		}
		if (p + 1 >= end || p[1] < 2 || p + p[1] > end)
			break;
		if (*p == OPT_WSCALE && syn) {
			me->wscale = p[2];
			printf(" wscale %d", p[2]);
		} else if (*p == OPT_MSS && syn) {
			printf(" mss %d", p[2] << 8 | p[3]);
		} else if (*p == OPT_TS) {
			uint32_t val;
			int off;

			memcpy(&val, p + 2, 4);
			val = ntohl(val);
			if (!me->ts_seen) {
				me->ts_seen = true;
				me->ts_first = val;
				me->ts_first_ms = ms;
			}
			off = (int)(val - me->ts_first -
				    (uint32_t)(ms - me->ts_first_ms));
			printf(" ts%s", off < -20 ? " late" :
					off > 20 ? " early" : "");
		} else if (*p == OPT_SACK) {
			const uint8_t *q;

			for (q = p + 2; q + 8 <= p + p[1]; q += 8) {
				uint32_t a, b;

				memcpy(&a, q, 4);
				memcpy(&b, q + 4, 4);
				printf(" sack %u:%u", ntohl(a) - other->isn,
				       ntohl(b) - other->isn);
			}
		}
		p += p[1];
	}
}

static void put_packet(const uint8_t *buf, size_t len, uint64_t ms)
{
	const struct iphdr *iph = (const void *)buf;
	const struct tcphdr *th = (const void *)(buf + iph->ihl * 4);
	bool down = iph->saddr == server_addr.s_addr;
	struct side *me = &sides[down], *other = &sides[!down];
	uint32_t seq, next, bytes;
	uint64_t step;

	if (len < sizeof(*iph) + sizeof(*th) || iph->version != 4 ||
	    iph->protocol != IPPROTO_TCP)
		return;
	seq = ntohl(th->seq);
	if (!me->seen) {
		me->seen = true;
		me->isn = seq;
		me->top = seq;
	}
	bytes = ntohs(iph->tot_len) - iph->ihl * 4 - th->doff * 4;
	next = seq + bytes + th->syn + th->fin;
	printf("%c %s%s%s%s%s %u:%u ack %u win %u%s%s", down ? '<' : '>',
	       th->syn ? "S" : "", th->fin ? "F" : "", th->rst ? "R" : "",
	       th->psh ? "P" : "", th->ack ? "." : "", seq - me->isn,
	       next - me->isn, th->ack ? ntohl(th->ack_seq) - other->isn : 0,
	       ntohs(th->window) << (th->syn ? 0 : me->wscale),
	       th->ece ? " ece" : "", th->cwr ? " cwr" : "");
	put_options((const uint8_t *)(th + 1), (const uint8_t *)th +
		    th->doff * 4, me, other, ms, th->syn);
	if (next != seq && (int32_t)(me->top - next) >= 0) {
		printf(" again");
		/* timeouts double; no scheduling delay is as long as one */
		for (step = 150; ms - last_ms >= step; step *= 2)
			printf("+");
	}
	if ((int32_t)(next - me->top) > 0)
		me->top = next;
	last_ms = ms;
	printf("\n");
}

/* Print what comes, until for @ms nothing has. */
static void drain(int ms)
{
	struct pollfd pfd = { .fd = tap, .events = POLLIN };
	char control[CMSG_SPACE(sizeof(struct timespec))];
	uint8_t buf[65536];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct timespec ts;
	ssize_t n;

	while (poll(&pfd, 1, ms) > 0) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		n = recvmsg(tap, &msg, 0);
		if (n <= 0 || !CMSG_FIRSTHDR(&msg))
			die("recvmsg");
		memcpy(&ts, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(ts));
		put_packet(buf, n, ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000);
	}
}

/* Calls that change nothing. */
static void touch(void)
{
	char c;

	recv(client, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	recv(server, &c, 1, MSG_PEEK | MSG_DONTWAIT);
}

static void step(const char *what)
{
	drain(QUIET_MS);
	touch();
	drain(QUIET_MS);
	touch();
	printf("# %s\n", what);
}

static void put(int fd, size_t bytes)
{
	static char buf[65536];

	while (bytes) {
		ssize_t n = send(fd, buf, bytes < sizeof(buf) ? bytes :
				 sizeof(buf), MSG_DONTWAIT);

		if (n < 0)
			die("send");
		bytes -= n;
	}
}

static void get(int fd, size_t bytes)
{
	static char buf[65536];

	while (bytes) {
		ssize_t n = recv(fd, buf, bytes < sizeof(buf) ? bytes :
				 sizeof(buf), 0);

		if (n <= 0)
			die("recv");
		bytes -= n;
	}
}

static void want_end(int fd)
{
	char c;

	if (recv(fd, &c, 1, 0))
		die("no end of file");
}

/* Lose everything that comes to a socket, or nothing any more. */
static void lose(int fd, bool on)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &none };

	if (setsockopt(fd, SOL_SOCKET, on ? SO_ATTACH_FILTER :
		       SO_DETACH_FILTER, &prog, sizeof(prog)))
		die("filter");
}

static void set(int fd, int level, int opt, int value)
{
	if (setsockopt(fd, level, opt, &value, sizeof(value)))
		die("setsockopt");
}

static void open_tap(const char *dev)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),	/* both ways */
		.sll_ifindex = if_nametoindex(dev),
	};

	tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	set(tap, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20);
	set(tap, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (bind(tap, (void *)&sll, sizeof(sll)))
		die("%s", dev);
}

static void connect_both(const char *cns, const char *sns)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = server_addr,
	};
	int lsock;

	enter(sns);
	lsock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	set(lsock, SOL_SOCKET, SO_REUSEADDR, 1);
	set(lsock, IPPROTO_TCP, TCP_NODELAY, 1);
	set(lsock, SOL_SOCKET, SO_SNDBUF, SERVER_SNDBUF);
	if (bind(lsock, (void *)&sin, sizeof(sin)) || listen(lsock, 1))
		die("listen");
	enter(cns);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	set(client, SOL_SOCKET, SO_RCVBUF, CLIENT_RCVBUF);
	set(client, IPPROTO_TCP, TCP_NODELAY, 1);
	if (connect(client, (void *)&sin, sizeof(sin)))
		die("connect");
	server = accept4(lsock, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		die("accept");
}

/* The first of five segments is lost; SACK tells, and it is sent again. */
static void hole(int from, int to)
{
	int i;

	lose(to, true);
	put(from, 700);
	drain(QUIET_MS / 3);
	lose(to, false);
	for (i = 1; i < 5; i++) {
		put(from, 700 + i);
		drain(20);
	}
	drain(QUIET_MS);
	get(to, 5 * 700 + 10);
}

/* All is lost for a while: retransmissions by timeout, further apart. */
static void outage(int from, int to)
{
	int i;

	lose(to, true);
	put(from, 3000);
	/* calls of the program meanwhile put nothing off */
	for (i = 0; i < 15; i++) {
		drain(100);
		touch();
	}
	lose(to, false);
	drain(1000);
	get(to, 3000);
}

/* The client reads nothing: its window closes, and is probed. */
static void closed_window(void)
{
	size_t bytes = 60000;
	int i;

	put(server, bytes);
	for (i = 0; i < 10; i++) {
		drain(100);
		touch();
	}
	for (; bytes; bytes -= 4000) {
		get(client, 4000);
		drain(30);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5 || !inet_aton(argv[4], &server_addr)) {
		fprintf(stderr, "usage: exchange NETNS DEVICE NETNS ADDR\n");
		return 2;
	}
	enter(argv[1]);
	open_tap(argv[2]);
	connect_both(argv[1], argv[3]);

	step("request");
	put(client, 100);
	get(server, 100);
	step("response");
	put(server, 5000);
	get(client, 5000);
	step("upload");
	put(client, 30000);
	get(server, 30000);
	step("hole in an upload");
	hole(client, server);
	step("hole in a download");
	hole(server, client);
	step("window closed");
	closed_window();
	step("outage of an upload");
	outage(client, server);
	step("outage of a download");
	outage(server, client);
	step("client ends");
	shutdown(client, SHUT_WR);
	want_end(server);
	step("response behind the end");
	put(server, 3000);
	get(client, 3000);
	step("server ends");
	close(server);
	want_end(client);
	close(client);
	drain(QUIET_MS);
	return 0;
}
