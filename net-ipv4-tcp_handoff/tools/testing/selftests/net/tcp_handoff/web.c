// SPDX-License-Identifier: GPL-2.0
/*
 * A web client: one request a connection, to webd, and every byte compared.
 *
 *   web -c ADDR:PORT [options] [PATH[=TAG]]...
 *
 *   -n N      connections in all		-j N      at most so many at once
 *   -s N[-M]  bytes of each body		-S N      first seed
 *   -H HOST   of all requests			-P BYTES  of padding in each head
 *   -k N      the head in pieces of N bytes	-d MS     between them
 *   -b MS     before the body
 *
 * The connections take the paths in turn; a response to one with a TAG must
 * come from that server.  SIGUSR1: no new connections.
 *
 * Prints one line: connections, how many had each status (s200=...) and came
 * from each server (from_be1=...), refused (nobody listens), retransmissions.
 * Exit status 1 if any byte or server was wrong, or a connection broke.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define TAGS_MOST	8
#define RESPONSE_MOST	4096

static struct options {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	unsigned int conns, at_once, piece, delay_ms, body_ms, padding;
	uint64_t min, max, seed;
	const char *host;
	char **paths;
	int nr_paths;
} opt = {
	.conns = 1, .at_once = 1, .seed = 1, .host = "test",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int begun, statuses[600], refused, broken, bad, retrans;
static struct {
	char tag[16];
	unsigned int count;
} tags[TAGS_MOST];
static volatile sig_atomic_t stop;

static void on_usr1(int sig)
{
	stop = 1;
}

static void nap(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static bool send_all(int fd, const char *p, size_t len, size_t piece)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, piece && piece < len ? piece : len,
			 MSG_NOSIGNAL);
		if (n < 0)
			return false;
		if (opt.delay_ms && piece)
			nap(opt.delay_ms);
	}
	return true;
}

/* Return: bytes read up to the end of file, or -1 */
static ssize_t read_all(int fd, char *buf, size_t most)
{
	size_t have = 0;
	ssize_t n;

	while (have < most) {
		n = recv(fd, buf + have, most - have, 0);
		if (n < 0)
			return -1;
		if (!n)
			break;
		have += n;
	}
	return have;
}

static bool send_request(int fd, const char *path, int path_len, uint64_t seed,
			 uint64_t bytes)
{
	size_t len, size = 1024 + opt.padding + bytes;
	char *text = calloc(1, size);
	bool ok;

	len = sprintf(text, "POST %.*s HTTP/1.1\r\nHost: %s\r\nX-Padding: ",
		      path_len, path, opt.host);
	memset(text + len, 'x', opt.padding);
	len += opt.padding;
	len += sprintf(text + len, "\r\nContent-Length: %llu\r\n\r\n",
		       (unsigned long long)bytes);
	/* in one piece, if nothing else is asked for */
	stream_fill(text + len, seed, 0, bytes);
	if (opt.piece || opt.body_ms) {
		ok = send_all(fd, text, len, opt.piece);
		nap(opt.body_ms);
		ok = ok && send_all(fd, text + len, bytes, 0);
	} else {
		ok = send_all(fd, text, len + bytes, 0);
	}
	free(text);
	return ok;
}

static void count_tag(const char *tag)
{
	int i;

	for (i = 0; i < TAGS_MOST; i++) {
		if (!*tags[i].tag)
			snprintf(tags[i].tag, sizeof(tags[i].tag), "%s", tag);
		if (strcmp(tags[i].tag, tag))
			continue;
		tags[i].count++;
		return;
	}
}

/* Return: what is wrong, or NULL */
static const char *check(const char *buf, size_t len, const char *want,
			 uint64_t seed, uint64_t bytes)
{
	const char *end = memmem(buf, len, "\r\n\r\n", 4);
	char tag[16] = "";
	int status = 0, role;
	size_t body;

	if (!end || sscanf(buf, "HTTP/1.1 %d", &status) != 1 ||
	    status < 0 || status >= 600)
		return "no response";
	pthread_mutex_lock(&lock);
	statuses[status]++;
	pthread_mutex_unlock(&lock);
	if (status != 200)
		return NULL;
	if (sscanf(buf, "HTTP/1.1 200 OK\r\nX-Server: %15s %d", tag, &role) != 2)
		return "no server";
	pthread_mutex_lock(&lock);
	count_tag(tag);
	pthread_mutex_unlock(&lock);
	if (want && strcmp(want, tag))
		return "wrong server";
	if (role != TCP_HANDOFF_ROLE_ADOPTED)
		return "wrong role";
	body = end + 4 - buf;
	if (len - body != bytes)
		return "wrong length";
	if (bytes && stream_check(end + 4, seed, 0, bytes) >= 0)
		return "wrong bytes";
	return NULL;
}

static void count_retrans(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		retrans += info.tcpi_total_retrans;
}

static void one(unsigned int nr)
{
	const char *path = opt.nr_paths ? opt.paths[nr % opt.nr_paths] : "/";
	const char *want = strrchr(path, '=');
	int path_len = want ? want - path : (int)strlen(path);
	uint64_t seed = opt.seed + nr, bytes = opt.min;
	const char *what = NULL;
	ssize_t len;
	char *buf;
	int fd;

	if (opt.max > opt.min)
		bytes += stream_word(seed, ~0ULL) % (opt.max - opt.min + 1);
	fd = socket(opt.peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&opt.peer, opt.peer_len)) {
		pthread_mutex_lock(&lock);
		if (errno == ECONNREFUSED)
			refused++;
		else
			broken++;
		pthread_mutex_unlock(&lock);
		close(fd);
		return;
	}
	/* an answer may come before all is sent */
	send_request(fd, path, path_len, seed, bytes);
	buf = malloc(RESPONSE_MOST + bytes);
	len = read_all(fd, buf, RESPONSE_MOST + bytes);
	if (len >= 0)
		what = check(buf, len, want ? want + 1 : NULL, seed, bytes);
	pthread_mutex_lock(&lock);
	count_retrans(fd);
	if (len < 0)
		broken++;
	else if (what)
		bad++;
	pthread_mutex_unlock(&lock);
	if (what || len < 0)
		fprintf(stderr, "%.*s: %s\n", path_len, path,
			what ? what : "connection broke");
	free(buf);
	close(fd);
}

static void *work(void *arg)
{
	unsigned int nr;

	for (;;) {
		pthread_mutex_lock(&lock);
		nr = stop || begun == opt.conns ? opt.conns : begun++;
		pthread_mutex_unlock(&lock);
		if (nr == opt.conns)
			return NULL;
		one(nr);
	}
}

static void parse(int argc, char **argv)
{
	const char *peer = NULL;
	char *end;
	int c;

	while ((c = getopt(argc, argv, "c:n:j:s:S:H:P:k:d:b:")) != -1) {
		switch (c) {
		case 'c': peer = optarg; break;
		case 'n': opt.conns = atoi(optarg); break;
		case 'j': opt.at_once = atoi(optarg); break;
		case 's':
			opt.min = strtoull(optarg, &end, 0);
			opt.max = opt.min;
			if (*end == '-')
				opt.max = strtoull(end + 1, NULL, 0);
			break;
		case 'S': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'H': opt.host = optarg; break;
		case 'P': opt.padding = atoi(optarg); break;
		case 'k': opt.piece = atoi(optarg); break;
		case 'd': opt.delay_ms = atoi(optarg); break;
		case 'b': opt.body_ms = atoi(optarg); break;
		default: exit(2);
		}
	}
	if (!peer)
		exit(2);
	opt.peer_len = parse_address(peer, false, &opt.peer);
	opt.paths = argv + optind;
	opt.nr_paths = argc - optind;
}

int main(int argc, char **argv)
{
	pthread_t threads[256];
	pthread_attr_t attr;
	unsigned int i;

	parse(argc, argv);
	signal(SIGUSR1, on_usr1);
	if (opt.at_once > 256)
		opt.at_once = 256;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 512 << 10);
	for (i = 0; i < opt.at_once; i++) {
		if (pthread_create(&threads[i], &attr, work, NULL))
			die("pthread_create");
	}
	puts("running");
	fflush(stdout);
	for (i = 0; i < opt.at_once; i++)
		pthread_join(threads[i], NULL);

	printf("conns=%u", begun);
	for (i = 0; i < 600; i++) {
		if (statuses[i])
			printf(" s%u=%u", i, statuses[i]);
	}
	for (i = 0; i < TAGS_MOST && *tags[i].tag; i++)
		printf(" from_%s=%u", tags[i].tag, tags[i].count);
	printf(" refused=%u broken=%u bad=%u retrans=%u\n", refused, broken,
	       bad, retrans);
	return bad || broken;
}
