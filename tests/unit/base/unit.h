/* What cmocka wants included before it. */
#ifndef POSTERN_TESTS_BASE_UNIT_H
#define POSTERN_TESTS_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

static inline void assert_holds(const struct buffer *buffer, const char *expected)
{
    struct slice held = buffer_view(buffer);
    if (!slice_equal_text(held, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARG(held), expected);
}

#endif
