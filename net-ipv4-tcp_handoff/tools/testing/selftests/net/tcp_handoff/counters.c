// SPDX-License-Identifier: GPL-2.0
/*
 * Network counters of one or several hosts, as "NAME.COUNTER VALUE".
 *
 *   counters -d DEV NAME[=NETNS]...
 *   counters -w COUNTER=VALUE -t SECONDS NAME[=NETNS]
 *
 * NETNS is a namespace's file; without, it is the one we are in.  TcpHandoff,
 * TcpExt and Tcp counters, and tx: bytes that DEV has sent.  With -w, nothing
 * is printed, but waited until the counter is VALUE or more; status 1 if it
 * does not become so.  All in one process, for kernels on which to start one
 * is slow.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traffic.h"

#define LINE_MAX_LEN	(64 << 10)

static const char *dev = "eth0";

/* -w; @seen is its last value */
static char *wait_name;
static unsigned long long wait_value, seen;

static void show(const char *node, const char *group, const char *name,
		 const char *value)
{
	char full[128];

	if (!wait_name) {
		printf("%s.%s%s %s\n", node, group, name, value);
		return;
	}
	snprintf(full, sizeof(full), "%s%s", group, name);
	if (!strcmp(full, wait_name))
		seen = strtoull(value, NULL, 10);
}

/* A line of names, then one of values, each led by "Group:". */
static void print_pairs(const char *node, char *names, char *values)
{
	char *name, *value, *n, *v;
	const char *group;

	group = strtok_r(names, "\n: ", &n);
	strtok_r(values, "\n: ", &v);
	if (!group || (strcmp(group, "TcpHandoff") && strcmp(group, "TcpExt") &&
		       strcmp(group, "Tcp")))
		return;
	if (!strcmp(group, "TcpHandoff"))
		group = "";
	while ((name = strtok_r(NULL, "\n ", &n)) &&
	       (value = strtok_r(NULL, "\n ", &v)))
		show(node, group, name, value);
}

static FILE *open_proc(const char *name)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	return f;
}

static void print_file(const char *node, const char *name)
{
	static char names[LINE_MAX_LEN], values[LINE_MAX_LEN];
	FILE *f = open_proc(name);

	while (fgets(names, sizeof(names), f) &&
	       fgets(values, sizeof(values), f))
		print_pairs(node, names, values);
	fclose(f);
}

/* Inter-|   Receive ... |  Transmit: the ninth number behind the colon */
static void print_dev(const char *node)
{
	unsigned long long tx;
	char line[512], name[32];
	FILE *f = open_proc("dev");

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[^:]: %*u %*u %*u %*u %*u %*u %*u %*u %llu",
			   name, &tx) == 2 && !strcmp(name, dev))
			printf("%s.tx %llu\n", node, tx);
	}
	fclose(f);
}

static void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s", netns);
	close(fd);
}

static int wait_for(const char *node, int seconds)
{
	int left = seconds * 100;

	for (;;) {
		print_file(node, "netstat");
		print_file(node, "snmp");
		if (seen >= wait_value)
			return 0;
		if (left-- <= 0)
			return 1;
		usleep(10000);
	}
}

int main(int argc, char **argv)
{
	int opt, seconds = 10;
	char *netns;

	while ((opt = getopt(argc, argv, "d:w:t:")) != -1) {
		switch (opt) {
		case 'd':
			dev = optarg;
			break;
		case 'w':
			wait_name = strtok(optarg, "=");
			wait_value = strtoull(strtok(NULL, "="), NULL, 10);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	for (; optind < argc; optind++) {
		netns = strchr(argv[optind], '=');
		if (netns) {
			*netns = '\0';
			enter(netns + 1);
		}
		if (wait_name)
			return wait_for(argv[optind], seconds);
		print_file(argv[optind], "netstat");
		print_file(argv[optind], "snmp");
		print_dev(argv[optind]);
	}
	return 0;
}
