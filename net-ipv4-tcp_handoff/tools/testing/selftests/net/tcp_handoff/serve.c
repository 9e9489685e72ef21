// SPDX-License-Identifier: GPL-2.0
/*
 * The server on a back end.  It knows nothing of handoff but for what it tells
 * about its connections: getsockopt(TCP_HANDOFF).
 *
 *   serve -l ADDR:PORT [-6] [-t TAG] [-w WORKERS] [-b BACKLOG] [-n]
 *         [-k CLIENT] [-a] [-T N]
 *
 *   -6  an AF_INET6 socket, with IPv4 addresses mapped
 *   -w  so many processes, each with a listener of its own (SO_REUSEPORT)
 *   -n  accept nothing before SIGUSR1
 *   -k  segments of this client must be signed (TCP-MD5)
 *   -a  tell in the end which port was accepted when (one worker only)
 *   -T  give up clients that have been silent for N seconds
 *
 * Prints "ready" when it listens.  SIGUSR1: it listens no more, but goes on with
 * what it has.  SIGTERM ends it; it prints what it did.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

#define MAX_WORKERS	16

static struct totals {
	unsigned long conns;
	unsigned long adopted;
	unsigned long ended;
	unsigned long broken;
} *totals;			/* shared with the workers */

#define MAX_MOMENTS	20000

static struct moment *moments;	/* NULL: not wanted */
static unsigned int nr_moments;

static volatile sig_atomic_t stop, deaf;

static void on_term(int sig)
{
	stop = 1;
}

static void on_usr1(int sig)
{
	deaf = 1;
}

static void finish(struct session *s, int ret)
{
	__atomic_add_fetch(ret == SESSION_END ? &totals->ended :
			   &totals->broken, 1, __ATOMIC_RELAXED);
	close(s->fd);
	free(s);
}

static void run(int epfd, struct session *s, int op)
{
	struct epoll_event ev = { .data.ptr = s };
	int ret = session_run(s, 0, false);

	if (ret < 0) {
		finish(s, ret);
		return;
	}
	ev.events = ret;
	if (epoll_ctl(epfd, op, s->fd, &ev))
		die("epoll_ctl");
}

static void accept_all(int epfd, int lfd)
{
	struct session *s;
	int fd;

	while ((fd = accept_on(lfd)) >= 0) {
		s = malloc(sizeof(*s));
		if (!s)
			die("malloc");
		if (moments && nr_moments < MAX_MOMENTS)
			moments[nr_moments++] = moment_of(fd);
		session_init(s, fd);
		__atomic_add_fetch(&totals->conns, 1, __ATOMIC_RELAXED);
		if (s->info.role == TCP_HANDOFF_ROLE_ADOPTED)
			__atomic_add_fetch(&totals->adopted, 1,
					   __ATOMIC_RELAXED);
		run(epfd, s, EPOLL_CTL_ADD);
	}
}

static void serve(int lfd, bool never)
{
	struct epoll_event evs[64], ev = { .events = EPOLLIN };
	int epfd = epoll_create1(0), i, n;

	if (never) {
		while (!stop && !deaf)
			usleep(10000);
		deaf = 0;
	}
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, lfd, &ev))
		die("epoll_ctl");
	while (!stop) {
		if (deaf && lfd >= 0) {
			accept_all(epfd, lfd);
			close(lfd);
			lfd = -1;
		}
		n = epoll_wait(epfd, evs, 64, -1);
		for (i = 0; i < n; i++) {
			if (evs[i].data.ptr)
				run(epfd, evs[i].data.ptr, EPOLL_CTL_MOD);
			else if (lfd >= 0)
				accept_all(epfd, lfd);
		}
	}
}

static void tell_moments(void)
{
	unsigned int i;

	printf("accepted");
	for (i = 0; i < nr_moments; i++)
		printf(" %u:%llu", moments[i].port,
		       (unsigned long long)moments[i].ns);
	printf("\n");
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void workers(const char *addr, bool v6, int count, int backlog)
{
	pid_t pids[MAX_WORKERS];
	int i, lfd;

	for (i = 0; i < count; i++) {
		lfd = listen_on(addr, v6, true, backlog);
		pids[i] = fork();
		if (pids[i]) {
			close(lfd);
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		server_worker = i;
		serve(lfd, false);
		exit(0);
	}
	ready();
	while (!stop)
		pause();
	for (i = 0; i < count; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	int count = 1, backlog = 4096, silence = 0, opt, lfd;
	bool v6 = false, never = false;
	const char *addr = NULL, *key_peer = NULL;

	while ((opt = getopt(argc, argv, "l:6t:w:b:nk:aT:")) != -1) {
		switch (opt) {
		case 'l': addr = optarg; break;
		case '6': v6 = true; break;
		case 't': strncpy(server_tag, optarg, sizeof(server_tag) - 1);
			break;
		case 'w': count = atoi(optarg); break;
		case 'b': backlog = atoi(optarg); break;
		case 'n': never = true; break;
		case 'k': key_peer = optarg; break;
		case 'a':
			moments = calloc(MAX_MOMENTS, sizeof(*moments));
			if (!moments)
				die("calloc");
			break;
		case 'T': silence = atoi(optarg); break;
		default: return 2;
		}
	}
	if (!addr || count < 1 || count > MAX_WORKERS)
		return 2;
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		die("mmap");
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = on_usr1;
	sigaction(SIGUSR1, &sa, NULL);
	if (count > 1) {
		workers(addr, v6, count, backlog);
	} else {
		lfd = listen_on(addr, v6, false, backlog);
		if (key_peer)
			md5_key(lfd, key_peer, v6);
		if (silence)
			give_up_after(lfd, silence);
		ready();
		serve(lfd, never);
	}
	printf("conns=%lu adopted=%lu ended=%lu broken=%lu\n", totals->conns,
	       totals->adopted, totals->ended, totals->broken);
	if (moments)
		tell_moments();
	return 0;
}
