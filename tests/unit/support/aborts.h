/* Code that must abort, run in a child process. fork(2). */
#ifndef POSTERN_TESTS_ABORTS_H
#define POSTERN_TESTS_ABORTS_H

#include <stddef.h>

/* Runs it in a child and returns the signal that ended that, or 0. What the child wrote to standard error is
 * put into text, cut to size - 1 bytes, with a NUL behind it. */
int signal_of(void (*run)(void), char *text, size_t size);

#endif
