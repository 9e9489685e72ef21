// SPDX-License-Identifier: GPL-2.0
/*
 * The server's side of a connection, see traffic.h: used by the server on a
 * back end, and by the front end for what it answers itself.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "traffic.h"

char server_tag[8] = "server";
uint16_t server_worker;

void session_init(struct session *s, int fd)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->first = true;
	handoff_info(fd, &s->info);
}

/* Answer @req, which stays in the socket for somebody else to read. */
void session_peeked(struct session *s, const struct request *req)
{
	s->req = *req;
	s->have_head = true;
	s->peeked = true;
	s->tx = 0;
}

/*
 * A response that was begun before the connection moved (or came home) goes
 * on where it was left.
 */
static void session_begin(struct session *s)
{
	s->have_head = true;
	s->rx = 0;
	s->tx = 0;
	s->bad = 0;
	if (s->first && s->info.role != TCP_HANDOFF_ROLE_NONE &&
	    s->req.when == WHEN_SENT)
		s->tx = s->req.at;
	s->first = false;
}

static int read_head(struct session *s)
{
	ssize_t n = recv(s->fd, (char *)&s->req + s->head, HEAD_LEN - s->head,
			 0);

	if (!n)
		return s->head ? SESSION_BROKEN : SESSION_END;
	if (n < 0)
		return errno == EAGAIN ? EPOLLIN : SESSION_BROKEN;
	s->head += n;
	if (s->head < HEAD_LEN)
		return EPOLLIN;
	s->head = 0;
	if (s->req.magic != REQUEST_MAGIC)
		return SESSION_BROKEN;
	session_begin(s);
	return 0;
}

static uint64_t body_in(const struct session *s)
{
	return s->req.op == OP_GET || s->peeked ? 0 : s->req.bytes;
}

static uint64_t body_out(const struct session *s)
{
	return s->req.op == OP_PUT ? 0 : s->req.bytes;
}

static int read_body(struct session *s)
{
	static char buf[CHUNK];
	uint64_t left = body_in(s) - s->rx;
	ssize_t n, bad;

	n = recv(s->fd, buf, left < CHUNK ? left : CHUNK, 0);
	if (!n)
		return SESSION_BROKEN;
	if (n < 0)
		return errno == EAGAIN ? EPOLLIN : SESSION_BROKEN;
	bad = stream_check(buf, s->req.seed, s->rx, n);
	/* said at once: the client may never get to read the trailer */
	if (bad >= 0 && !s->bad) {
		s->bad = 1 + s->rx + bad;
		fprintf(stderr, "%s: wrong byte at %llu\n", server_tag,
			(unsigned long long)s->bad - 1);
	}
	s->rx += n;
	return 0;
}

/* How far the response may be written now. */
static uint64_t tx_end(const struct session *s)
{
	if (s->rx == body_in(s))
		return HEAD_LEN + body_out(s) + TAIL_LEN;
	return s->req.op == OP_ECHO ? HEAD_LEN + s->rx : 0;
}

/* Put bytes of the response from offset @at on into @buf: one part of it. */
static size_t fill_part(const struct session *s, uint64_t at, char *buf,
			size_t len)
{
	uint64_t body = body_out(s);
	struct trailer tail = {
		.magic = TRAILER_MAGIC,
		.role = s->info.role,
		.attempts = s->info.attempts,
		.worker = server_worker,
		.bad = s->bad,
		.usec = s->info.usec,
		.nr = s->req.nr,
	};
	size_t n;

	if (at < HEAD_LEN) {
		n = HEAD_LEN - at;
		n = n < len ? n : len;
		memcpy(buf, (const char *)&s->req + at, n);
		return n;
	}
	at -= HEAD_LEN;
	if (at < body) {
		n = body - at < len ? body - at : len;
		stream_fill(buf, s->req.seed, at, n);
		return n;
	}
	at -= body;
	memcpy(tail.tag, server_tag, sizeof(tail.tag));
	n = TAIL_LEN - at;
	n = n < len ? n : len;
	memcpy(buf, (char *)&tail + at, n);
	return n;
}

static int write_response(struct session *s, uint64_t end)
{
	static char buf[CHUNK];
	size_t len = end - s->tx < CHUNK ? end - s->tx : CHUNK, have = 0;
	ssize_t n;

	while (have < len)
		have += fill_part(s, s->tx + have, buf + have, len - have);
	n = send(s->fd, buf, len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? EPOLLOUT : SESSION_BROKEN;
	s->tx += n;
	return 0;
}

/**
 * session_run - read and write until the socket would block
 * @s:		the session
 * @limit:	stop when so much of the response is written, 0: none
 * @one:	stop behind this request
 *
 * Return: epoll events to wait for, or SESSION_*.
 */
int session_run(struct session *s, uint64_t limit, bool one)
{
	uint64_t end;
	int ret, want;

	for (;;) {
		want = 0;
		if (!s->have_head) {
			ret = read_head(s);
			if (ret)
				return ret;
		}
		if (s->rx < body_in(s)) {
			want = read_body(s);
			if (want < 0)
				return want;
		}
		end = tx_end(s);
		if (limit && end > limit)
			end = limit;
		if (s->tx < end) {
			ret = write_response(s, end);
			if (ret < 0)
				return ret;
			if (ret && (want || s->rx == body_in(s)))
				return want | ret;
			continue;
		}
		if (limit && s->tx >= limit)
			return SESSION_LIMIT;
		if (s->rx < body_in(s)) {
			if (want)
				return want;
			continue;
		}
		s->have_head = false;
		if (s->req.flags & REQUEST_F_CLOSE)
			return SESSION_END;
		if (one)
			return SESSION_DONE;
	}
}
