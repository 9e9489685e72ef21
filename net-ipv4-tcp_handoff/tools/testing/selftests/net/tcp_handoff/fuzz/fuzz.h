/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TCP_HANDOFF_FUZZ_H
#define _TCP_HANDOFF_FUZZ_H

/* What libFuzzer calls, and what it offers. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t most,
			       unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t most);
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

#endif /* _TCP_HANDOFF_FUZZ_H */
