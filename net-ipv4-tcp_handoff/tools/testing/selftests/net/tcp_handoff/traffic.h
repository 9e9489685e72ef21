/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test programs say to each other, and the bytes they compare.
 *
 * A connection carries requests, one after the other or pipelined:
 *
 *	request		struct request, then @bytes of stream if op is PUT, ECHO
 *	response	struct request (copied), then @bytes of stream if op is
 *			GET, ECHO, then struct trailer
 *
 * A stream is a function of its seed and the offset, so that everybody can
 * produce and check any part of it without having seen the rest: a back end
 * goes on in the middle of a response that the front end began.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <netinet/in.h>

#include <linux/tcp.h>
#include <linux/tcp_handoff.h>

#ifndef TCP_HANDOFF
#define TCP_HANDOFF	64
#endif

#define REQUEST_MAGIC	0x12968b9a
#define TRAILER_MAGIC	0x12968b9b

enum op {
	OP_GET,		/* server sends @bytes */
	OP_PUT,		/* client sends @bytes */
	OP_ECHO,	/* both do, the server no faster than it receives */
};

/* When the front end hands over the connection that carries a request. */
enum when {
	WHEN_HEAD,	/* the request is there */
	WHEN_BODY,	/* and @at bytes behind it */
	WHEN_SENT,	/* the front end has written @at bytes of response */
	WHEN_FIN,	/* the client's FIN is there */
	WHEN_OFO,	/* @at segments have arrived out of order */
	WHEN_LOCAL,	/* not at all: it answers this one itself */
	WHEN_FULL,	/* the client may send no more: the window is closed */
};

#define REQUEST_F_CLOSE	1	/* server closes after this response */

struct request {
	uint32_t magic;
	uint8_t op;
	uint8_t when;
	uint8_t flags;
	uint8_t be;		/* back end, counted from 0; 255: take turns */
	uint64_t seed;
	uint64_t bytes;
	uint32_t at;
	uint32_t nr;
};

/* Written by whoever completes the response. */
struct trailer {
	uint32_t magic;
	uint8_t role;		/* enum tcp_handoff_role of its socket */
	uint8_t attempts;
	uint16_t worker;	/* which process of a SO_REUSEPORT group */
	char tag[8];		/* name of the server */
	uint64_t bad;		/* 1 + offset of the first wrong body byte */
	uint32_t usec;		/* tcp_handoff_info.usec */
	uint32_t nr;		/* as in the request */
};

#define HEAD_LEN	((ssize_t)sizeof(struct request))
#define TAIL_LEN	((ssize_t)sizeof(struct trailer))
#define CHUNK		(128 << 10)

static inline uint64_t stream_word(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline void stream_fill(void *buf, uint64_t seed, uint64_t off,
			       size_t len)
{
	uint64_t word;
	char *p = buf;
	size_t n, in;

	for (; len; p += n, off += n, len -= n) {
		word = stream_word(seed, off / 8);
		in = off % 8;
		n = 8 - in < len ? 8 - in : len;
		memcpy(p, (char *)&word + in, n);
	}
}

/* Offset in @buf of the first byte that is not the stream's, or -1. */
static inline ssize_t stream_check(const void *buf, uint64_t seed,
				   uint64_t off, size_t len)
{
	static _Thread_local char want[CHUNK];
	size_t done, i, n;

	for (done = 0; done < len; done += n) {
		n = len - done < sizeof(want) ? len - done : sizeof(want);
		stream_fill(want, seed, off + done, n);
		if (!memcmp(want, (const char *)buf + done, n))
			continue;
		for (i = 0; want[i] == ((const char *)buf)[done + i]; i++)
			;
		return done + i;
	}
	return -1;
}

/**
 * struct session - the server's side of one connection
 * @fd:		its socket, not blocking
 * @req:	current request, once @have_head
 * @head:	bytes of @req read so far
 * @peeked:	@req was not read from the socket but looked at: send only
 * @first:	nothing has been answered on this fd yet
 * @rx:		body bytes received and compared
 * @tx:		bytes of the response written
 * @bad:	see struct trailer
 */
struct session {
	int fd;
	struct request req;
	ssize_t head;
	bool have_head;
	bool peeked;
	bool first;
	uint64_t rx;
	uint64_t tx;
	uint64_t bad;
	struct tcp_handoff_info info;
};

/* Results of session_run(); both 0 and above are epoll events to wait for. */
#define SESSION_END	(-1)	/* orderly end */
#define SESSION_BROKEN	(-2)	/* error, or an end in the middle */
#define SESSION_LIMIT	(-3)	/* @limit bytes of the response are written */
#define SESSION_DONE	(-4)	/* a request was answered, @one was set */

extern char server_tag[8];
extern uint16_t server_worker;

void session_init(struct session *s, int fd);
void session_peeked(struct session *s, const struct request *req);
int session_run(struct session *s, uint64_t limit, bool one);

/* When something happened to the connection with a client's port */
struct moment {
	uint16_t port;
	uint64_t ns;		/* CLOCK_MONOTONIC */
};

/* net.c */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
socklen_t parse_address(const char *arg, bool v6,
			struct sockaddr_storage *ss);
int listen_on(const char *arg, bool v6, bool reuseport, int backlog);
int accept_on(int lfd);
uint64_t now_ns(void);
struct moment moment_of(int fd);
bool handoff_info(int fd, struct tcp_handoff_info *info);
void give_up_after(int fd, int seconds);
void md5_key(int fd, const char *addr, bool v6);
void ao_key(int fd, const struct sockaddr_storage *peer, const char *secret);

#endif /* TRAFFIC_H */
