// SPDX-License-Identifier: GPL-2.0
/* Sockets, as all test programs need them. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(err));
	exit(2);
}

/* ADDR:PORT, ADDR in IPv4 notation also with @v6 (mapped), or [ADDR]:PORT. */
socklen_t parse_address(const char *arg, bool v6, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	char addr[64], text[80];
	int port;

	memset(ss, 0, sizeof(*ss));
	if (sscanf(arg, "[%63[^]]]:%d", addr, &port) == 2) {
		strcpy(text, addr);
		v6 = true;
	} else if (sscanf(arg, "%63[^:]:%d", addr, &port) == 2) {
		snprintf(text, sizeof(text), "%s%s", v6 ? "::ffff:" : "",
			 addr);
		if (v6 && !strcmp(addr, "0.0.0.0"))
			strcpy(text, "::");
	} else {
		errno = EINVAL;
		die("%s", arg);
	}
	if (v6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		if (inet_pton(AF_INET6, text, &sin6->sin6_addr) != 1)
			die("%s", arg);
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	if (inet_pton(AF_INET, text, &sin->sin_addr) != 1)
		die("%s", arg);
	return sizeof(*sin);
}

int listen_on(const char *arg, bool v6, bool reuseport, int backlog)
{
	struct sockaddr_storage ss;
	socklen_t len = parse_address(arg, v6, &ss);
	int on = 1, fd;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	/* Urgent bytes are ordinary ones for these servers. */
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len))
		die("bind %s", arg);
	if (listen(fd, backlog))
		die("listen %s", arg);
	return fd;
}

/*
 * Give up a connection when the other side has given no sign of life for so
 * many seconds; a listener's connections inherit that.
 */
void give_up_after(int fd, int seconds)
{
	int on = 1, ms = seconds * 1000;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &seconds,
		       sizeof(seconds)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)))
		die("keepalive");
}

/* A new connection, not blocking, or -1: none there. */
int accept_on(int lfd)
{
	int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED)
		die("accept");
	return fd;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Now, and the port of the client on the other end of @fd. */
struct moment moment_of(int fd)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	struct moment m = { .ns = now_ns() };

	if (getpeername(fd, (struct sockaddr *)&sin, &len))
		die("getpeername");
	m.port = ntohs(sin.sin_port);
	return m;
}

/* False on a kernel that knows nothing of handoff. */
bool handoff_info(int fd, struct tcp_handoff_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !getsockopt(fd, IPPROTO_TCP, TCP_HANDOFF, info, &len);
}

/* Sign segments to and from @addr, and want them signed. */
void md5_key(int fd, const char *addr, bool v6)
{
	struct tcp_md5sig md5 = {
		.tcpm_keylen = 4,
		.tcpm_key = "test",
	};
	struct sockaddr_storage ss;
	char text[80];
	socklen_t len;

	snprintf(text, sizeof(text), strchr(addr, ':') ? "%s" : "%s:0", addr);
	len = parse_address(text, v6, &ss);
	memcpy(&md5.tcpm_addr, &ss, len);
	if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &md5, sizeof(md5)))
		die("TCP_MD5SIG");
}

/* Older headers than this kernel's do not have it. */
#ifndef TCP_AO_ADD_KEY
#define TCP_AO_ADD_KEY	38
#endif

struct ao_add {
	struct sockaddr_storage addr;
	char alg_name[64];
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix, sndid, rcvid, maclen, keyflags, keylen;
	uint8_t key[80];
} __attribute__((aligned(8)));

/* Sign segments to @peer as the channel does, with key 1. */
void ao_key(int fd, const struct sockaddr_storage *peer, const char *secret)
{
	struct ao_add add = {
		.addr = *peer,
		.alg_name = "hmac(sha256)",
		.prefix = 32,
		.sndid = 1,
		.rcvid = 1,
		.keylen = strlen(secret),
	};

	((struct sockaddr_in *)&add.addr)->sin_port = 0;
	memcpy(add.key, secret, add.keylen);
	if (setsockopt(fd, IPPROTO_TCP, TCP_AO_ADD_KEY, &add, sizeof(add)))
		die("TCP_AO_ADD_KEY");
}
