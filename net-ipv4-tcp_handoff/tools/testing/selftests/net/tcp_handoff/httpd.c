// SPDX-License-Identifier: GPL-2.0
/*
 * A back end for programs that speak HTTP: one request a connection, one
 * connection after the other.
 *
 *   httpd -l ADDR:PORT -t TAG
 *
 * The body of the response is "TAG ROLE PATH BYTES": the role by
 * getsockopt(TCP_HANDOFF), and how many bytes the request had behind its head.  Prints "ready" when it listens.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

static const char *tag = "httpd";

/* Return: bytes of the body behind the head, of @have bytes; -1: no head yet */
static long body_of(const char *head, size_t have)
{
	const char *end = strstr(head, "\r\n\r\n");

	return end ? (long)(head + have - (end + 4)) : -1;
}

static void answer(int fd)
{
	char head[16384] = "", path[128], text[256];
	struct tcp_handoff_info info;
	const char *length;
	size_t have = 0;
	long body, want;
	ssize_t n;

	handoff_info(fd, &info);
	do {
		n = recv(fd, head + have, sizeof(head) - 1 - have, 0);
		if (n <= 0)
			return;
		have += n;
		head[have] = '\0';
		body = body_of(head, have);
	} while (body < 0);
	if (sscanf(head, "%*s %127s", path) != 1)
		return;
	length = strstr(head, "Content-Length: ");
	want = length ? atol(length + 16) : 0;
	while (body < want) {
		n = recv(fd, head, sizeof(head), 0);
		if (n <= 0)
			return;
		body += n;
	}
	n = snprintf(text, sizeof(text), "%s %u %s %ld\n", tag, info.role, path,
		     body);
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\nContent-Length: %zd\r\nConnection: close\r\n\r\n%s",
		     n, text);
	send(fd, head, n, MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
	const char *addr = NULL;
	int opt, lfd, fd;

	while ((opt = getopt(argc, argv, "l:t:")) != -1) {
		switch (opt) {
		case 'l': addr = optarg; break;
		case 't': tag = optarg; break;
		default: return 2;
		}
	}
	if (!addr)
		return 2;
	lfd = listen_on(addr, false, false, 4096);
	if (fcntl(lfd, F_SETFL, 0))
		die("fcntl");
	puts("ready");
	fflush(stdout);
	while ((fd = accept4(lfd, NULL, NULL, 0)) >= 0) {
		answer(fd);
		close(fd);
	}
	die("accept");
}
