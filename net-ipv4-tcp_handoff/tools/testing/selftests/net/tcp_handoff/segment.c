// SPDX-License-Identifier: GPL-2.0
/*
 * TCP segments as somebody else would send them.
 *
 *   segment -c DEV PORT	wait for a segment with data to PORT, print it
 *   segment -s KIND HEX	send what a host that saw this one might send
 *
 * Kinds: same (once more), tamper (the last byte is another one), reset and
 * data (unsigned, what would be next in the window).  The source address is
 * that of the segment, not of this host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define PATIENCE	20	/* seconds */

static unsigned char packet[4096];
static size_t len;

static struct iphdr *ip_header(void)
{
	return (struct iphdr *)packet;
}

static struct tcphdr *tcp_header(void)
{
	return (struct tcphdr *)(packet + ip_header()->ihl * 4);
}

static size_t header_len(void)
{
	return ip_header()->ihl * 4 + tcp_header()->doff * 4;
}

static bool is_wanted(unsigned int port)
{
	return len > sizeof(struct iphdr) + sizeof(struct tcphdr) &&
	       ip_header()->protocol == IPPROTO_TCP &&
	       ntohs(tcp_header()->dest) == port &&
	       ntohs(ip_header()->tot_len) <= len &&
	       ntohs(ip_header()->tot_len) > header_len();
}

static void catch(const char *dev, unsigned int port)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	ssize_t n;
	size_t i;

	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		die("%s", dev);
	printf("ready\n");
	fflush(stdout);
	alarm(PATIENCE);
	do {
		n = recv(fd, packet, sizeof(packet), 0);
		if (n < 0)
			die("recv");
		len = n;
	} while (!is_wanted(port));
	for (i = 0; i < ntohs(ip_header()->tot_len); i++)
		printf("%02x", packet[i]);
	printf("\n");
}

static void parse(const char *hex)
{
	unsigned int byte;

	for (len = 0; len < sizeof(packet) &&
	     sscanf(hex + 2 * len, "%2x", &byte) == 1; len++)
		packet[len] = byte;
	if (len < sizeof(struct iphdr) || len != ntohs(ip_header()->tot_len) ||
	    len < header_len()) {
		errno = EINVAL;
		die("not a segment");
	}
}

/* Ones' complement sum of the pseudo header and the segment */
static void set_checksum(void)
{
	struct iphdr *ip = ip_header();
	size_t tcp_len = len - ip->ihl * 4, i;
	unsigned char *at = (unsigned char *)tcp_header();
	uint32_t sum;

	tcp_header()->check = 0;
	sum = (ntohl(ip->saddr) >> 16) + (ntohl(ip->saddr) & 0xffff) +
	      (ntohl(ip->daddr) >> 16) + (ntohl(ip->daddr) & 0xffff) +
	      IPPROTO_TCP + tcp_len;
	for (i = 0; i < tcp_len; i++)
		sum += i % 2 ? at[i] : at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	tcp_header()->check = htons(~sum);
}

/* Behind what was seen, without its options */
static void next(size_t bytes)
{
	struct tcphdr *th = tcp_header();

	th->seq = htonl(ntohl(th->seq) + len - header_len());
	th->doff = sizeof(*th) / 4;
	len = header_len() + bytes;
	memset(packet + header_len(), 'x', bytes);
	ip_header()->tot_len = htons(len);
}

static void change(const char *kind)
{
	if (!strcmp(kind, "tamper")) {
		packet[len - 1] ^= 1;
	} else if (!strcmp(kind, "reset")) {
		next(0);
		tcp_header()->rst = 1;
	} else if (!strcmp(kind, "data")) {
		next(40);
	} else if (strcmp(kind, "same")) {
		errno = EINVAL;
		die("%s", kind);
	}
}

static void spoof(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = ip_header()->daddr,
	};
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	set_checksum();
	if (fd < 0 || sendto(fd, packet, len, 0, (struct sockaddr *)&to,
			     sizeof(to)) != (ssize_t)len)
		die("send");
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "-c")) {
		catch(argv[2], atoi(argv[3]));
	} else if (argc == 4 && !strcmp(argv[1], "-s")) {
		parse(argv[3]);
		change(argv[2]);
		spoof();
	} else {
		fprintf(stderr, "usage: segment -c DEV PORT | -s KIND HEX\n");
		return 2;
	}
	return 0;
}
