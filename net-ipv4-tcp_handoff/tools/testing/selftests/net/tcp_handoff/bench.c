// SPDX-License-Identifier: GPL-2.0
/*
 * What moving an idle keep-alive connection costs: TCP_HANDOFF beside
 * TCP_REPAIR, in one kernel, in turns.
 *
 *   bench -l ADDR:PORT -b BACKEND -n N [-c COUNT]
 *
 * Accepts 2 * N connections and answers a request on each.  On SIGUSR1 it
 * moves them: one to the back end, the next into a new socket of its own, as
 * checkpoint and restore do (dump, close, restore), and so on.  Then it serves
 * those on.  SIGTERM ends it; it prints two lines, "handoff" and "repair",
 * with the times of all of them in nanoseconds.
 *
 * With -c, N is the number of connections, and each SIGUSR1 moves the next
 * COUNT of them to the back end, each SIGUSR2 into new sockets.  A third line,
 * "asked", then has the client's port of each handoff and the time at which it
 * was asked for, for "serve -a".
 *
 * It runs with real-time priority while it moves them: on one CPU the workers
 * that deliver the connection would otherwise be counted as part of capture.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

/* TCPOLEN_*, TCPOPT_* as in include/net/tcp.h */
#define OPT_MSS		2
#define OPT_WINDOW	3
#define OPT_SACK_PERM	4
#define OPT_TIMESTAMP	8

static struct session *sessions;
static int wanted, have;
static struct sockaddr_storage backend;
static volatile sig_atomic_t go, stop;
static uint64_t *handoff_ns, *repair_ns;
static struct moment *asked;
static int handoffs, repairs, batch, moved;

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		stop = 1;
	else
		go = sig;
}

static void set(int fd, int name, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, name, &value, sizeof(value)))
		die("setsockopt %d", name);
}

static uint32_t get(int fd, int name)
{
	uint32_t value;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, IPPROTO_TCP, name, &value, &len))
		die("getsockopt %d", name);
	return value;
}

/* What checkpoint tools save of an established connection. */
struct dump {
	struct sockaddr_storage local, remote;
	struct tcp_info info;
	struct tcp_repair_window window;
	uint32_t snd_seq, rcv_seq, mss, timestamp;
	int unread, unacked, unsent;
};

static void dump(int fd, struct dump *d)
{
	socklen_t len = sizeof(d->local);

	set(fd, TCP_REPAIR, TCP_REPAIR_ON);
	getsockname(fd, (struct sockaddr *)&d->local, &len);
	len = sizeof(d->remote);
	getpeername(fd, (struct sockaddr *)&d->remote, &len);
	len = sizeof(d->info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &d->info, &len))
		die("TCP_INFO");
	len = sizeof(d->window);
	if (getsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &d->window, &len))
		die("TCP_REPAIR_WINDOW");
	d->mss = get(fd, TCP_MAXSEG);
	d->timestamp = get(fd, TCP_TIMESTAMP);
	if (ioctl(fd, SIOCINQ, &d->unread) || ioctl(fd, SIOCOUTQ, &d->unacked) ||
	    ioctl(fd, SIOCOUTQNSD, &d->unsent))
		die("ioctl");
	set(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	d->rcv_seq = get(fd, TCP_QUEUE_SEQ);
	set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	d->snd_seq = get(fd, TCP_QUEUE_SEQ);
	if (d->unread || d->unacked) {
		errno = EBUSY;
		die("not idle: %d unread, %d not acknowledged", d->unread,
		    d->unacked);
	}
}

static void restore_options(int fd, const struct dump *d)
{
	struct tcp_repair_opt opts[4];
	int n = 0;

	opts[n].opt_code = OPT_MSS;
	opts[n++].opt_val = d->mss;
	opts[n].opt_code = OPT_WINDOW;
	opts[n++].opt_val = d->info.tcpi_snd_wscale |
			    d->info.tcpi_rcv_wscale << 16;
	if (d->info.tcpi_options & TCPI_OPT_SACK) {
		opts[n].opt_code = OPT_SACK_PERM;
		opts[n++].opt_val = 0;
	}
	if (d->info.tcpi_options & TCPI_OPT_TIMESTAMPS) {
		opts[n].opt_code = OPT_TIMESTAMP;
		opts[n++].opt_val = 0;
	}
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, opts,
		       n * sizeof(opts[0])))
		die("TCP_REPAIR_OPTIONS");
}

static int restore(const struct dump *d)
{
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0)
		die("socket");
	/* From here on it may also bind to the address of the listener. */
	set(fd, TCP_REPAIR, TCP_REPAIR_ON);
	set(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	set(fd, TCP_QUEUE_SEQ, d->rcv_seq);
	set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	set(fd, TCP_QUEUE_SEQ, d->snd_seq);
	if (bind(fd, (struct sockaddr *)&d->local, sizeof(struct sockaddr_in)))
		die("bind");
	if (connect(fd, (struct sockaddr *)&d->remote,
		    sizeof(struct sockaddr_in)))
		die("connect");
	restore_options(fd, d);
	if (d->info.tcpi_options & TCPI_OPT_TIMESTAMPS)
		set(fd, TCP_TIMESTAMP, d->timestamp);
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &d->window,
		       sizeof(d->window)))
		die("TCP_REPAIR_WINDOW");
	set(fd, TCP_REPAIR, TCP_REPAIR_OFF);
	return fd;
}

static void move_repair(struct session *s)
{
	struct dump d = {};
	uint64_t from = now_ns();

	dump(s->fd, &d);
	close(s->fd);
	s->fd = restore(&d);
	repair_ns[repairs++] = now_ns() - from;
}

static void move_handoff(struct session *s)
{
	struct tcp_handoff_req req = { .flags = TCP_HANDOFF_F_CONSUMED };
	uint64_t from;

	memcpy(&req.peer, &backend, sizeof(req.peer));
	asked[handoffs] = moment_of(s->fd);
	from = now_ns();
	asked[handoffs].ns = from;
	if (setsockopt(s->fd, IPPROTO_TCP, TCP_HANDOFF, &req, sizeof(req)))
		die("TCP_HANDOFF");
	handoff_ns[handoffs++] = now_ns() - from;
	close(s->fd);
	s->fd = -1;
}

static void watch(int epfd, int op, struct session *s, int events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (epoll_ctl(epfd, op, s->fd, &ev))
		die("epoll_ctl");
}

static void set_policy(int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	if (sched_setscheduler(0, policy, &param))
		die("sched_setscheduler");
}

/*
 * One at a time: the pause is longer than a handoff takes, which is then not
 * measured with another one on its way.
 */
static void move(int epfd, struct session *s, bool repair)
{
	if (repair) {
		move_repair(s);
		watch(epfd, EPOLL_CTL_ADD, s, EPOLLIN);
	} else {
		move_handoff(s);
	}
	usleep(2000);
}

static void move_some(int epfd, int sig)
{
	int end = batch && moved + batch < have ? moved + batch : have;

	/* who measures looks at the clock once more */
	if (batch)
		usleep(300000);
	set_policy(SCHED_FIFO);
	for (; moved < end; moved++)
		move(epfd, &sessions[moved],
		     batch ? sig == SIGUSR2 : moved % 2);
	set_policy(SCHED_OTHER);
	printf("moved %d.\n", moved);
	fflush(stdout);
}

static void accept_some(int epfd, int lfd)
{
	int fd;

	while (have < wanted && (fd = accept_on(lfd)) >= 0) {
		session_init(&sessions[have], fd);
		watch(epfd, EPOLL_CTL_ADD, &sessions[have++], EPOLLIN);
	}
}

static void serve(int epfd, struct session *s)
{
	int ret = session_run(s, 0, false);

	if (ret < 0)
		close(s->fd);
	else
		watch(epfd, EPOLL_CTL_MOD, s, ret);
}

static void report_moments(const char *name, const struct moment *m, int n)
{
	int i;

	printf("%s", name);
	for (i = 0; i < n; i++)
		printf(" %u:%llu", m[i].port, (unsigned long long)m[i].ns);
	printf("\n");
}

static void report(const char *name, const uint64_t *ns, int n)
{
	int i;

	printf("%s", name);
	for (i = 0; i < n; i++)
		printf(" %llu", (unsigned long long)ns[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct epoll_event evs[64], ev = { .events = EPOLLIN };
	struct sigaction sa = { .sa_handler = on_signal };
	const char *addr = NULL;
	int lfd, epfd, opt, n, i;
	char text[80];

	while ((opt = getopt(argc, argv, "l:b:n:c:")) != -1) {
		switch (opt) {
		case 'l': addr = optarg; break;
		case 'b':
			snprintf(text, sizeof(text), "%s:0", optarg);
			parse_address(text, false, &backend);
			break;
		case 'n': wanted = 2 * atoi(optarg); break;
		case 'c': batch = atoi(optarg); break;
		default: return 2;
		}
	}
	if (!addr || !wanted)
		return 2;
	if (batch)
		wanted /= 2;
	sessions = calloc(wanted, sizeof(*sessions));
	handoff_ns = calloc(wanted, sizeof(*handoff_ns));
	repair_ns = calloc(wanted, sizeof(*repair_ns));
	asked = calloc(wanted, sizeof(*asked));
	if (!sessions || !handoff_ns || !repair_ns || !asked)
		die("calloc");
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	epfd = epoll_create1(0);
	lfd = listen_on(addr, false, false, 4096);
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, lfd, &ev))
		die("epoll_ctl");
	puts("ready");
	fflush(stdout);
	while (!stop) {
		n = epoll_wait(epfd, evs, 64, -1);
		for (i = 0; i < n; i++) {
			if (evs[i].data.ptr)
				serve(epfd, evs[i].data.ptr);
			else
				accept_some(epfd, lfd);
		}
		if (go) {
			move_some(epfd, go);
			go = 0;
		}
	}
	report("handoff", handoff_ns, handoffs);
	report("repair", repair_ns, repairs);
	if (batch)
		report_moments("asked", asked, handoffs);
	return 0;
}
