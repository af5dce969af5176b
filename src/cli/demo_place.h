/* Where a demo lives: a directory with a throw-away PKI and a configuration, made at the start and removed at
 * the end. */
#ifndef POSTERN_CLI_DEMO_PLACE_H
#define POSTERN_CLI_DEMO_PLACE_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

struct demo_place {
    char *directory; /* absolute */
    bool is_made;    /* the directory itself was made by us, and goes with the rest */
    char *pki;       /* directory of the profile */
    char *config;    /* the configuration file */
    char *trust, *crl, *server_certificate, *server_key;
    char *alice_p12, *bob_p12; /* the clients' PKCS#12 files */
    char alice_passphrase[32], bob_passphrase[32];
};

/* Make directory and PKI.
 *   directory  to use, made if it is not there, else it must be empty; NULL: a new one under TMPDIR or /tmp
 *   host       one more name for the server's certificate, or NULL
 * Returns 0, or -1 with err. Clear in any case. */
NODISCARD int demo_place_make(struct demo_place *place, const char *directory, const char *host,
                              struct err *err);

struct demo_config {
    const char *listen;  /* address */
    const char *backend; /* HOST:PORT */
    bool is_foreign;     /* not our own backend: it gets its own name as Host */
    bool is_check;       /* nobody watches: the access log goes to a file */
};
/* Write the configuration. Returns 0, or -1 with err. */
NODISCARD int demo_place_configure(struct demo_place *place, const struct demo_config *config,
                                   struct err *err);
/* Remove everything that was made. */
void demo_place_clear(struct demo_place *place);

#endif
