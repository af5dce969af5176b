/* Compiler attributes under readable names. */
#ifndef POSTERN_BASE_ATTRIBUTES_H
#define POSTERN_BASE_ATTRIBUTES_H

#define NODISCARD                 __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, values) __attribute__((format(printf, text, values)))
#define NORETURN                  __attribute__((noreturn))
#define LENGTH_OF(array)          (sizeof(array) / sizeof((array)[0]))

#endif
