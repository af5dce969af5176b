/* What cmocka wants included before it. */
#ifndef POSTERN_TESTS_GENERATION_UNIT_H
#define POSTERN_TESTS_GENERATION_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/file.h"

#endif
