// SPDX-License-Identifier: GPL-2.0
/*
 * The client: makes connections, compares every byte it gets, and tells what
 * its TCP had to send twice.
 *
 *   client -c ADDR:PORT [options]
 *
 *   -n N      connections in all		-j N      at most so many at once
 *   -r N      requests on each			-p        pipelined
 *   -o OP     get, put or echo			-s N[-M]  bytes of each
 *   -w WHEN   head, body, sent, fin, ofo, local, full: when to hand it over
 *   -a N[-M]  with this number			-L        first request: local
 *   -B N      back end to ask for, from 0	-C        server closes first
 *   -F        FIN behind the last request	-G        one early segment lost
 *   -e TAG    all responses are from TAG	-E ROLE   and of this role
 *   -H        hold: when all is answered, print "holding", wait for SIGUSR1,
 *             ask once more on each connection
 *   -P        read nothing before SIGUSR1
 *   -b PORT   from this port			-S N      first seed
 *   -k        sign segments (TCP-MD5)		-A SECRET ... (TCP-AO, key 1)
 *   -O        IP options
 *   -U        urgent data that is announced early
 *   -m N      receive buffer			-t N      seconds without progress
 *   -R        end with a reset			-K        connections may break
 *   -d MS     wait before the first request	-i        keepalives, every second
 *   -X ACT    on SIGUSR1, wherever they are: reset, close, or half (-close)
 *   -T        what breaks is tried again, until it has been answered
 *   -x N      give up a connection after N seconds without a sign of life
 *
 * SIGUSR2: no more connections; those under way are finished.
 *
 * HANDOFF_PATIENCE in the environment is another default of -t.
 *
 * Prints one line of results; exit status 1 if any byte was wrong or any
 * connection failed, 2 if there was no progress.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

/* What the front end's dispatch -g loses, and what follows it. */
#define GAP_LEN		777
#define BEHIND_GAP	1000

struct range {
	uint64_t min, max;
};

static struct options {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	const char *peer_text;
	unsigned int conns, at_once, requests;
	struct range bytes, at;
	uint8_t op, when, be;
	bool pipelined, local_first, server_closes, fin, gap, hold, pause;
	bool md5, ip_options, urgent, reset, may_break, keepalive, again;
	int act;
	const char *tag, *ao_secret;
	int role;
	int port, rcvbuf, patience, delay_ms, silence;
	uint64_t seed;
} opt = {
	.conns = 1, .at_once = 1, .requests = 1,
	.bytes = { 300, 300 }, .be = 255, .role = -1, .patience = 30,
	.seed = 1, .act = -1,
};

enum act { ACT_RESET, ACT_CLOSE, ACT_HALF };

static struct {
	unsigned long conns, requests, failed, bad, retrans;
	unsigned long adopted, returned, none, stranger;
	unsigned long reset, eof, left, again;	/* how they failed, or not */
	double known_max;		/* seconds until one knew that it had */
	unsigned long long bytes, retrans_bytes;
	uint64_t workers;
	unsigned int usec_max;
} did;

struct conn {
	int fd;
	unsigned int nr;
	struct conn *next;
	bool connected;
	bool fin_sent;
	int events;
	double last;		/* when anything was sent or received */
	/* sending */
	unsigned int tx_req;
	struct request tx_head;
	uint64_t tx;		/* bytes of request tx_req written */
	unsigned int tx_max;	/* requests that may be sent */
	/* receiving */
	unsigned int rx_req;
	uint64_t rx;
	struct trailer tail;
};

static struct conn *all;
static unsigned int open_conns, started, quiet;
/* Numbers of connections that are to be tried again */
static unsigned int *broken, nr_broken;
static int epfd;
static bool paused, second_round;
static volatile sig_atomic_t told, enough;

static void on_usr1(int sig)
{
	told = 1;
}

static void on_usr2(int sig)
{
	enough = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void progress(struct conn *c)
{
	quiet = 0;
	c->last = now();
}

static uint64_t pick(const struct range *r, uint64_t seed)
{
	return r->min + stream_word(seed, 7) % (r->max - r->min + 1);
}

/* Request @nr of connection @c: always the same. */
static void make_request(const struct conn *c, unsigned int nr,
			 struct request *req)
{
	uint64_t seed = stream_word(opt.seed, (uint64_t)c->nr << 20 | nr);

	memset(req, 0, sizeof(*req));
	req->magic = REQUEST_MAGIC;
	req->op = opt.op;
	req->when = opt.when;
	req->be = opt.be;
	req->seed = seed;
	req->bytes = pick(&opt.bytes, seed);
	req->at = pick(&opt.at, seed + 1);
	req->nr = nr;
	if (opt.local_first && !nr)
		req->when = WHEN_LOCAL;
	if (opt.server_closes && nr + 1 == opt.requests)
		req->flags |= REQUEST_F_CLOSE;
}

static uint64_t body_up(const struct request *req)
{
	return req->op == OP_GET ? 0 : req->bytes;
}

static uint64_t body_down(const struct request *req)
{
	return req->op == OP_PUT ? 0 : req->bytes;
}

static void conn_free(struct conn *c)
{
	struct conn **p;

	for (p = &all; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	close(c->fd);
	free(c);
	open_conns--;
}

static void conn_count(struct conn *c)
{
	struct tcp_info ti = {};
	socklen_t len = sizeof(ti);

	getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &ti, &len);
	did.retrans += ti.tcpi_total_retrans;
	did.retrans_bytes += ti.tcpi_bytes_retrans;
	did.conns++;
}

/* @err: 0 for an end of file */
static void conn_failed(struct conn *c, const char *why, int err)
{
	double known = now() - c->last;

	if (err == ECONNRESET || err == EPIPE)
		did.reset++;
	else if (!err)
		did.eof++;
	if (known > did.known_max)
		did.known_max = known;
	if (did.failed++ < 10)
		fprintf(stderr,
			"connection %u: %s%s%s (sent %u requests + %llu, got %u + %llu)\n",
			c->nr, why, err ? ": " : "", err ? strerror(err) : "",
			c->tx_req, (unsigned long long)c->tx, c->rx_req,
			(unsigned long long)c->rx);
	if (opt.again) {
		broken[nr_broken++] = c->nr;
		did.again++;
	} else {
		conn_count(c);
	}
	conn_free(c);
}

static void conn_bad(struct conn *c, const char *what, uint64_t off)
{
	if (did.bad++ < 10)
		fprintf(stderr, "connection %u, response %u: wrong %s at %llu\n",
			c->nr, c->rx_req, what, (unsigned long long)off);
}

/* How much of request @req may go into one send(). */
static size_t chunk(const struct conn *c, const struct request *req)
{
	if (c->tx < HEAD_LEN)
		return HEAD_LEN - c->tx;
	if (opt.gap)
		return c->tx == HEAD_LEN ? GAP_LEN : BEHIND_GAP;
	return CHUNK;
}

static ssize_t send_some(struct conn *c, const struct request *req)
{
	static char buf[CHUNK];
	uint64_t left = HEAD_LEN + body_up(req) - c->tx;
	size_t n = chunk(c, req);
	int flags = MSG_NOSIGNAL;

	if (n > left)
		n = left;
	if (c->tx < HEAD_LEN)
		memcpy(buf, (const char *)req + c->tx, n);
	else
		stream_fill(buf, req->seed, c->tx - HEAD_LEN, n);
	/* The byte is the last: announced with the first segment of these. */
	if (opt.urgent && c->tx == HEAD_LEN)
		flags |= MSG_OOB;
	return send(c->fd, buf, n, flags);
}

/* 0: all is sent, EPOLLOUT: wait, -1: failed and gone */
static int conn_tx(struct conn *c)
{
	struct request *req = &c->tx_head;
	ssize_t n;

	while (c->tx_req < c->tx_max) {
		if (!opt.pipelined && c->tx_req > c->rx_req)
			return 0;
		if (!c->tx)
			make_request(c, c->tx_req, req);
		n = send_some(c, req);
		if (n < 0 && errno == EAGAIN)
			return EPOLLOUT;
		if (n < 0) {
			conn_failed(c, "send", errno);
			return -1;
		}
		c->tx += n;
		progress(c);
		if (c->tx == HEAD_LEN + body_up(req)) {
			did.bytes += body_up(req);
			c->tx = 0;
			c->tx_req++;
		}
	}
	if (opt.fin && !c->fin_sent && c->tx_max == opt.requests) {
		shutdown(c->fd, SHUT_WR);
		c->fin_sent = true;
	}
	return 0;
}

static void conn_tail(struct conn *c, const struct request *req)
{
	const struct trailer *t = &c->tail;

	if (t->magic != TRAILER_MAGIC || t->nr != req->nr)
		conn_bad(c, "trailer", c->rx);
	if (t->bad)
		conn_bad(c, "byte seen by the server", t->bad - 1);
	if (t->role == TCP_HANDOFF_ROLE_ADOPTED)
		did.adopted++;
	else if (t->role == TCP_HANDOFF_ROLE_RETURNED)
		did.returned++;
	else
		did.none++;
	if (t->usec > did.usec_max)
		did.usec_max = t->usec;
	did.workers |= 1ULL << (t->worker & 63);
	if (opt.local_first && !req->nr)
		return;
	if ((opt.tag && strncmp(opt.tag, t->tag, sizeof(t->tag))) ||
	    (opt.role >= 0 && opt.role != t->role)) {
		if (did.stranger++ < 10)
			fprintf(stderr, "connection %u: answered by %.8s as %u\n",
				c->nr, t->tag, t->role);
	}
}

/* Compare @n bytes of the response with what they must be. */
static void conn_check(struct conn *c, const struct request *req, char *buf,
		       size_t n)
{
	uint64_t body = body_down(req), at;
	ssize_t bad = -1;
	size_t part;

	while (n) {
		at = c->rx;
		if (at < HEAD_LEN) {
			part = HEAD_LEN - at;
			part = part < n ? part : n;
			if (memcmp(buf, (const char *)req + at, part))
				conn_bad(c, "head", at);
		} else if (at < HEAD_LEN + body) {
			part = HEAD_LEN + body - at;
			part = part < n ? part : n;
			bad = stream_check(buf, req->seed, at - HEAD_LEN,
					   part);
			if (bad >= 0)
				conn_bad(c, "byte", at - HEAD_LEN + bad);
			did.bytes += part;
		} else {
			part = n;
			memcpy((char *)&c->tail + (at - HEAD_LEN - body), buf,
			       part);
		}
		c->rx += part;
		buf += part;
		n -= part;
	}
}

/* 0: go on, 1: all responses are here, -1: failed and gone */
static int conn_rx(struct conn *c)
{
	static char buf[CHUNK];
	struct request req;
	uint64_t left;
	ssize_t n;

	while (c->rx_req < c->tx_max) {
		make_request(c, c->rx_req, &req);
		left = HEAD_LEN + body_down(&req) + TAIL_LEN - c->rx;
		n = recv(c->fd, buf, left < CHUNK ? left : CHUNK, 0);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			conn_failed(c, n ? "recv" : "end of file",
				    n ? errno : 0);
			return -1;
		}
		progress(c);
		conn_check(c, &req, buf, n);
		if ((size_t)n < left)
			continue;
		conn_tail(c, &req);
		did.requests++;
		c->rx = 0;
		c->rx_req++;
		if (!opt.pipelined)
			return c->rx_req == c->tx_max;
	}
	return 1;
}

static void conn_watch(struct conn *c, int events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events == events)
		return;
	c->events = events;
	if (epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &ev))
		die("epoll_ctl");
}

/* Nothing may come behind the last response but an end of file. */
static void conn_end(struct conn *c)
{
	bool wait = opt.server_closes || opt.fin;
	char byte;
	ssize_t n;

	n = recv(c->fd, &byte, 1, 0);
	if (n < 0 && errno == EAGAIN && wait) {
		conn_watch(c, EPOLLIN);
		return;
	}
	if (n > 0) {
		conn_bad(c, "surplus byte", 0);
	} else if ((n < 0 && errno != EAGAIN) || (!n && !wait)) {
		conn_failed(c, "at its end", n ? errno : 0);
		return;
	}
	conn_count(c);
	conn_free(c);
}

static void conn_run(struct conn *c)
{
	int tx, rx = 0;

	do {
		tx = conn_tx(c);
		if (tx < 0)
			return;
		if (!paused) {
			rx = conn_rx(c);
			if (rx < 0)
				return;
		}
	} while (!tx && !opt.pipelined && c->rx_req == c->tx_req &&
		 c->tx_req < c->tx_max);
	if (rx && c->rx_req == opt.requests && !(opt.hold && !second_round))
		conn_end(c);
	else if (rx)
		conn_watch(c, 0);
	else
		conn_watch(c, tx | (paused ? 0 : EPOLLIN));
}

static void conn_event(struct conn *c, int events)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (!c->connected) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err) {
			conn_failed(c, "connect", err);
			return;
		}
		c->connected = true;
		usleep(opt.delay_ms * 1000);
	}
	/* Idle on hold: only an error or the end can have happened. */
	if (!c->events && (events & (EPOLLHUP | EPOLLERR))) {
		conn_failed(c, "on hold", 0);
		return;
	}
	conn_run(c);
}

static void source_port(int fd)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int on = 1;

	sin.sin_port = htons(opt.port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("bind");
}

static void prepare_socket(int fd)
{
	static const char nops[] = { IPOPT_NOP, IPOPT_NOP, IPOPT_NOP,
				     IPOPT_NOP };
	struct linger now = { .l_onoff = 1 };
	int on = 1, many = 100;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (opt.keepalive) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof(on));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &many, sizeof(many));
	}
	if (opt.reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (opt.rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &opt.rcvbuf,
			   sizeof(opt.rcvbuf));
	if (opt.silence)
		give_up_after(fd, opt.silence);
	if (opt.md5)
		md5_key(fd, opt.peer_text, false);
	if (opt.ao_secret)
		ao_key(fd, &opt.peer, opt.ao_secret);
	if (opt.ip_options &&
	    setsockopt(fd, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops)))
		die("IP_OPTIONS");
	if (opt.port)
		source_port(fd);
}

/* False if the network is not there: no use in trying at once again. */
static bool conn_start(void)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		die("calloc");
	c->nr = nr_broken ? broken[--nr_broken] : started++;
	c->last = now();
	c->tx_max = opt.requests - opt.hold;
	c->fd = socket(opt.peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK,
		       IPPROTO_TCP);
	if (c->fd < 0)
		die("socket");
	prepare_socket(c->fd);
	c->next = all;
	all = c;
	open_conns++;
	c->events = ev.events;
	ev.data.ptr = c;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev))
		die("epoll_ctl");
	if (!connect(c->fd, (struct sockaddr *)&opt.peer, opt.peer_len) ||
	    errno == EINPROGRESS)
		return true;
	conn_failed(c, "connect", errno);
	return false;
}

/* All connections have had their answers and wait. */
static bool all_hold(void)
{
	struct conn *c;

	for (c = all; c; c = c->next)
		if (c->rx_req < c->tx_max)
			return false;
	return started == opt.conns;
}

/* The client's part in the fault: reset or close them, or half of each. */
static void act(void)
{
	struct linger at_once = { .l_onoff = 1 };
	struct conn *c, *next;

	for (c = all; c; c = next) {
		next = c->next;
		if (opt.act == ACT_HALF) {
			opt.fin = true;
			conn_run(c);
			continue;
		}
		if (opt.act == ACT_RESET)
			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once,
				   sizeof(at_once));
		did.left++;
		conn_count(c);
		conn_free(c);
	}
}

static void go_on(void)
{
	struct conn *c, *next;

	paused = false;
	if (opt.hold)
		second_round = true;
	for (c = all; c; c = next) {
		next = c->next;
		c->tx_max = opt.requests;
		conn_run(c);
	}
}

static void run(void)
{
	struct epoll_event evs[64];
	bool announced = false;
	int i, n;

	while (started < opt.conns || open_conns || nr_broken) {
		if (enough)
			opt.conns = started;
		while ((started < opt.conns || nr_broken) &&
		       open_conns < opt.at_once && conn_start())
			;
		n = epoll_wait(epfd, evs, 64, 100);
		for (i = 0; i < n; i++)
			conn_event(evs[i].data.ptr, evs[i].events);
		if (told && opt.act >= 0) {
			told = 0;
			act();
		}
		if (told && (paused || announced)) {
			told = 0;
			go_on();
		}
		if (opt.hold && !announced && all_hold()) {
			announced = true;
			printf("holding\n");
			fflush(stdout);
		}
		if (n > 0 || paused || (announced && !second_round))
			quiet = 0;
		else if (++quiet > 10 * (unsigned int)opt.patience)
			break;
	}
}

static void parse_range(const char *arg, struct range *r)
{
	char *end;

	r->min = strtoull(arg, &end, 0);
	r->max = *end == '-' ? strtoull(end + 1, NULL, 0) : r->min;
}

static int find(const char *word, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(word, words[i]))
			return i;
	fprintf(stderr, "what is '%s'?\n", word);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	static const char letters[] =
		"c:n:j:r:po:s:w:a:LB:CFGe:E:HPb:S:kA:OUm:t:RKd:iX:Tx:";
	static const char *const ops[] = { "get", "put", "echo", NULL };
	static const char *const whens[] = { "head", "body", "sent", "fin",
					     "ofo", "local", "full", NULL };
	static const char *const acts[] = { "reset", "close", "half", NULL };
	static const char *const roles[] = { "none", "captured", "adopted",
					     "returned", NULL };
	const char *peer = NULL, *patience = getenv("HANDOFF_PATIENCE");
	int o;

	if (patience)
		opt.patience = atoi(patience);

	while ((o = getopt(argc, argv, letters)) != -1) {
		switch (o) {
		case 'c': peer = optarg; break;
		case 'n': opt.conns = atoi(optarg); break;
		case 'j': opt.at_once = atoi(optarg); break;
		case 'r': opt.requests = atoi(optarg); break;
		case 'p': opt.pipelined = true; break;
		case 'o': opt.op = find(optarg, ops); break;
		case 's': parse_range(optarg, &opt.bytes); break;
		case 'w': opt.when = find(optarg, whens); break;
		case 'a': parse_range(optarg, &opt.at); break;
		case 'L': opt.local_first = true; break;
		case 'B': opt.be = atoi(optarg); break;
		case 'C': opt.server_closes = true; break;
		case 'F': opt.fin = true; break;
		case 'G': opt.gap = true; break;
		case 'e': opt.tag = optarg; break;
		case 'E': opt.role = find(optarg, roles); break;
		case 'H': opt.hold = true; break;
		case 'P': opt.pause = true; break;
		case 'b': opt.port = atoi(optarg); break;
		case 'S': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'k': opt.md5 = true; break;
		case 'A': opt.ao_secret = optarg; break;
		case 'O': opt.ip_options = true; break;
		case 'U': opt.urgent = true; break;
		case 'm': opt.rcvbuf = atoi(optarg); break;
		case 'R': opt.reset = true; break;
		case 'K': opt.may_break = true; break;
		case 't': opt.patience = atoi(optarg); break;
		case 'd': opt.delay_ms = atoi(optarg); break;
		case 'i': opt.keepalive = true; break;
		case 'X': opt.act = find(optarg, acts); break;
		case 'T': opt.again = true; break;
		case 'x': opt.silence = atoi(optarg); break;
		default: exit(2);
		}
	}
	if (!peer)
		exit(2);
	opt.peer_text = peer;
	opt.peer_len = parse_address(peer, false, &opt.peer);
	if (opt.hold) {
		opt.requests++;
		opt.at_once = opt.conns;
	}
	paused = opt.pause;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	double from, secs;
	struct conn *c;

	parse_options(argc, argv);
	broken = calloc(opt.conns, sizeof(*broken));
	if (!broken)
		die("calloc");
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = on_usr2;
	sigaction(SIGUSR2, &sa, NULL);
	epfd = epoll_create1(0);
	from = now();
	run();
	secs = now() - from;

	for (c = all; c; c = c->next)
		fprintf(stderr,
			"connection %u: no progress (sent %u requests + %llu, got %u + %llu)\n",
			c->nr, c->tx_req, (unsigned long long)c->tx,
			c->rx_req, (unsigned long long)c->rx);
	printf("conns=%lu requests=%lu bytes=%llu adopted=%lu returned=%lu none=%lu bad=%lu failed=%lu stranger=%lu stuck=%u retrans=%lu retrans_bytes=%llu workers=%d usec_max=%u reset=%lu eof=%lu left=%lu again=%lu known_max=%.2f secs=%.2f\n",
	       did.conns, did.requests, did.bytes, did.adopted, did.returned,
	       did.none, did.bad, did.failed, did.stranger, open_conns,
	       did.retrans, did.retrans_bytes,
	       __builtin_popcountll(did.workers), did.usec_max, did.reset,
	       did.eof, did.left, did.again, did.known_max, secs);
	if (open_conns)
		return 2;
	return did.bad || (did.failed && !opt.may_break) || did.stranger ||
	       did.conns != opt.conns;
}
