/* Private keys on their way from the loader through the supervisor to the workers: in locked memory at each
 * end, in a message between, never in a file or in shared memory. In this order: the key of each pair, the
 * ticket secret if a file has it, and the ticket secret of this start, which the supervisor adds. */
#ifndef POSTERN_GENERATION_KEYS_H
#define POSTERN_GENERATION_KEYS_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/secret.h"
#include "postern/base/slice.h"

#define KEYS_MAX       8u
#define KEYS_PAIRS_MAX (KEYS_MAX - 2)
#define KEY_SIZE_MAX   (16u * 1024) /* bytes of one key file */
#define KEYS_SIZE_MAX  (KEYS_MAX * (KEY_SIZE_MAX + 4) + 4)

/* Make a secret that holds no keys and has room for all. Returns 0, or -1 with errno. */
NODISCARD int keys_init(struct secret *keys);
/* Room for one key of up to KEY_SIZE_MAX bytes; write there, then keys_commit(). NULL if there are KEYS_MAX.
 */
NODISCARD char *keys_reserve(struct secret *keys);
void keys_commit(struct secret *keys, size_t length);
/* Take the bytes apart.
 *   bytes  of a secret that was filled so; borrows
 *   out    KEYS_MAX views into bytes
 * Returns how many, or -1 if the bytes are not keys. */
NODISCARD int keys_parse(struct slice bytes, struct slice out[KEYS_MAX]);

#endif
