/* Bytes that end at a page which cannot be read: a parser that looks one byte too far dies there, also in a
 * build without sanitizers. mmap(2), PROT_NONE. */
#ifndef POSTERN_TESTS_GUARD_H
#define POSTERN_TESTS_GUARD_H

#include <stddef.h>

/* A copy of length bytes, flush against the unreadable page. May be written to. Gives; free with
 * guard_free(). Fails the test on exhaustion. The address is aligned for char only. */
void *guard_copy(const void *bytes, size_t length);
/* Accepts NULL. */
void guard_free(void *copy, size_t length);

#endif
