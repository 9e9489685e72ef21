// SPDX-License-Identifier: GPL-2.0
/*
 * Who claims an address?
 *
 *   arp_watch -i DEV -a ADDR [-n ASKS]
 *
 * Asks the link for ADDR (ARP request, as a host would), ASKS times, and
 * listens until SIGTERM.  Prints each claim once:
 *
 *   ready			listening, first question asked
 *   reply MAC			MAC answered that it has ADDR
 *   sender MAC			MAC sent a request or an announcement as ADDR
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define MAX_CLAIMS	64
#define ASK_MS		200

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = 1;
}

static int open_link(const char *dev, struct sockaddr_ll *sll, uint8_t *mac)
{
	struct ifreq ifr = {};
	int fd;

	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));
	if (fd < 0)
		die("socket");
	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		die("%s", dev);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	memset(sll, 0, sizeof(*sll));
	sll->sll_family = AF_PACKET;
	sll->sll_protocol = htons(ETH_P_ARP);
	sll->sll_ifindex = if_nametoindex(dev);
	if (bind(fd, (struct sockaddr *)sll, sizeof(*sll)))
		die("bind %s", dev);
	sll->sll_halen = ETH_ALEN;
	memset(sll->sll_addr, 0xff, ETH_ALEN);
	return fd;
}

/* With sender address 0, a probe: nobody learns anything from it. */
static void ask(int fd, const struct sockaddr_ll *sll, const uint8_t *mac,
		uint32_t addr)
{
	struct ether_arp arp = {
		.ea_hdr = {
			.ar_hrd = htons(ARPHRD_ETHER),
			.ar_pro = htons(ETH_P_IP),
			.ar_hln = ETH_ALEN,
			.ar_pln = 4,
			.ar_op = htons(ARPOP_REQUEST),
		},
	};

	memcpy(arp.arp_sha, mac, ETH_ALEN);
	memcpy(arp.arp_tpa, &addr, 4);
	if (sendto(fd, &arp, sizeof(arp), 0, (const struct sockaddr *)sll,
		   sizeof(*sll)) < 0)
		die("sendto");
}

static void claim(const char *what, const uint8_t *mac)
{
	static char seen[MAX_CLAIMS][40];
	char line[40];
	int i;

	snprintf(line, sizeof(line), "%s %02x:%02x:%02x:%02x:%02x:%02x", what,
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	for (i = 0; i < MAX_CLAIMS && *seen[i]; i++)
		if (!strcmp(seen[i], line))
			return;
	if (i < MAX_CLAIMS)
		strcpy(seen[i], line);
	puts(line);
	fflush(stdout);
}

static void hear(int fd, const uint8_t *own, uint32_t addr)
{
	struct ether_arp arp;
	ssize_t n = recv(fd, &arp, sizeof(arp), MSG_DONTWAIT);

	if (n < (ssize_t)sizeof(arp) || memcmp(arp.arp_spa, &addr, 4) ||
	    !memcmp(arp.arp_sha, own, ETH_ALEN))
		return;
	claim(ntohs(arp.ea_hdr.ar_op) == ARPOP_REPLY ? "reply" : "sender",
	      arp.arp_sha);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct sockaddr_ll sll;
	const char *dev = NULL;
	uint8_t mac[ETH_ALEN];
	int fd, opt, asks = 1;
	struct pollfd pfd;
	uint32_t addr = 0;

	while ((opt = getopt(argc, argv, "i:a:n:")) != -1) {
		switch (opt) {
		case 'i': dev = optarg; break;
		case 'a': addr = inet_addr(optarg); break;
		case 'n': asks = atoi(optarg); break;
		default: return 2;
		}
	}
	if (!dev || !addr)
		return 2;
	sigaction(SIGTERM, &sa, NULL);
	fd = open_link(dev, &sll, mac);
	ask(fd, &sll, mac, addr);
	puts("ready");
	fflush(stdout);
	pfd.fd = fd;
	pfd.events = POLLIN;
	while (!stop) {
		if (poll(&pfd, 1, ASK_MS) > 0)
			hear(fd, mac, addr);
		else if (--asks > 0)
			ask(fd, &sll, mac, addr);
	}
	return 0;
}
