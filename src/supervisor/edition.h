/* A generation as the supervisor holds it: the sealed pack, the keys in locked memory, and the summary. It
 * hands both to workers and looks into neither but for the summary and the report. */
#ifndef POSTERN_SUPERVISOR_EDITION_H
#define POSTERN_SUPERVISOR_EDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/secret.h"
#include "postern/base/slice.h"
#include "postern/generation/pack.h"
#include "postern/generation/summary.h"
#include "postern/observe/log.h"

#define EDITION_SECRET_SIZE 32

struct edition {
    uint64_t number;
    int pack_fd;
    struct pack pack;
    struct secret keys;
    bool has_ticket_secret; /* that of this start, as the last of the keys */
    struct summary summary;
    int64_t since_s; /* wall seconds when it came into force; 0: not yet */
};

/*   pack_fd  takes, also on failure
 *   keys     keys.h; borrows, copied
 * Returns NULL with err. Free with edition_free(). */
NODISCARD struct edition *edition_new(int pack_fd, struct slice keys, struct err *err);
/* Add the ticket secret of this start to the keys unless it is there, EDITION_SECRET_SIZE bytes. Returns 0,
 * or -1 with err: the keys are none. */
NODISCARD int edition_add_secret(struct edition *edition, struct slice secret, struct err *err);
void edition_free(struct edition *edition);
/* Log what was found in its files that was not found for the generation before; warnings are not news, they
 * are told with each generation anew. */
void edition_tell_news(const struct edition *edition, const struct edition *before, struct log *log);
/* First 16 hex digits of the digest of all inputs. Returns out. */
const char *edition_digest(const struct edition *edition, char out[17]);

#endif
