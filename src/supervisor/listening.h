/* The listening sockets: one for each address and worker slot. They live as long as the supervisor, whatever
 * happens to workers, so that no client in a queue is lost. */
#ifndef POSTERN_SUPERVISOR_LISTENING_H
#define POSTERN_SUPERVISOR_LISTENING_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/generation/summary.h"
#include "postern/net/address.h"

struct listening {
    size_t address_count, slot_count;
    struct address bound[SUMMARY_ADDRESSES_MAX];
    int *fds[SUMMARY_ADDRESSES_MAX]; /* for each address, one a slot */
};

/* Open all. config_path: for messages. Returns 0, or -1 with err and nothing open. */
NODISCARD int listening_open(struct listening *listening, const struct summary *summary,
                             const char *config_path, struct err *err);
/* Close our copies: workers that hold the others go on. Also fine on a zeroed one. */
void listening_close(struct listening *listening);
/* The sockets of a slot into out[SUMMARY_ADDRESSES_MAX]. Returns how many. */
size_t listening_of_slot(const struct listening *listening, unsigned slot, int *out);

#endif
