// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fuzzing begins with:
 *
 *	seeds DIR FILE...
 *
 * writes into DIR the messages of each FILE, which are real ones that were
 * seen on a channel, and ones that once were findings, in hexadecimal (a name
 * with a colon, lines of bytes, # comments); and one message for each
 * connection and greeting made up here, packed by wire.c itself.
 */
#include <ctype.h>

#include "handoff.h"

#define RCV	0x10203040U
#define SND	0x50607080U

static const char *dir;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_file(const char *name, const void *p, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(p, 1, len, f) != len || fclose(f))
		die(path);
}

static void write_message(const char *name, u8 type, const void *body,
			  size_t len)
{
	struct tcp_handoff_hdr hdr = {
		.magic = htobe32(TCP_HANDOFF_MAGIC),
		.version = TCP_HANDOFF_VERSION,
		.type = type,
		.length = htobe32(sizeof(hdr) + len),
	};
	u8 *msg = malloc(sizeof(hdr) + len);

	if (!msg)
		die(name);
	if (type >= TCP_HANDOFF_MSG_HANDOFF) {
		hdr.conn_magic = htobe32(RCV);
		hdr.boot_id = htobe64(0x0123456789abcdefULL);
		hdr.seq = htobe64(1);
		hdr.epoch = htobe32(1);
	}
	memcpy(msg, &hdr, sizeof(hdr));
	if (len)
		memcpy(msg + sizeof(hdr), body, len);
	write_file(name, msg, sizeof(hdr) + len);
	free(msg);
}

static struct sk_buff *put_skb(struct sk_buff_head *q, u32 seq, u32 len,
			       u8 flags, u8 sacked)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 done = 0, part;

	while (done < len) {
		struct page *page = alloc_page(GFP_KERNEL);

		part = min_t(u32, len - done, PAGE_SIZE);
		memset(page_address(page), seq + done, part);
		skb_add_rx_frag(skb, skb->nr_frags, page, 0, part, PAGE_SIZE);
		done += part;
	}
	memset(cb, 0, sizeof(*cb));
	cb->seq = seq;
	cb->end_seq = seq + len + !!(flags & TCPHDR_FIN);
	cb->tcp_flags = flags;
	cb->sacked = sacked;
	skb->skb_mstamp_ns = shim.now - 5000000;
	__skb_queue_tail(q, skb);
	return skb;
}

static void idle(struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;

	st->caddr = htobe32(0x0a000001);
	st->vaddr = htobe32(0x0a000064);
	st->cport = htobe16(40001);
	st->vport = htobe16(80);
	st->tcp_state = TCP_ESTABLISHED;
	st->rcv_nxt = RCV;
	st->copied_seq = RCV;
	st->rcv_wup = RCV;
	st->snd_una = SND;
	st->snd_nxt = SND;
	st->write_seq = SND;
	st->snd_up = SND;
	st->snd_wl1 = RCV;
	st->rcv_wnd = 65536;
	st->snd_wnd = 64256;
	st->max_window = 64256;
	st->window_clamp = 65536;
	st->rcv_ssthresh = 65536;
	st->scaling_ratio = 128;
	st->mss_clamp = 1460;
	st->advmss = 1460;
	st->snd_wscale = 7;
	st->rcv_wscale = 7;
	st->wscale_ok = 1;
	st->tstamp_ok = 1;
	st->sack_ok = TCP_SACK_SEEN | TCP_DSACK_SEEN;
	strcpy(st->cc_name, "cubic");
}

static void plain(struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;

	st->snd_wscale = 0;
	st->rcv_wscale = 0;
	st->wscale_ok = 0;
	st->tstamp_ok = 0;
	st->sack_ok = 0;
}

static void every_group(struct tcp_handoff_image *img)
{
	img->st.urg_data = TCP_URG_VALID | 'u';
	img->st.sockopts = 1;
	img->st.probing = 1;
	img->st.usec_ts = 1;
	img->st.user_mss = 1000;
	img->st.ecn_flags = TCP_ECN_OK | TCP_ECN_SEEN;
}

static void upload(struct tcp_handoff_image *img)
{
	img->st.copied_seq = RCV - 900;
	img->st.rcv_wup = RCV - 300;
	/* partly read, and an overlap */
	put_skb(&img->rx, RCV - 1000, 600, TCPHDR_ACK, 0);
	put_skb(&img->rx, RCV - 500, 500, TCPHDR_ACK | TCPHDR_PSH, 0);
}

static void holes(struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;

	st->num_sacks = 2;
	st->sacks[0].start_seq = RCV + 1000;
	st->sacks[0].end_seq = RCV + 1250;
	st->sacks[1].start_seq = RCV + 2000;
	st->sacks[1].end_seq = RCV + 2301;
	put_skb(&img->ofo, RCV + 1000, 100, TCPHDR_ACK, 0);
	put_skb(&img->ofo, RCV + 1050, 200, TCPHDR_ACK, 0);
	put_skb(&img->ofo, RCV + 2000, 300, TCPHDR_ACK | TCPHDR_FIN, 0);
}

static void download(struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;

	st->snd_nxt = SND + 1700;
	st->write_seq = SND + 2600;
	put_skb(&img->rtx, SND - 100, 600, TCPHDR_ACK, 0);
	put_skb(&img->rtx, SND + 500, 500, TCPHDR_ACK, TCPCB_SACKED_ACKED);
	put_skb(&img->rtx, SND + 1000, 700, TCPHDR_ACK | TCPHDR_PSH,
		TCPCB_EVER_RETRANS);
	TCP_SKB_CB(img->rtx.prev)->eor = 1;
	put_skb(&img->tx, SND + 1700, 500, TCPHDR_ACK, 0);
	put_skb(&img->tx, SND + 2200, 400, TCPHDR_ACK | TCPHDR_PSH, 0);
}

static void busy(struct tcp_handoff_image *img)
{
	upload(img);
	holes(img);
	download(img);
}

static void fin_unread(struct tcp_handoff_image *img)
{
	img->st.tcp_state = TCP_CLOSE_WAIT;
	img->st.rcv_nxt = RCV + 701;
	put_skb(&img->rx, RCV, 700, TCPHDR_ACK | TCPHDR_FIN, 0);
}

static void fin_alone(struct tcp_handoff_image *img)
{
	img->st.tcp_state = TCP_CLOSE_WAIT;
	img->st.rcv_nxt = RCV + 1;
	put_skb(&img->rx, RCV, 0, TCPHDR_ACK | TCPHDR_FIN, 0);
}

static void fin_read(struct tcp_handoff_image *img)
{
	img->st.tcp_state = TCP_CLOSE_WAIT;
	img->st.fin_read = 1;
	download(img);
}

/* More than one skb has room for. */
static void large(struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;
	u32 i;

	st->copied_seq = RCV - 2500;
	st->write_seq = SND + 2500;
	for (i = 0; i < 2500; i += 500) {
		put_skb(&img->rx, RCV - 2500 + i, 500, TCPHDR_ACK, 0);
		put_skb(&img->tx, SND + i, 500, TCPHDR_ACK, 0);
	}
}

static void many_segments(struct tcp_handoff_image *img)
{
	u32 i;

	for (i = 0; i < 50; i++) {
		put_skb(&img->ofo, RCV + 10 + 2 * i, 1, TCPHDR_ACK, 0);
		put_skb(&img->rtx, SND + i, 1, TCPHDR_ACK, 0);
	}
	img->st.snd_nxt = SND + 50;
	img->st.write_seq = SND + 50;
}

static const struct {
	const char *name;
	void (*make)(struct tcp_handoff_image *img);
} connections[] = {
	{ "made-idle", idle },
	{ "made-plain", plain },
	{ "made-every-group", every_group },
	{ "made-upload", upload },
	{ "made-holes", holes },
	{ "made-download", download },
	{ "made-busy", busy },
	{ "made-fin-unread", fin_unread },
	{ "made-fin-alone", fin_alone },
	{ "made-fin-read", fin_read },
	{ "made-large", large },
	{ "made-many-segments", many_segments },
};

static void make_connections(void)
{
	struct tcp_handoff_image img;
	void *body;
	size_t len;
	int i;

	for (i = 0; i < ARRAY_SIZE(connections); i++) {
		tcp_handoff_image_init(&img);
		img.st.taken = shim.now;
		idle(&img);
		connections[i].make(&img);
		if (tcp_handoff_pack(&img, &body, &len))
			die(connections[i].name);
		write_message(connections[i].name, TCP_HANDOFF_MSG_HANDOFF,
			      body, len);
		kvfree(body);
		tcp_handoff_image_purge(&img);
	}
}

static void make_others(void)
{
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_hello hello;
	} __packed hello = {
		.tlv.type = htobe16(TCP_HANDOFF_TLV_HELLO),
		.tlv.len = htobe32(sizeof(hello.hello)),
		.hello.boot_id = htobe64(1),
		.hello.heartbeat = htobe32(1000),
	};
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_timewait timewait;
	} __packed closed = {
		.tlv.type = htobe16(TCP_HANDOFF_TLV_TIMEWAIT),
		.tlv.len = htobe32(sizeof(closed.timewait)),
		.timewait.rcv_nxt = htobe32(RCV),
		.timewait.snd_nxt = htobe32(SND),
	};

	write_message("made-hello", TCP_HANDOFF_MSG_HELLO, &hello,
		      sizeof(hello));
	write_message("made-ping", TCP_HANDOFF_MSG_PING, NULL, 0);
	write_message("made-refused", TCP_HANDOFF_MSG_REFUSED, NULL, 0);
	write_message("made-closed", TCP_HANDOFF_MSG_CLOSED, &closed,
		      sizeof(closed));
}

static void read_file(const char *path)
{
	char line[256], name[64] = "";
	static u8 msg[1 << 16];
	FILE *f = fopen(path, "r");
	size_t len = 0;
	unsigned int byte;
	int used;
	char *p;

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#\n")] = 0;
		p = strchr(line, ':');
		if (p) {
			if (name[0])
				write_file(name, msg, len);
			*p = 0;
			snprintf(name, sizeof(name), "%s", line);
			len = 0;
			continue;
		}
		for (p = line; sscanf(p, "%2x%n", &byte, &used) == 1; p += used)
			if (len < sizeof(msg))
				msg[len++] = byte;
		for (; *p; p++)
			if (!isspace(*p))
				die(path);
	}
	if (name[0])
		write_file(name, msg, len);
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	dir = argv[1];
	shim_reset();
	shim.now = 10000000000000ULL;
	make_connections();
	make_others();
	while (argc-- > 2)
		read_file(argv[argc]);
	return 0;
}
