/* One value on its way from a line to its place: checked by the function of its key's type, or refused with
 * an error that says where, what and what would be right. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stddef.h>

#include "key.h"
#include "postern/base/arena.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/config/config.h"

/* More lines of one repeatable key are a mistake of whatever wrote them, and would cost time to compare. */
#define VALUE_REPEATS_MAX 1024

struct value {
    struct config *config; /* of the arena and the file's path */
    struct err *err;
    const struct key *key;
    const char *section; /* with its argument */
    const char *name;    /* of the key as written */
    struct slice text;   /* not empty; ends before a NUL */
    unsigned line;
};

/* Check it and store it at target, the struct of the key's section. Returns 0, or -1 with err. */
NODISCARD int value_set(const struct value *value, void *target);

/* "'text' WHAT": the place, the value quoted (shortened), then the message. Always -1. */
int value_error(const struct value *value, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same without the quoted value. */
int value_error_plain(const struct value *value, const char *format, ...) PRINTF_LIKE(2, 3);
int value_error_memory(const struct value *value);

/* A copy in the configuration's arena; NULL with err. */
NODISCARD const char *value_copy(const struct value *value, struct slice text);
/* Room for one more item behind count of them: a larger copy now and then. NULL with err, also over
 * VALUE_REPEATS_MAX. */
NODISCARD void *value_append(const struct value *value, const void *items, size_t count, size_t size);
/* Append to a list, refusing the same text twice. */
NODISCARD int value_append_text(const struct value *value, struct config_texts *list);
/* The path resolved against the file that names it, in the arena; NULL with err. */
NODISCARD const char *value_path(const struct value *value, struct slice path);
/* As above, at most as long as the address of a unix socket. unix(7). */
NODISCARD const char *value_socket_path(const struct value *value, struct slice path);

/* One function a type. */
NODISCARD int value_set_address(const struct value *value, void *target);
NODISCARD int value_set_server(const struct value *value, void *target);
NODISCARD int value_set_host(const struct value *value, void *target);
NODISCARD int value_set_certificate(const struct value *value, void *target);
NODISCARD int value_set_private_key(const struct value *value, void *target);
NODISCARD int value_set_dn(const struct value *value, void *target);
NODISCARD int value_set_preset(const struct value *value, void *target);
NODISCARD int value_set_field(const struct value *value, void *target);

#endif
