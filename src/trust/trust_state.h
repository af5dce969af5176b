/* Inside struct trust, shared by what builds it (trust.c), verifies (verify.c) and judges (verdict.c). */
#ifndef POSTERN_TRUST_TRUST_STATE_H
#define POSTERN_TRUST_TRUST_STATE_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "issuers.h"
#include "postern/trust/trust.h"
#include "verified.h"

struct trust_anchor {
    struct trust_id id;
    int64_t not_before, not_after; /* of the certificate of this CA that lasts longest */
};

struct trust {
    struct trust_policy policy; /* publishes_none points to copies of ours */
    bool partial_chain;         /* allowed, and needed: a CA of the bundle has its issuer elsewhere */
    X509_STORE *store;
    struct stack_st_X509_NAME *names;
    struct trust_anchor *anchors;
    size_t anchor_count;
    const struct crl_index *index; /* borrowed; NULL without CRLs */
    struct issuers *issuers;       /* grows as clients present CAs, */
    struct verified *verified;     /* and this as they are admitted; all else stays as it was built */
};

#endif
