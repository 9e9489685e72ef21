// SPDX-License-Identifier: GPL-2.0
/*
 * The front end: looks at the request of each connection and hands it to a
 * back end at the moment the request asks for.
 *
 *   dispatch -l ADDR:PORT [-6] [-b BACKEND]... [-a] [-g] [-1] [-x CASE]
 *            [-k CLIENT] [-f] [-T N]
 *   dispatch -q -b BACKEND
 *
 *   -b  address of a back end, may be repeated
 *   -a  hand over in accept(), before anything is read or even there
 *   -g  drop the first segments of the size GAP_LEN, so that what follows them
 *       is out of order until the connection moves
 *   -1  a connection that comes back is not tried elsewhere, but served here
 *   -x  prepare each socket with the CASE below; the handoff is expected to be
 *       refused with the errno of the case, and the connection to go on
 *   -k  segments of this client are signed (TCP-MD5)
 *   -f  in each handoff one allocation fails: the first, in the next handoff the
 *       second, ... until there are no more; then the first again.  If the
 *       handoff is refused for that, it must succeed at once without
 *   -T  give up clients that have been silent for N seconds
 *   -q  ask for the handoff of what is no connection, print the errnos
 *
 * What is refused is served here.  Prints "ready" when it listens.  SIGTERM
 * ends it; it prints what it did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traffic.h"

#define GAP_LEN		777
#define MAX_BACKENDS	8

/* Stages of a connection. */
enum stage {
	LOOK,		/* waits for request and moment */
	SEND,		/* writes the part of the response that is ours */
	SERVE,		/* answers one request, then LOOK */
	KEEP,		/* answers everything to the end */
};

struct conn {
	struct session s;
	struct request req;	/* looked at, not read */
	struct conn *next;	/* connections to look at again by time */
	enum stage stage;
	int events;		/* epoll waits for these */
	uint8_t tries;
	uint8_t first_be;
	bool consumed;		/* the program has read a request */
	bool waits;		/* is on that list */
	pthread_t writer;
};

static struct sockaddr_storage backends[MAX_BACKENDS];
static int nr_backends;
static bool at_accept, only_once, sweep;
static int lfd, epfd;
static struct conn *waiting;
static volatile sig_atomic_t stop;

static struct {
	unsigned long accepted, captured, returned, local, ended, broken;
	unsigned long refused[256], back[256];
} did;

/*
 * Cases: what is wrong with the connection or the request, and the errno that
 * must come of it.
 */
struct wrong {
	const char *name;
	int expect;
	void (*before)(struct conn *c);
	void (*request)(struct tcp_handoff_req *req, socklen_t *len);
	void (*after)(struct conn *c);
};

static const struct wrong *wrong;

/* The allocation that is to fail, and what came of it; see "-f". */
static struct {
	unsigned long injected, enomem, sweeps;
	unsigned int nth, most;
} fault;

static void shut(struct conn *c)
{
	shutdown(c->s.fd, SHUT_WR);
}

static void repair(struct conn *c)
{
	int on = 1;

	if (setsockopt(c->s.fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		die("TCP_REPAIR");
}

static void unrepair(struct conn *c)
{
	int off = -1;	/* TCP_REPAIR_OFF_NO_WP */

	if (setsockopt(c->s.fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		die("TCP_REPAIR");
}

static void tls(struct conn *c)
{
	if (setsockopt(c->s.fd, IPPROTO_TCP, TCP_ULP, "tls", 3))
		die("TCP_ULP");
}

static void caps(bool have)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		die("capget");
	if (have)
		data[0].effective |= 1 << CAP_NET_ADMIN;
	else
		data[0].effective &= ~(1 << CAP_NET_ADMIN);
	if (syscall(SYS_capset, &head, data))
		die("capset");
}

static void drop_caps(struct conn *c)
{
	caps(false);
}

static void take_caps(struct conn *c)
{
	caps(true);
}

static void no_home(struct conn *c)
{
	if (lfd >= 0)
		close(lfd);
	lfd = -1;
}

/* Half of the request head, so that what is left starts in the middle. */
static void read_some(struct conn *c)
{
	if (recv(c->s.fd, &c->s.req, HEAD_LEN / 2, 0) != HEAD_LEN / 2)
		die("recv");
	c->s.head = HEAD_LEN / 2;
}

/* A whole response is more than the socket takes, so this blocks. */
static void *write_blocking(void *arg)
{
	struct conn *c = arg;
	struct session s = c->s;
	int flags = 0, ret;

	ioctl(s.fd, FIONBIO, &flags);
	session_peeked(&s, &c->req);
	ret = session_run(&s, s.req.at, false);
	c->s.tx = ret == SESSION_LIMIT ? s.tx : 0;
	return NULL;
}

static void writer(struct conn *c)
{
	int before = -1, queued = 0;

	if (pthread_create(&c->writer, NULL, write_blocking, c))
		die("pthread_create");
	/* It is blocked when the queue does not grow any more. */
	while (!queued || queued != before) {
		before = queued;
		usleep(100000);
		if (ioctl(c->s.fd, TIOCOUTQ, &queued))
			die("TIOCOUTQ");
	}
}

/* The client waits for this one to find out that it was refused. */
static void writer_ends(struct conn *c)
{
	int on = 1;

	pthread_join(c->writer, NULL);
	ioctl(c->s.fd, FIONBIO, &on);
	if (recv(c->s.fd, &c->s.req, HEAD_LEN, 0) != HEAD_LEN)
		die("recv");
	c->s.have_head = true;
	c->s.first = false;
}

/* Let the lost segment in when it is sent again. */
static void undrop(struct conn *c)
{
	int none = 0;

	if (setsockopt(c->s.fd, SOL_SOCKET, SO_DETACH_FILTER, &none,
		       sizeof(none)))
		die("SO_DETACH_FILTER");
}

static void ask_v6(struct tcp_handoff_req *req, socklen_t *len)
{
	req->peer.ss_family = AF_INET6;
}

static void ask_stranger(struct tcp_handoff_req *req, socklen_t *len)
{
	((struct sockaddr_in *)&req->peer)->sin_addr.s_addr =
		inet_addr("10.255.255.254");
}

static void ask_port(struct tcp_handoff_req *req, socklen_t *len)
{
	((struct sockaddr_in *)&req->peer)->sin_port = htons(9);
}

static void ask_flags(struct tcp_handoff_req *req, socklen_t *len)
{
	req->flags |= 1U << 31;
}

static void ask_reserved(struct tcp_handoff_req *req, socklen_t *len)
{
	req->reserved = 1;
}

static void ask_unvouched(struct tcp_handoff_req *req, socklen_t *len)
{
	req->flags = 0;
}

static void ask_short(struct tcp_handoff_req *req, socklen_t *len)
{
	*len = offsetof(struct tcp_handoff_req, peer);
}

static void ask_long(struct tcp_handoff_req *req, socklen_t *len)
{
	*len = sizeof(*req) + 8;
	memset(req + 1, 1, 8);
}

static const struct wrong wrongs[] = {
	{ "plain",	0 },
	{ "v6conn",	EAFNOSUPPORT },
	{ "fin-sent",	ESHUTDOWN, shut },
	{ "repair",	EUCLEAN, repair, NULL, unrepair },
	{ "md5",	EKEYREJECTED },
	{ "tls",	EPROTOTYPE, tls },
	{ "ip-options",	EPROTO },
	{ "urgent",	ENOMSG, NULL, NULL, undrop },
	{ "writer",	EBUSY, writer, NULL, writer_ends },
	{ "read",	EILSEQ, read_some },
	{ "unvouched",	EILSEQ, NULL, ask_unvouched },
	{ "local",	ELOOP },
	{ "no-home",	EADDRNOTAVAIL, no_home },
	{ "no-caps",	EPERM, drop_caps, NULL, take_caps },
	{ "v6peer",	EAFNOSUPPORT, NULL, ask_v6 },
	{ "stranger",	ENOENT, NULL, ask_stranger },
	{ "wrong-port",	ENOENT, NULL, ask_port },
	{ "peer-down",	EHOSTDOWN },
	{ "flags",	EINVAL, NULL, ask_flags },
	{ "reserved",	EINVAL, NULL, ask_reserved },
	{ "short",	EINVAL, NULL, ask_short },
	{ "long",	E2BIG, NULL, ask_long },
	{ "limit",	ENOBUFS },
	{ "flows",	EUSERS },
};

static const struct wrong *find_wrong(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		if (!strcmp(wrongs[i].name, name))
			return &wrongs[i];
	fprintf(stderr, "no case '%s'\n", name);
	exit(2);
}

/* Drop what carries GAP_LEN bytes; the child of the listener inherits it. */
static void drop_gap(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 12),	/* data offset */
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GAP_LEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		die("SO_ATTACH_FILTER");
}

static void conn_end(struct conn *c, int ret)
{
	if (ret == SESSION_END)
		did.ended++;
	else
		did.broken++;
	close(c->s.fd);
	free(c);
}

/*
 * No call without a change: it would report an edge that was there before,
 * and part of a request head would keep us busy.
 */
static void conn_watch(struct conn *c, int events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events == events)
		return;
	c->events = events;
	if (epoll_ctl(epfd, EPOLL_CTL_MOD, c->s.fd, &ev))
		die("epoll_ctl");
}

static int fail_nth_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fd < 0)
		die("fail-nth");
	return fd;
}

/* 0, or why not; with an allocation that fails, if there are so many */
static int ask_short_of_memory(int fd, const struct tcp_handoff_req *req,
			       socklen_t len)
{
	char left[16] = "";
	int ret;

	snprintf(left, sizeof(left), "%u", ++fault.nth);
	if (pwrite(fail_nth_fd(), left, strlen(left), 0) < 0)
		die("fail-nth");
	ret = setsockopt(fd, IPPROTO_TCP, TCP_HANDOFF, req, len);
	ret = ret ? errno : 0;
	if (pread(fail_nth_fd(), left, sizeof(left), 0) < 0 ||
	    pwrite(fail_nth_fd(), "0", 1, 0) < 0)
		die("fail-nth");
	if (atoi(left)) {		/* there were fewer */
		fault.sweeps++;
		fault.nth = 0;
		return ret;
	}
	fault.injected++;
	if (fault.nth > fault.most)
		fault.most = fault.nth;
	if (ret != ENOMEM)
		return ret;
	fault.enomem++;
	ret = setsockopt(fd, IPPROTO_TCP, TCP_HANDOFF, req, len);
	return ret ? errno : 0;
}

/* 0, or why not.  The cookie tells a returned connection's history. */
static int hand_over(struct conn *c, int be)
{
	struct {
		struct tcp_handoff_req req;
		char more[8];
	} arg = {};
	struct tcp_handoff_req *req = &arg.req;
	socklen_t len = sizeof(*req);
	int ret;

	memcpy(&req->peer, &backends[be], sizeof(req->peer));
	req->cookie = (uint64_t)c->s.fd << 16 | c->first_be << 8 |
		      (c->tries + 1);
	if (c->consumed)
		req->flags |= TCP_HANDOFF_F_CONSUMED;
	if (wrong && wrong->before)
		wrong->before(c);
	if (wrong && wrong->request)
		wrong->request(req, &len);
	if (sweep) {
		ret = ask_short_of_memory(c->s.fd, req, len);
	} else {
		ret = setsockopt(c->s.fd, IPPROTO_TCP, TCP_HANDOFF, req, len);
		ret = ret ? errno : 0;
	}
	if (wrong && wrong->after)
		wrong->after(c);
	return ret;
}

/* The fd of a captured connection: end of file, and the reason. */
static void check_captured(int fd)
{
	struct tcp_handoff_info info;
	char byte;

	if (!handoff_info(fd, &info) ||
	    info.role != TCP_HANDOFF_ROLE_CAPTURED) {
		fprintf(stderr, "captured fd: role %u\n", info.role);
		exit(2);
	}
	if (recv(fd, &byte, 1, MSG_DONTWAIT)) {
		fprintf(stderr, "captured fd is readable\n");
		exit(2);
	}
}

static void conn_keep(struct conn *c);

static void conn_move(struct conn *c)
{
	static int turn;
	int be = c->req.be;
	int err;

	if (c->tries) {
		be = (c->first_be + c->tries) % nr_backends;
	} else {
		if (at_accept || be >= nr_backends)
			be = turn++ % nr_backends;
		c->first_be = be;
	}
	err = hand_over(c, be);
	if (err) {
		did.refused[err]++;
		conn_keep(c);
		return;
	}
	did.captured++;
	check_captured(c->s.fd);
	close(c->s.fd);
	free(c);
}

static void conn_keep(struct conn *c)
{
	int ret;

	c->stage = KEEP;
	if (c->s.peeked) {	/* what was looked at is read after all */
		c->s.peeked = false;
		c->s.head = 0;
		/* unless somebody has killed it meanwhile */
		if (recv(c->s.fd, &c->s.req, HEAD_LEN, 0) != HEAD_LEN) {
			conn_end(c, SESSION_BROKEN);
			return;
		}
		c->s.first = false;
	}
	ret = session_run(&c->s, 0, false);
	if (ret < 0) {
		did.local++;
		conn_end(c, ret);
		return;
	}
	conn_watch(c, ret);
}

/* Behind tcpi_snd_wnd; older headers than this kernel's do not have it. */
static bool window_is_closed(int fd)
{
	const size_t at = offsetof(struct tcp_info, tcpi_snd_wnd) + 4;
	uint32_t info[sizeof(struct tcp_info) / 4 + 8] = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len))
		die("TCP_INFO");
	return !info[at / 4];
}

/* There is no event for some of these; they are looked at by time. */
static bool is_moment(struct conn *c)
{
	struct tcp_info ti = {};
	socklen_t len = sizeof(ti);
	int bytes = 0;

	switch (c->req.when) {
	case WHEN_BODY:
		ioctl(c->s.fd, FIONREAD, &bytes);
		return bytes >= HEAD_LEN + c->req.at;
	case WHEN_FULL:
		return window_is_closed(c->s.fd);
	case WHEN_OFO:
	case WHEN_FIN:
		if (getsockopt(c->s.fd, IPPROTO_TCP, TCP_INFO, &ti, &len))
			die("TCP_INFO");
		if (c->req.when == WHEN_FIN)
			return ti.tcpi_state == 8;	/* CLOSE_WAIT */
		return ti.tcpi_rcv_ooopack >= c->req.at;
	default:
		return true;
	}
}

static void conn_wait(struct conn *c)
{
	if (c->waits)
		return;
	c->waits = true;
	c->next = waiting;
	waiting = c;
}

static void conn_send(struct conn *c)
{
	int ret = session_run(&c->s, c->req.at, false);

	if (ret == SESSION_LIMIT)
		conn_move(c);
	else if (ret < 0)
		conn_end(c, ret);
	else
		conn_watch(c, ret);
}

static void conn_serve(struct conn *c);

static void conn_look(struct conn *c)
{
	ssize_t n;

	n = recv(c->s.fd, &c->req, HEAD_LEN, MSG_PEEK);
	if (!n || (n < 0 && errno != EAGAIN)) {
		conn_end(c, n ? SESSION_BROKEN : SESSION_END);
		return;
	}
	if (n < HEAD_LEN) {
		conn_watch(c, EPOLLIN | EPOLLRDHUP | EPOLLET);
		return;
	}
	if (c->req.when == WHEN_LOCAL) {
		c->stage = SERVE;
		conn_serve(c);
	} else if (!is_moment(c)) {
		conn_watch(c, 0);
		conn_wait(c);
	} else if (c->req.when == WHEN_SENT && c->s.first) {
		c->stage = SEND;
		session_peeked(&c->s, &c->req);
		conn_send(c);
	} else {
		conn_move(c);
	}
}

static void conn_serve(struct conn *c)
{
	int ret = session_run(&c->s, 0, true);

	if (ret == SESSION_DONE) {
		c->consumed = true;
		c->s.first = true;
		c->stage = LOOK;
		conn_look(c);
	} else if (ret < 0) {
		did.local++;
		conn_end(c, ret);
	} else {
		conn_watch(c, ret);
	}
}

static void conn_event(struct conn *c)
{
	switch (c->stage) {
	case LOOK:
		if (!c->waits)
			conn_look(c);
		break;
	case SEND:
		conn_send(c);
		break;
	case SERVE:
		conn_serve(c);
		break;
	case KEEP:
		conn_keep(c);
		break;
	}
}

static void look_again(void)
{
	struct conn *c = waiting, *next;

	waiting = NULL;
	for (; c; c = next) {
		next = c->next;
		c->waits = false;
		conn_look(c);
	}
}

/* It was somewhere, or on its way, and is back. */
static bool conn_returned(struct conn *c)
{
	const struct tcp_handoff_info *info = &c->s.info;

	if (info->role != TCP_HANDOFF_ROLE_RETURNED)
		return false;
	did.returned++;
	did.back[info->error & 255]++;
	c->tries = info->cookie & 255;
	c->first_be = info->cookie >> 8 & 255;
	if (!info->error || !c->tries || info->attempts != c->tries) {
		fprintf(stderr, "returned: error %u, attempts %u of %u\n",
			info->error, info->attempts, c->tries);
		exit(2);
	}
	return true;
}

static void conn_new(int fd)
{
	struct epoll_event ev = { .events = 0 };
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		die("calloc");
	session_init(&c->s, fd);
	ev.data.ptr = c;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl");
	if (conn_returned(c)) {
		if (only_once || c->tries >= nr_backends)
			conn_keep(c);
		else
			conn_move(c);
		return;
	}
	did.accepted++;
	if (at_accept)
		conn_move(c);
	else
		conn_look(c);
}

static void accept_all(void)
{
	int fd;

	while (lfd >= 0 && (fd = accept_on(lfd)) >= 0)
		conn_new(fd);
}

static void probe(const char *name, int fd)
{
	struct tcp_handoff_req req = {};
	struct tcp_handoff_info info;
	bool known = handoff_info(fd, &info);
	int ret;

	memcpy(&req.peer, &backends[0], sizeof(req.peer));
	ret = setsockopt(fd, IPPROTO_TCP, TCP_HANDOFF, &req, sizeof(req));
	printf("%s=%s %s_role=%d\n", name, ret ? strerrorname_np(errno) : "0",
	       name, known ? (int)info.role : -1);
	close(fd);
}

static int probe_all(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	probe("new", fd);
	probe("closed", fd);
	probe("listener", listen_on("0.0.0.0:0", false, false, 1));
	probe("udp", socket(AF_INET, SOCK_DGRAM, 0));
	return 0;
}

static void on_term(int sig)
{
	stop = 1;
}

static void report(void)
{
	int i;

	printf("accepted=%lu captured=%lu returned=%lu local=%lu ended=%lu broken=%lu",
	       did.accepted, did.captured, did.returned, did.local, did.ended,
	       did.broken);
	for (i = 0; i < 256; i++) {
		if (did.refused[i])
			printf(" refused_%s=%lu", strerrorname_np(i),
			       did.refused[i]);
		if (did.back[i])
			printf(" back_%s=%lu", strerrorname_np(i),
			       did.back[i]);
	}
	if (sweep)
		printf(" injected=%lu enomem=%lu sweeps=%lu most=%u",
		       fault.injected, fault.enomem, fault.sweeps, fault.most);
	if (wrong)
		printf(" expect=%s", wrong->expect ?
		       strerrorname_np(wrong->expect) : "0");
	printf("\n");
}

int main(int argc, char **argv)
{
	struct epoll_event evs[64], ev = { .events = EPOLLIN };
	struct sigaction sa = { .sa_handler = on_term };
	bool v6 = false, gap = false, ask = false;
	int silence = 0;
	const char *addr = NULL, *key_peer = NULL;
	char text[80];
	int i, n, opt;

	while ((opt = getopt(argc, argv, "l:6b:ag1x:k:qfT:")) != -1) {
		switch (opt) {
		case 'l': addr = optarg; break;
		case '6': v6 = true; break;
		case 'b':
			if (nr_backends == MAX_BACKENDS)
				return 2;
			snprintf(text, sizeof(text), "%s:0", optarg);
			parse_address(text, false, &backends[nr_backends++]);
			break;
		case 'a': at_accept = true; break;
		case 'g': gap = true; break;
		case '1': only_once = true; break;
		case 'q': ask = true; break;
		case 'f': sweep = true; break;
		case 'x': wrong = find_wrong(optarg); break;
		case 'k': key_peer = optarg; break;
		case 'T': silence = atoi(optarg); break;
		default: return 2;
		}
	}
	if (ask && nr_backends)
		return probe_all();
	if (!addr || !nr_backends)
		return 2;
	sigaction(SIGTERM, &sa, NULL);
	epfd = epoll_create1(0);
	lfd = listen_on(addr, v6, false, 4096);
	if (gap)
		drop_gap(lfd);
	if (key_peer)
		md5_key(lfd, key_peer, v6);
	if (silence)
		give_up_after(lfd, silence);
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, lfd, &ev))
		die("epoll_ctl");
	puts("ready");
	fflush(stdout);
	while (!stop) {
		n = epoll_wait(epfd, evs, 64, waiting ? 5 : -1);
		for (i = 0; i < n; i++) {
			if (evs[i].data.ptr)
				conn_event(evs[i].data.ptr);
			else
				accept_all();
		}
		look_again();
	}
	report();
	return 0;
}
