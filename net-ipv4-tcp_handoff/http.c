// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: parse the head of an HTTP/1.x request, as RFC 9112 has it.
 *
 * Whoever reads the request later must see the same head that we saw, or a
 * client could hide a second request in the first.  So what has ever been read
 * in two ways is refused: a carriage return alone, a blank before the colon,
 * folded lines, two lengths, a length beside a transfer coding, a coding that
 * is not chunked at its end.  A line feed alone ends a line, and empty lines
 * may come before the first one, as section 2.2 allows and all servers have
 * it.
 *
 * One function a state, which gets one byte.  Nothing is allocated or kept but
 * positions and one short word.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "http.h"

enum state {
	S_START,		/* before the method */
	S_START_LF,
	S_METHOD,
	S_TARGET,		/* its first byte */
	S_SCHEME,
	S_SLASHES,
	S_AUTHORITY,
	S_PATH,
	S_QUERY,
	S_ASTERISK,
	S_VERSION,
	S_VERSION_END,
	S_VERSION_LF,
	S_LINE,			/* the first byte of a field, or the end */
	S_NAME,
	S_VALUE,
	S_VALUE_LF,
	S_END_LF,
	S_DONE,
	S_ERROR,
};

enum field {
	F_OTHER,
	F_HOST,
	F_LENGTH,
	F_CODING,
	F_CONNECTION,
	F_UPGRADE,
	F_EXPECT,
};

static const struct word {
	const char *text;
	u8 value;
} methods[] = {
	{ "GET", TCP_HANDOFF_HTTP_GET },
	{ "HEAD", TCP_HANDOFF_HTTP_HEAD },
	{ "POST", TCP_HANDOFF_HTTP_POST },
	{ "PUT", TCP_HANDOFF_HTTP_PUT },
	{ "DELETE", TCP_HANDOFF_HTTP_DELETE },
	{ "CONNECT", TCP_HANDOFF_HTTP_CONNECT },
	{ "OPTIONS", TCP_HANDOFF_HTTP_OPTIONS },
	{}
}, fields[] = {
	{ "host", F_HOST },
	{ "content-length", F_LENGTH },
	{ "transfer-encoding", F_CODING },
	{ "connection", F_CONNECTION },
	{ "upgrade", F_UPGRADE },
	{ "expect", F_EXPECT },
	{}
};

/* What a byte may be part of. */
#define C_TOKEN		1		/* RFC 9110, section 5.6.2 */
#define C_HOST		2		/* ... of RFC 3986: host and port */

static u8 char_class(u8 c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return C_TOKEN | C_HOST;
	switch (c) {
	case '!': case '$': case '%': case '&': case '\'': case '*':
	case '+': case '-': case '.': case '_': case '~':
		return C_TOKEN | C_HOST;
	case '#': case '^': case '`': case '|':
		return C_TOKEN;
	case '(': case ')': case ',': case ':': case ';': case '=':
	case '[': case ']':
		return C_HOST;
	default:
		return 0;
	}
}

static bool is_token(u8 c)
{
	return char_class(c) & C_TOKEN;
}

static bool is_host(u8 c)
{
	return char_class(c) & C_HOST;
}

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static void fail(struct tcp_handoff_http *h, enum tcp_handoff_http_error error)
{
	h->state = S_ERROR;
	h->error = error;
}

static void word_begin(struct tcp_handoff_http *h)
{
	h->word_len = 0;
	h->word_ended = false;
}

static void word_add(struct tcp_handoff_http *h, u8 c)
{
	if (h->word_len < sizeof(h->word))
		h->word[h->word_len++] = c;
	else
		h->word_len = U8_MAX;
}

static bool word_is(const struct tcp_handoff_http *h, const char *text)
{
	return h->word_len == strlen(text) &&
	       !memcmp(h->word, text, h->word_len);
}

static u8 word_find(const struct tcp_handoff_http *h, const struct word *w)
{
	for (; w->text; w++) {
		if (word_is(h, w->text))
			return w->value;
	}
	return 0;
}

/*
 * The first line
 */

static void at_start(struct tcp_handoff_http *h, u8 c)
{
	if (c == '\r') {
		h->state = S_START_LF;
	} else if (is_token(c)) {
		word_begin(h);
		word_add(h, c);
		h->state = S_METHOD;
	} else if (c != '\n') {
		fail(h, TCP_HANDOFF_HTTP_E_METHOD);
	}
}

static void at_method(struct tcp_handoff_http *h, u8 c)
{
	if (is_token(c)) {
		word_add(h, c);
	} else if (c == ' ') {
		h->method = word_find(h, methods);
		h->state = S_TARGET;
	} else {
		fail(h, TCP_HANDOFF_HTTP_E_METHOD);
	}
}

static void target_end(struct tcp_handoff_http *h)
{
	h->target.len = h->pos - h->target.off;
	h->matched = 0;
	h->state = S_VERSION;
}

/* Return: true if the byte may not be in a target at all */
static bool target_breaks(struct tcp_handoff_http *h, u8 c)
{
	if (c == '\r' || c == '\n')
		fail(h, TCP_HANDOFF_HTTP_E_PROTOCOL);	/* HTTP/0.9 */
	else if (c < ' ' || c == 0x7f)
		fail(h, TCP_HANDOFF_HTTP_E_TARGET);
	else
		return false;
	return true;
}

static void path_begin(struct tcp_handoff_http *h)
{
	h->path.off = h->pos;
	h->state = S_PATH;
}

static void authority_begin(struct tcp_handoff_http *h, u32 pos)
{
	h->host.off = pos;
	h->host.len = 0;
	h->matched = 0;			/* colons */
	h->state = S_AUTHORITY;
}

static void at_authority(struct tcp_handoff_http *h, u8 c);

static void at_target(struct tcp_handoff_http *h, u8 c)
{
	h->target.off = h->pos;
	if (h->method == TCP_HANDOFF_HTTP_CONNECT) {
		h->form = TCP_HANDOFF_HTTP_AUTHORITY;
		authority_begin(h, h->pos);
		at_authority(h, c);
	} else if (c == '/') {
		h->form = TCP_HANDOFF_HTTP_ORIGIN;
		path_begin(h);
		h->path.len = 1;
	} else if (c == '*') {
		h->form = TCP_HANDOFF_HTTP_ASTERISK;
		h->state = S_ASTERISK;
	} else if (is_token(c)) {
		h->form = TCP_HANDOFF_HTTP_ABSOLUTE;
		word_begin(h);
		word_add(h, lower(c));
		h->state = S_SCHEME;
	} else if (!target_breaks(h, c)) {
		fail(h, TCP_HANDOFF_HTTP_E_TARGET);
	}
}

static void at_scheme(struct tcp_handoff_http *h, u8 c)
{
	if (c == ':' && (word_is(h, "http") || word_is(h, "https"))) {
		h->matched = 0;
		h->state = S_SLASHES;
	} else if (is_token(c)) {
		word_add(h, lower(c));
	} else if (!target_breaks(h, c)) {
		fail(h, TCP_HANDOFF_HTTP_E_TARGET);
	}
}

static void at_slashes(struct tcp_handoff_http *h, u8 c)
{
	if (target_breaks(h, c))
		return;
	if (c != '/')
		fail(h, TCP_HANDOFF_HTTP_E_TARGET);
	else if (++h->matched == 2)
		authority_begin(h, h->pos + 1);
}

static bool authority_is_one(const struct tcp_handoff_http *h)
{
	/* CONNECT needs a port */
	return h->host.len &&
	       (h->form != TCP_HANDOFF_HTTP_AUTHORITY || h->matched);
}

static void at_authority(struct tcp_handoff_http *h, u8 c)
{
	bool absolute = h->form == TCP_HANDOFF_HTTP_ABSOLUTE;

	if (target_breaks(h, c))
		return;
	/* without a name before the port it is none */
	if (is_host(c) && (c != ':' || h->host.len)) {
		h->matched |= c == ':';
		h->host.len++;
		return;
	}
	if (!authority_is_one(h)) {
		fail(h, TCP_HANDOFF_HTTP_E_AUTHORITY);
	} else if (c == ' ') {
		target_end(h);
	} else if (absolute && c == '/') {
		path_begin(h);
		h->path.len = 1;
	} else if (absolute && (c == '?' || c == '#')) {
		path_begin(h);
		h->state = S_QUERY;
	} else {
		fail(h, TCP_HANDOFF_HTTP_E_AUTHORITY);
	}
}

static void at_path(struct tcp_handoff_http *h, u8 c)
{
	if (c == ' ')
		target_end(h);
	else if (c == '?' || c == '#')
		h->state = S_QUERY;
	else if (!target_breaks(h, c))
		h->path.len++;
}

static void at_query(struct tcp_handoff_http *h, u8 c)
{
	if (c == ' ')
		target_end(h);
	else
		target_breaks(h, c);
}

static void at_asterisk(struct tcp_handoff_http *h, u8 c)
{
	if (c == ' ' && h->method == TCP_HANDOFF_HTTP_OPTIONS)
		target_end(h);
	else
		fail(h, TCP_HANDOFF_HTTP_E_TARGET_FORM);
}

static void at_version(struct tcp_handoff_http *h, u8 c)
{
	static const char protocol[] = "HTTP/1.";
	u8 at = h->matched++;

	if (at == strlen(protocol)) {
		h->minor = c - '0';
		h->state = S_VERSION_END;
		if (!is_digit(c))
			fail(h, TCP_HANDOFF_HTTP_E_PROTOCOL);
	} else if (c != protocol[at]) {
		fail(h, protocol[at] == '1' && is_digit(c) ?
		     TCP_HANDOFF_HTTP_E_VERSION : TCP_HANDOFF_HTTP_E_PROTOCOL);
	}
}

static void at_version_end(struct tcp_handoff_http *h, u8 c)
{
	if (c == '\r')
		h->state = S_VERSION_LF;
	else if (c == '\n')
		h->state = S_LINE;
	else
		fail(h, TCP_HANDOFF_HTTP_E_PROTOCOL);
}

/*
 * The fields
 */

static void host_byte(struct tcp_handoff_http *h, u8 c)
{
	/* the one in an absolute target counts, RFC 9112, section 3.2.2 */
	struct tcp_handoff_http_span ignored = {}, *host = &ignored;

	if (h->form == TCP_HANDOFF_HTTP_ORIGIN ||
	    h->form == TCP_HANDOFF_HTTP_ASTERISK)
		host = &h->host;
	if (is_blank(c)) {
		h->word_ended |= h->matched;
		return;
	}
	if (!is_host(c) || h->word_ended || (c == ':' && !h->matched)) {
		fail(h, TCP_HANDOFF_HTTP_E_HOST);
		return;
	}
	if (!h->matched)
		host->off = h->pos;
	h->matched = 1;
	host->len++;
}

static void length_byte(struct tcp_handoff_http *h, u8 c)
{
	if (is_blank(c)) {
		h->word_ended |= h->matched;
	} else if (c == ',' && h->matched) {
		fail(h, TCP_HANDOFF_HTTP_E_LENGTH_TWICE);
	} else if (!is_digit(c) || h->word_ended ||
		   h->length > (S64_MAX - (c - '0')) / 10) {
		fail(h, TCP_HANDOFF_HTTP_E_LENGTH);
	} else {
		h->matched = 1;
		h->length = 10 * h->length + (c - '0');
	}
}

static void coding_end(struct tcp_handoff_http *h)
{
	/* an empty element; or something behind chunked */
	if (!h->word_len || h->chunked)
		fail(h, TCP_HANDOFF_HTTP_E_CODING);
	h->chunked = word_is(h, "chunked");
	word_begin(h);
}

/* Parameters of a coding are refused with it: few senders, many readings. */
static void coding_byte(struct tcp_handoff_http *h, u8 c)
{
	if (c == ',')
		coding_end(h);
	else if (is_blank(c))
		h->word_ended |= h->word_len > 0;
	else if (!is_token(c) || h->word_ended)
		fail(h, TCP_HANDOFF_HTTP_E_CODING);
	else
		word_add(h, lower(c));
}

static void option_end(struct tcp_handoff_http *h)
{
	if (h->field == F_EXPECT) {
		h->expect |= word_is(h, "100-continue");
	} else {
		h->close |= word_is(h, "close");
		h->keep_alive |= word_is(h, "keep-alive");
		h->upgrade |= word_is(h, "upgrade");
	}
	word_begin(h);
}

static void option_byte(struct tcp_handoff_http *h, u8 c)
{
	if (c == ',')
		option_end(h);
	else if (is_blank(c))
		h->word_ended |= h->word_len > 0;
	else if (h->word_ended)
		h->word_len = U8_MAX;	/* two words are none that we know */
	else
		word_add(h, lower(c));
}

static void value_byte(struct tcp_handoff_http *h, u8 c)
{
	if ((c < ' ' && c != '\t') || c == 0x7f) {
		fail(h, TCP_HANDOFF_HTTP_E_VALUE);
		return;
	}
	switch (h->field) {
	case F_HOST:
		host_byte(h, c);
		break;
	case F_LENGTH:
		length_byte(h, c);
		break;
	case F_CODING:
		coding_byte(h, c);
		break;
	case F_CONNECTION:
	case F_EXPECT:
		option_byte(h, c);
		break;
	}
}

static void value_end(struct tcp_handoff_http *h)
{
	h->state = S_LINE;
	if (h->field == F_LENGTH && !h->matched)
		fail(h, TCP_HANDOFF_HTTP_E_LENGTH);
	else if (h->field == F_CODING)
		coding_end(h);
	else if (h->field == F_CONNECTION || h->field == F_EXPECT)
		option_end(h);
}

static void at_value(struct tcp_handoff_http *h, u8 c)
{
	if (c == '\r')
		h->state = S_VALUE_LF;
	else if (c == '\n')
		value_end(h);
	else
		value_byte(h, c);
}

/* The name is complete. */
static void value_begin(struct tcp_handoff_http *h)
{
	h->field = word_find(h, fields);
	h->state = S_VALUE;
	h->matched = 0;
	word_begin(h);
	switch (h->field) {
	case F_HOST:
		if (h->has_host)
			fail(h, TCP_HANDOFF_HTTP_E_HOST_TWICE);
		h->has_host = true;
		break;
	case F_LENGTH:
		if (h->has_length)
			fail(h, TCP_HANDOFF_HTTP_E_LENGTH_TWICE);
		h->has_length = true;
		break;
	case F_CODING:
		h->has_coding = true;
		break;
	case F_UPGRADE:
		h->upgrade = true;
		break;
	}
}

static void at_name(struct tcp_handoff_http *h, u8 c)
{
	if (is_token(c))
		word_add(h, lower(c));
	else if (c == ':')
		value_begin(h);
	else if (is_blank(c))
		fail(h, TCP_HANDOFF_HTTP_E_NAME_SPACE);
	else
		fail(h, TCP_HANDOFF_HTTP_E_NAME);
}

/* What only all fields together tell. */
static enum tcp_handoff_http_error check(const struct tcp_handoff_http *h)
{
	if (h->minor && !h->has_host)
		return TCP_HANDOFF_HTTP_E_HOST_MISSING;
	if (h->has_length && h->has_coding)
		return TCP_HANDOFF_HTTP_E_LENGTH_CHUNKED;
	if (h->has_coding && !h->minor)
		return TCP_HANDOFF_HTTP_E_CODING_VERSION;
	if (h->has_coding && !h->chunked)
		return TCP_HANDOFF_HTTP_E_CODING;
	return TCP_HANDOFF_HTTP_OK;
}

static void head_end(struct tcp_handoff_http *h)
{
	enum tcp_handoff_http_error error = check(h);

	h->head_len = h->pos + 1;
	h->state = S_DONE;
	if (error)
		fail(h, error);
}

static void at_line(struct tcp_handoff_http *h, u8 c)
{
	if (c == '\r') {
		h->state = S_END_LF;
	} else if (c == '\n') {
		head_end(h);
	} else if (is_blank(c)) {
		fail(h, TCP_HANDOFF_HTTP_E_FOLD);
	} else if (!is_token(c)) {
		fail(h, TCP_HANDOFF_HTTP_E_NAME);
	} else {
		word_begin(h);
		word_add(h, lower(c));
		h->state = S_NAME;
	}
}

/* Behind a carriage return: nothing but a line feed will do. */
static void at_line_feed(struct tcp_handoff_http *h, u8 c)
{
	if (c != '\n')
		fail(h, TCP_HANDOFF_HTTP_E_LINE_END);
	else if (h->state == S_START_LF)
		h->state = S_START;
	else if (h->state == S_VERSION_LF)
		h->state = S_LINE;
	else if (h->state == S_VALUE_LF)
		value_end(h);
	else
		head_end(h);
}

static void (*const steps[])(struct tcp_handoff_http *h, u8 c) = {
	[S_START] = at_start,
	[S_START_LF] = at_line_feed,
	[S_METHOD] = at_method,
	[S_TARGET] = at_target,
	[S_SCHEME] = at_scheme,
	[S_SLASHES] = at_slashes,
	[S_AUTHORITY] = at_authority,
	[S_PATH] = at_path,
	[S_QUERY] = at_query,
	[S_ASTERISK] = at_asterisk,
	[S_VERSION] = at_version,
	[S_VERSION_END] = at_version_end,
	[S_VERSION_LF] = at_line_feed,
	[S_LINE] = at_line,
	[S_NAME] = at_name,
	[S_VALUE] = at_value,
	[S_VALUE_LF] = at_line_feed,
	[S_END_LF] = at_line_feed,
};

/**
 * tcp_handoff_http_feed() - look at the next bytes of a request
 * @h:    zeroed before the first byte
 * @data: bytes that follow what was fed before
 * @len:  number of them
 *
 * Stops behind the head, or at what makes it none; until then it takes
 * everything.
 *
 * Context: any
 * Return: bytes taken
 */
size_t tcp_handoff_http_feed(struct tcp_handoff_http *h, const void *data,
			     size_t len)
{
	const u8 *p = data;
	size_t n;

	for (n = 0; n < len && h->state < S_DONE; n++) {
		if (h->pos == TCP_HANDOFF_HTTP_MOST) {
			fail(h, TCP_HANDOFF_HTTP_E_TOO_LONG);
			break;
		}
		steps[h->state](h, p[n]);
		h->pos++;
	}
	return n;
}

/**
 * tcp_handoff_http_is_done() - is the head complete, and well-formed?
 * @h: parser
 * Return: true if all of its results may be used
 */
bool tcp_handoff_http_is_done(const struct tcp_handoff_http *h)
{
	return h->state == S_DONE;
}

/**
 * tcp_handoff_http_is_idle() - has no request begun yet?
 * @h: parser
 * Return: true if nothing but empty lines was seen
 */
bool tcp_handoff_http_is_idle(const struct tcp_handoff_http *h)
{
	return h->state == S_START || h->state == S_START_LF;
}

/**
 * tcp_handoff_http_status() - how to answer a head that is none
 * @h: parser
 * Return: status code, 0 if there is no error
 */
unsigned int tcp_handoff_http_status(const struct tcp_handoff_http *h)
{
	static const u16 status[] = {
#define X(name, status, text) [TCP_HANDOFF_HTTP_E_##name] = status,
		TCP_HANDOFF_HTTP_ERRORS(X)
#undef X
	};

	return status[h->error];
}

/**
 * tcp_handoff_http_text() - what is wrong with a head, as a sentence
 * @h: parser
 * Return: constant string, "" if there is no error
 */
const char *tcp_handoff_http_text(const struct tcp_handoff_http *h)
{
	static const char * const texts[] = {
		[TCP_HANDOFF_HTTP_OK] = "",
#define X(name, status, text) [TCP_HANDOFF_HTTP_E_##name] = text,
		TCP_HANDOFF_HTTP_ERRORS(X)
#undef X
	};

	return texts[h->error];
}

/**
 * tcp_handoff_http_is_persistent() - may a next request follow this one?
 * @h: parser that is done
 *
 * RFC 9112, section 9.3.
 *
 * Return: true if the client wants the connection to stay
 */
bool tcp_handoff_http_is_persistent(const struct tcp_handoff_http *h)
{
	return !h->close && (h->minor || h->keep_alive);
}
