/* Sizes and durations as people write them in a configuration. */
#ifndef CONFIG_FORMAT_H
#define CONFIG_FORMAT_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define FORMAT_SIZE 32

enum format_problem { FORMAT_OK, FORMAT_NO_NUMBER, FORMAT_NO_UNIT, FORMAT_BAD_UNIT, FORMAT_TOO_LARGE };

/* 1*DIGIT with an optional KiB, MiB or GiB, to bytes. */
NODISCARD enum format_problem size_parse(struct slice text, uint64_t *bytes);
/* 1*DIGIT with ms, s, m, h or d, to milliseconds. FORMAT_NO_UNIT if there is none; a lone 0 needs none. */
NODISCARD enum format_problem duration_parse(struct slice text, uint64_t *ms);
/* In the largest unit that gives a whole number. Return out. */
const char *size_format(uint64_t bytes, char out[FORMAT_SIZE]);
const char *duration_format(uint64_t ms, char out[FORMAT_SIZE]);

#endif
