/* Who is connected to a worker, and when each client was there last: a table by the certificate's fingerprint
 * in memory that the supervisor maps read-only. It costs a worker one lookup where a connection begins and
 * one where it ends. 32 bytes a client; where a neighbourhood of the table is full, the one who is not
 * connected and was away longest makes room. What a client's path is has been told to the supervisor once
 * (seen.h). */
#ifndef POSTERN_OBSERVE_VISITS_H
#define POSTERN_OBSERVE_VISITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"

#define VISITS_MAX       262144u /* a power of two, and sparse: 100,000 clients find room near their home */
#define VISITS_REACH     64u     /* places from its home where a client may stand */
#define VISITS_TELL_S    21600   /* tell a client's path again, since it may have got another */
#define VISIT_KEY_SIZE   16      /* of the fingerprint, SHA-256 */
#define FINGERPRINT_SIZE 32

struct visit {
    unsigned char key[VISIT_KEY_SIZE]; /* zero: nobody has stood here */
    _Atomic uint32_t last_s, told_s;   /* wall seconds */
    _Atomic uint32_t open;             /* connections */
    uint32_t unused;
};

struct visits {
    struct visit table[VISITS_MAX];
};

/* A connection of an admitted client begins.
 *   fingerprint  FINGERPRINT_SIZE bytes
 * Returns the client's place, or NULL if it is not counted: everybody near is connected. */
struct visit *visits_arrive(struct visits *visits, const unsigned char *fingerprint, int64_t now_s);
/* It ends. The place may have been found or not. */
void visits_leave(struct visits *visits, const unsigned char *fingerprint, int64_t now_s);
/* Is it time to tell the path? The caller notes by visit_told() that it has. */
bool visit_is_untold(const struct visit *visit, int64_t now_s);
void visit_told(struct visit *visit, int64_t now_s);

/* By anybody: when was it there last, and with how many connections is it there now? False if it never was.
 */
NODISCARD bool visits_find(const struct visits *visits, const unsigned char *fingerprint, int64_t *last_s,
                           uint32_t *open);

#endif
