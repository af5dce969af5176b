/* What a profile shows to everybody, packed by a process that may read the profile into sealed memory, for
 * processes that may not: certificates, CRLs, bundles, and the status of each serial. Nothing secret. */
#ifndef POSTERN_SRC_PKI_PUBLICATION_H
#define POSTERN_SRC_PKI_PUBLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/web/server.h"

#define PUBLICATION_AUTHORITIES 2 /* Root, Intermediate */

struct pki_profile;

struct publication_times {
    int64_t certificate_from_s;
    int64_t this_update_s, next_update_s; /* of the CRL; 0: there is none */
};

struct publication_authority {
    struct slice certificate, crl; /* DER; empty: there is none */
    struct slice statuses;         /* ocsp_status.h */
    struct publication_times times;
};

struct publication {
    struct web_bytes bytes; /* counts who uses it; first */
    struct publication_authority authorities[PUBLICATION_AUTHORITIES];
    struct slice ca_bundle, crl_bundle; /* PEM */
    struct slice certificates;          /* PKCS#7, certificates only: DER */
};

/* Read the profile, and pack.
 *   with_statuses  for OCSP
 * Returns a close-on-exec descriptor of sealed memory, or -1 with err. */
NODISCARD int publication_pack(const char *directory, bool with_statuses, struct err *err);
/* Map it: takes fd. It has one reference. NULL if it is none. */
NODISCARD struct publication *publication_open(int fd);
void publication_unref(struct publication *publication);

#endif
