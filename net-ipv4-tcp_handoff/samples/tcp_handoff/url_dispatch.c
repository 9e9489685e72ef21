// SPDX-License-Identifier: GPL-2.0-only
/*
 * url_dispatch: a front end that chooses the back end by URL prefix.
 *
 *   url_dispatch -l 10.0.0.100:80 /a/=10.0.0.3 /b/=10.0.0.4 /=10.0.0.3
 *
 * It accepts a connection, looks at the head of the request without reading
 * it (MSG_PEEK), and hands the connection to the back end of the first prefix
 * that fits; a prefix given twice in a row has a second back end in reserve.
 * A connection that could not be handed off comes back from accept(), its
 * request still unread: it is tried again, at growing intervals, and at last
 * the client gets a 503.
 *
 * EPOLLET, because peeked data stays in the socket: level-triggered epoll
 * would report it again and again.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/tcp_handoff.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#ifndef TCP_HANDOFF
#define TCP_HANDOFF	64
#endif

#define HEAD_MAX	8192
#define HEAD_MS		10000		/* the client's time for its head */
#define TRIES_MAX	5
#define BACKOFF_MS	20		/* doubled with every try */
#define TICK_MS		10

struct route {
	const char *prefix;
	struct in_addr back_end;
};

/* A connection that is not handed off yet. */
struct conn {
	LIST_ENTRY(conn) list;
	int fd;
	bool retry;			/* waits for its next try, not for data */
	long long due;			/* ms: try again, or give up the head */
	unsigned int tries;		/* that failed */
};

static LIST_HEAD(, conn) conns;
static struct route *routes;
static int nr_routes;
static int epfd;

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void conn_end(struct conn *c)
{
	LIST_REMOVE(c, list);
	close(c->fd);
	free(c);
}

static void answer(struct conn *c, const char *status)
{
	char buf[HEAD_MAX];
	int len, rounds = 64;

	/*
	 * With anything unread, close() would reset the connection; who sends
	 * faster than we throw away must not keep us from the others.
	 */
	while (rounds-- && recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	len = snprintf(buf, sizeof(buf),
		       "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		       status);
	send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	conn_end(c);
}

/* The first prefix that fits; of its back ends one after the other. */
static const struct route *choose(const char *path, unsigned int tries)
{
	int i, n = 1;

	for (i = 0; i < nr_routes; i++) {
		if (!strncmp(routes[i].prefix, path, strlen(routes[i].prefix)))
			break;
	}
	if (i == nr_routes)
		return NULL;
	while (i + n < nr_routes &&
	       !strcmp(routes[i].prefix, routes[i + n].prefix))
		n++;
	return &routes[i + tries % n];
}

/* If it succeeds, the socket has lost its connection and is only closed. */
static int hand_off(const struct conn *c, const struct route *r)
{
	/* the cookie comes back with the connection, if that comes back */
	struct tcp_handoff_req req = { .cookie = c->tries + 1 };
	struct sockaddr_in *peer = (void *)&req.peer;

	peer->sin_family = AF_INET;
	peer->sin_addr = r->back_end;
	return setsockopt(c->fd, IPPROTO_TCP, TCP_HANDOFF, &req, sizeof(req));
}

static void retry_later(struct conn *c)
{
	if (c->tries >= TRIES_MAX) {
		answer(c, "503 Service Unavailable");
		return;
	}
	c->retry = true;
	c->due = now_ms() + (BACKOFF_MS << c->tries);
}

static void dispatch(struct conn *c, const char *path)
{
	const struct route *r = choose(path, c->tries);

	if (!r) {
		answer(c, "404 Not Found");
	} else if (!hand_off(c, r)) {
		conn_end(c);
	} else {
		warn("handoff to %s", inet_ntoa(r->back_end));
		c->tries++;
		retry_later(c);
	}
}

/* The path if this is a request line as far as we care, else NULL. */
static const char *request_path(char *head)
{
	char *path = strchr(head, ' ');
	char *end = path ? strchr(++path, ' ') : NULL;

	if (!end || *path != '/' || strncmp(end, " HTTP/1.", 8))
		return NULL;
	*end = '\0';
	return path;
}

static void look(struct conn *c)
{
	char head[HEAD_MAX + 1];
	const char *path;
	ssize_t len;

	len = recv(c->fd, head, HEAD_MAX, MSG_PEEK | MSG_DONTWAIT);
	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0) {
		conn_end(c);
		return;
	}
	head[len] = '\0';
	if (*head < 'A' || *head > 'Z') {
		answer(c, "400 Bad Request");
	} else if (strstr(head, "\r\n\r\n")) {
		/* zeros before that would have hidden it, a body may have any */
		path = request_path(head);
		if (path)
			dispatch(c, path);
		else
			answer(c, "400 Bad Request");
	} else if (strlen(head) != (size_t)len) {
		answer(c, "400 Bad Request");
	} else if (len == HEAD_MAX) {
		answer(c, "431 Request Header Fields Too Large");
	}
}

/* Has it been handed off before?  Then not at once again. */
static void check_returned(struct conn *c)
{
	struct tcp_handoff_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_HANDOFF, &info, &len) ||
	    info.role != TCP_HANDOFF_ROLE_RETURNED)
		return;
	warnx("connection came back: %s", strerror(info.error));
	c->tries = info.cookie;
	retry_later(c);
}

static void conn_new(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		err(1, "connection");
	c->fd = fd;
	c->due = now_ms() + HEAD_MS;
	LIST_INSERT_HEAD(&conns, c, list);
	ev.data.ptr = c;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev))
		err(1, "epoll");
	check_returned(c);
}

static void accept_all(int lfd)
{
	int fd;

	while ((fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		conn_new(fd);
	/* out of file descriptors: let some connections go first */
	if (errno == EMFILE || errno == ENFILE)
		usleep(TICK_MS * 1000);
}

static void tick(long long now)
{
	struct conn *c, *next;

	for (c = LIST_FIRST(&conns); c; c = next) {
		next = LIST_NEXT(c, list);
		if (now < c->due)
			continue;
		if (!c->retry) {
			conn_end(c);
			continue;
		}
		c->retry = false;
		c->due = now + HEAD_MS;
		look(c);
	}
}

static int listen_on(char *arg)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char *colon = strrchr(arg, ':');
	int fd, one = 1;

	if (colon)
		*colon = '\0';
	if (!colon || inet_pton(AF_INET, arg, &sin.sin_addr) != 1)
		errx(1, "-l needs ADDR:PORT");
	sin.sin_port = htons(atoi(colon + 1));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&sin, sizeof(sin)) || listen(fd, 4096))
		err(1, "listen on %s:%s", arg, colon + 1);
	return fd;
}

static void route_add(char *arg)
{
	struct route *r = &routes[nr_routes++];
	char *equals = strrchr(arg, '=');

	if (equals)
		*equals = '\0';
	if (!equals || *arg != '/' ||
	    inet_pton(AF_INET, equals + 1, &r->back_end) != 1)
		errx(1, "%s: not /PREFIX=ADDR", arg);
	r->prefix = arg;
}

int main(int argc, char **argv)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int i, lfd;

	if (argc < 4 || strcmp(argv[1], "-l"))
		errx(1, "usage: url_dispatch -l ADDR:PORT /PREFIX=ADDR...");
	routes = calloc(argc, sizeof(*routes));
	for (i = 3; i < argc; i++)
		route_add(argv[i]);
	lfd = listen_on(argv[2]);
	epfd = epoll_create1(0);
	if (epfd < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, lfd, &ev))
		err(1, "epoll");

	/* one event at a time: a connection ends only while it is handled */
	for (;;) {
		if (epoll_wait(epfd, &ev, 1, LIST_EMPTY(&conns) ? -1 : TICK_MS) == 1) {
			struct conn *c = ev.data.ptr;

			if (!c)
				accept_all(lfd);
			else if (!c->retry)
				look(c);
		}
		tick(now_ms());
	}
}
