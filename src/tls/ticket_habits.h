/* Who comes back with a ticket, and who never does: a script that runs curl once a minute, a health check, a
 * client whose library keeps no sessions. To make a ticket costs a fifth of a full handshake, so after some
 * in vain a client gets one at every sixteenth full handshake only, until it resumes a session again.
 * Remembered for a bounded number of clients, by fingerprint; who shares a place with another is mistaken for
 * it, which costs a ticket too many or too few and nothing else. Private to room tls. */
#ifndef POSTERN_SRC_TLS_TICKET_HABITS_H
#define POSTERN_SRC_TLS_TICKET_HABITS_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/trust/path.h"

#define TICKET_HABITS_PLACES 4096
#define TICKET_HABITS_VAIN   4  /* tickets in a row that may go unused */
#define TICKET_HABITS_EVERY  16 /* full handshakes to a ticket after that */

struct ticket_habits {
    unsigned char vain[TICKET_HABITS_PLACES]; /* full handshakes since the client resumed, up to a bound */
};

/* A full handshake has ended. Is a ticket worth its cost? */
bool ticket_habits_full(struct ticket_habits *habits,
                        const unsigned char fingerprint[TRUST_FINGERPRINT_SIZE]);
/* A session was resumed. */
void ticket_habits_resumed(struct ticket_habits *habits,
                           const unsigned char fingerprint[TRUST_FINGERPRINT_SIZE]);

#endif
