// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff check: settings of this host that would drop packets of flows. */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcphandoff.h"

/* rp_filter, Documentation/networking/ip-sysctl.rst */
#define STRICT	1
#define LOOSE	2

static bool found;

static void __printf(2, 3) finding(const char *about, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	found = true;
	out_begin();
	out_word("about", "%s", about);
	out_str("finding", "%s", text);
	out_end();
}

/* Return: -1 if there is no such setting. */
static int __printf(1, 2) setting(const char *fmt, ...)
{
	char path[128];
	int value = -1;
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static bool is_tunnel(int fd, const char *dev)
{
	struct ifreq ifr = {};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) ||
	    ifr.ifr_hwaddr.sa_family != ARPHRD_TUNNEL)
		return false;
	return !ioctl(fd, SIOCGIFFLAGS, &ifr) && (ifr.ifr_flags & IFF_UP);
}

static bool has_address(int fd, const char *dev)
{
	struct ifreq ifr = {};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	return !ioctl(fd, SIOCGIFADDR, &ifr);
}

/*
 * A client is not behind the tunnel its packets come through.  To find it
 * anywhere will do, but for a device without an address the kernel does not
 * look (__fib_validate_source()).
 */
static void check_filter(int fd, const char *dev)
{
	int all = setting("/proc/sys/net/ipv4/conf/all/rp_filter");
	int own = setting("/proc/sys/net/ipv4/conf/%s/rp_filter", dev);
	int filter = own > all ? own : all;

	if (filter == STRICT)
		finding(dev,
			"rp_filter is strict (conf.all: %d, conf.%s: %d, the higher counts): what comes through the tunnel will be dropped",
			all, dev, own);
	else if (filter == LOOSE && !has_address(fd, dev))
		finding(dev,
			"rp_filter is loose, which is strict for a device that has no address: give it one, the VIP for instance, or set conf.all and conf.%s to 0",
			dev);
}

static void check_tunnels(void)
{
	struct if_nameindex *devs = if_nameindex(), *d;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool any = false;

	if (!devs || fd < 0)
		fail("devices: %s", strerror(errno));
	for (d = devs; d->if_index; d++) {
		if (!is_tunnel(fd, d->if_name))
			continue;
		any = true;
		check_filter(fd, d->if_name);
	}
	if (!any)
		finding("tunnel", "a front end forwards in tunnels, and no ipip device is up");
	if_freenameindex(devs);
	close(fd);
}

void cmd_check(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_peer_get_list *list;
	bool tunnels = false;

	arg_end(a);
	list = tcp_handoff_peer_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	ynl_dump_foreach(list, peer) {
		tunnels |= (peer->flags & TCP_HANDOFF_PEER_F_FRONT_END) &&
			   peer->forward == TCP_HANDOFF_FORWARD_IPIP;
	}
	tcp_handoff_peer_get_list_free(list);
	out_list_begin();
	if (tunnels)
		check_tunnels();
	out_list_end();
	if (found) {
		fflush(stdout);
		exit(EXIT_FINDING);
	}
}
