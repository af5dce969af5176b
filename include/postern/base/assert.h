/* Assertions that stay on in release builds. For bugs of ours, never for input: input gets an error. */
#ifndef POSTERN_BASE_ASSERT_H
#define POSTERN_BASE_ASSERT_H

#include "postern/base/attributes.h"

/* Abort with a message on standard error unless the condition holds. */
#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))

NORETURN void assert_failed(const char *condition, const char *file, int line);

#endif
