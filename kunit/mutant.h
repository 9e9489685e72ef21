/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff tests: messages that are no longer what they were.
 */
#ifndef _TCP_HANDOFF_TESTS_MUTANT_H
#define _TCP_HANDOFF_TESTS_MUTANT_H

#include <kunit/test.h>
#include <linux/prandom.h>

/*
 * struct mutant: a body that is changed again and again
 * @from, @from_len: what each change starts from, the caller's
 * @msg, @len:	     as it is now
 * @room:	     bytes that it may grow to
 */
struct mutant {
	struct rnd_state rnd;
	const u8 *from;
	size_t from_len;
	u8 *msg;
	size_t len, room;
};

void mutant_init(struct kunit *test, struct mutant *m, const u8 *from,
		 size_t len, u64 seed);
void mutant_next(struct mutant *m, int changes);
void mutant_next_values(struct mutant *m, int changes, u16 but);

#endif /* _TCP_HANDOFF_TESTS_MUTANT_H */
