/* The CAs that a struct trust has met: those of the bundle, and those that clients brought with a verified
 * path. They are remembered for what the bytes of a path do not tell: the name for messages, whether the CA
 * publishes no CRL, and its key, by which a pending CRL is verified when its CA first turns up. Brought ones
 * are bounded: the oldest makes room. */
#ifndef POSTERN_TRUST_ISSUERS_H
#define POSTERN_TRUST_ISSUERS_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/trust/certificate.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/trust.h"

#define ISSUERS_BROUGHT_MAX 256u

struct issuers;

struct issuer {
    struct trust_id id, name;
    EVP_PKEY *key;
    unsigned char key_id[CRL_KEY_ID_MAX];
    size_t key_id_length; /* 0: its certificate has none */
    bool signs_crls;      /* key usage allows it */
    bool publishes_none;
    char text[CERTIFICATE_NAME_MAX];          /* RFC 2253 */
    unsigned char text_name[TRUST_NAME_SIZE]; /* trust_name_of_text() of it */
};

/* policy, index: keep; index may be NULL. */
struct issuers *issuers_new(const struct trust_policy *policy, const struct crl_index *index);
void issuers_free(struct issuers *issuers);
/* A CA of the bundle. Returns 0, or -1 if it cannot be read. Borrows. */
NODISCARD int issuers_add(struct issuers *issuers, X509 *ca, const struct trust_id *id);
/* A CA on a verified path, unless it is known: verifies the pending CRLs that name it. Borrows. */
void issuers_meet(struct issuers *issuers, X509 *ca, const struct trust_id *id);
/* All that the other has met. */
void issuers_inherit(struct issuers *issuers, const struct issuers *older);
/* A CA of the bundle, from 0 on; NULL behind the last. */
const struct issuer *issuers_bundled(const struct issuers *issuers, size_t i);
/* NULL if unknown. Borrowed until the next issuers_meet(). */
const struct issuer *issuers_find(const struct issuers *issuers, const struct trust_id *id);

/* Pending CRLs, numbered as crl_index_record() does, 0 to issuers_pending() - 1. */
size_t issuers_pending(const struct issuers *issuers);
/* Was it found to be signed by this CA? */
bool issuers_is_pending_of(const struct issuers *issuers, size_t pending, const struct trust_id *id);
/* Is there one that could be this CA's, and that was found to be nobody's? It names the CA, and is damaged,
 * or the CA may sign no CRLs. issuer NULL: not met, so any could. */
bool issuers_has_doubtful(const struct issuers *issuers, const struct issuer *issuer);

#endif
