// SPDX-License-Identifier: GPL-2.0
/*
 * A web server that sends back what it gets: the body of a request is that of
 * the response.  A thread a connection.
 *
 *   webd -l ADDR:PORT -t TAG [-d MS]
 *
 *   -d MS   before the answer
 *
 * Every response has "X-Server: TAG ROLE", the role by
 * getsockopt(TCP_HANDOFF), and ends its connection.  Prints "ready" when it
 * listens.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define HEAD_MOST	(1 << 17)

static const char *tag = "webd";
static unsigned int delay_ms;

static bool send_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

/* Return: bytes of the head in @buf, with its end, or -1; *have is all of it */
static ssize_t read_head(int fd, char *buf, size_t *have)
{
	char *end;
	ssize_t n;

	for (*have = 0; *have < HEAD_MOST; *have += n) {
		n = recv(fd, buf + *have, HEAD_MOST - *have, 0);
		if (n <= 0)
			return -1;
		end = memmem(buf, *have + n, "\r\n\r\n", 4);
		if (end) {
			*have += n;
			return end + 4 - buf;
		}
	}
	return -1;
}

static void answer(int fd)
{
	static const char name[] = "\r\nContent-Length: ";
	char *head = malloc(HEAD_MOST), *body = NULL, *length, text[256];
	struct tcp_handoff_info info;
	size_t have, got, want;
	ssize_t len, n;

	handoff_info(fd, &info);
	len = read_head(fd, head, &have);
	if (len < 0)
		goto out;
	length = memmem(head, len, name, strlen(name));
	want = length ? strtoul(length + strlen(name), NULL, 10) : 0;
	body = malloc(want + 1);
	got = have - len < want ? have - len : want;
	memcpy(body, head + len, got);
	for (; got < want; got += n) {
		n = recv(fd, body + got, want - got, 0);
		if (n <= 0)
			goto out;
	}
	usleep(delay_ms * 1000);
	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 200 OK\r\nX-Server: %s %u\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		     tag, info.role, want);
	if (send_all(fd, text, n))
		send_all(fd, body, want);
out:
	free(head);
	free(body);
}

static void *serve(void *arg)
{
	int fd = (long)arg;

	answer(fd);
	shutdown(fd, SHUT_WR);
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *addr = NULL;
	pthread_attr_t attr;
	pthread_t thread;
	int opt, lfd;
	long fd;

	while ((opt = getopt(argc, argv, "l:t:d:")) != -1) {
		switch (opt) {
		case 'l': addr = optarg; break;
		case 't': tag = optarg; break;
		case 'd': delay_ms = atoi(optarg); break;
		default: return 2;
		}
	}
	if (!addr)
		return 2;
	lfd = listen_on(addr, false, false, 4096);
	if (fcntl(lfd, F_SETFL, 0))
		die("fcntl");
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 512 << 10);
	puts("ready");
	fflush(stdout);
	while ((fd = accept4(lfd, NULL, NULL, 0)) >= 0) {
		if (pthread_create(&thread, &attr, serve, (void *)fd))
			die("pthread_create");
	}
	die("accept");
}
