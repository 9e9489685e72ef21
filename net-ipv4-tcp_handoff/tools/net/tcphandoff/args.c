// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff: reading the command line, and giving up. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tcphandoff.h"

void usage_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("tcphandoff: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" (try \"tcphandoff help\")\n", stderr);
	exit(EXIT_USAGE);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("tcphandoff: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_REFUSED);
}

/* The kernel's own sentence if it had one, and always the errno. */
void fail_ynl(struct ynl_sock *ys)
{
	static const char prefix[] = "Kernel error: ";
	const char *msg = ys->err.msg;
	int code = ys->err.code;

	if (code == EPERM)
		fail("%s: CAP_NET_ADMIN is needed", strerror(code));
	if (!strncmp(msg, prefix, strlen(prefix)))
		fail("%s: %s", strerror(code), msg + strlen(prefix));
	if (*msg)
		fail("%s", msg);
	fail("%s", code && code < __YNL_ERRNO_END ?
	     strerror(code) : "unexpected answer of the kernel");
}

/* The next word, which must be there. */
const char *arg_next(struct args *a, const char *what)
{
	if (!a->argc)
		usage_error("%s is missing", what);
	a->argc--;
	return *a->argv++;
}

/* Skip the next word if it is this one. */
bool arg_is(struct args *a, const char *word)
{
	if (!a->argc || strcmp(*a->argv, word))
		return false;
	a->argc--;
	a->argv++;
	return true;
}

/* Nothing more is expected. */
void arg_end(struct args *a)
{
	if (a->argc)
		usage_error("\"%s\" is unknown here", *a->argv);
}

__u32 arg_addr(struct args *a, const char *what)
{
	const char *word = arg_next(a, what);
	struct in_addr in;

	if (inet_pton(AF_INET, word, &in) != 1)
		usage_error("%s: \"%s\" is not an IPv4 address", what, word);
	return in.s_addr;
}

static __u64 parse_number(const char *word, const char *what, __u64 max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	/* decimal: "010" is ten; and no sign, "-1" would be a big number */
	value = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end)
		usage_error("%s: \"%s\" is not a number", what, word);
	if (errno || value > max)
		usage_error("%s: %s is too big", what, word);
	return value;
}

__u64 arg_number(struct args *a, const char *what, __u64 max)
{
	return parse_number(arg_next(a, what), what, max);
}

/* Network byte order. */
__u16 arg_port(struct args *a)
{
	return htons(arg_number(a, "port", 0xffff));
}

/* ADDR[:PORT], port 0 if there is none. */
void arg_endpoint(struct args *a, __u32 *addr, __u16 *port)
{
	const char *given = arg_next(a, "address");
	char word[64], *colon;
	struct in_addr in;

	if (strlen(given) >= sizeof(word))
		usage_error("\"%s\" is not an IPv4 address", given);
	strcpy(word, given);
	colon = strchr(word, ':');
	*port = 0;
	if (colon) {
		*colon = '\0';
		*port = htons(parse_number(colon + 1, "port", 0xffff));
	}
	if (inet_pton(AF_INET, word, &in) != 1)
		usage_error("\"%s\" is not an IPv4 address", word);
	*addr = in.s_addr;
}

/* As flow show prints it: the boot id in hexadecimal, a colon, the counter. */
void arg_flow_id(struct args *a, __u64 *boot_id, __u64 *seq)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	const char *word = arg_next(a, "id of a flow");
	size_t len = strspn(word, hex);

	if (!len || len > 16 || word[len] != ':')
		usage_error("\"%s\" is not the id of a flow", word);
	*boot_id = strtoull(word, NULL, 16);
	*seq = parse_number(word + len + 1, "id of a flow", ~0ULL);
}
