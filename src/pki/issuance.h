/* One act of issuing and what it holds, passed through the steps of issue.c: grant (what may stand in it),
 * make, stage (the holder's files), enter, commit, supersede. */
#ifndef POSTERN_PKI_ISSUANCE_H
#define POSTERN_PKI_ISSUANCE_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "delivery.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/issue.h"
#include "postern/pki/profile.h"
#include "staging.h"

struct issuance {
    struct pki_profile *profile;
    struct pki_authority *issuer;
    const struct pki_issue_options *options;
    enum pki_kind kind;
    const char *name, *unit; /* granted; borrowed from options, its request or kept_unit */
    char *kept_unit;         /* of the certificate that is renewed */
    GENERAL_NAMES *names;
    EVP_PKEY *key;   /* what is certified */
    bool has_secret; /* the key is a pair that was made here */
    X509 *certificate;
    struct pki_delivery delivery;
    struct pki_staging staging; /* newcerts/SERIAL.pem and index.txt */
    struct pki_issued *out;
};

/* "server" or "client". Static. */
const char *pki_kind_text(enum pki_kind kind);

/* Decide name, unit and alternative names: what the options say, what the request asks for and may have, all
 * held against the profile's patterns. grant.c */
NODISCARD int pki_grant(struct issuance *issuance, struct err *err);
/* Write all that the holder gets beside its folder. stage.c */
NODISCARD int pki_stage(struct issuance *issuance, struct err *err);
/* With an overlap: write down when the older certificates of this name and kind end. Before the new one
 * counts. supersede.c */
NODISCARD int pki_plan_overlap(struct issuance *issuance, struct err *err);
/* Without one: revoke them. After it counts. */
NODISCARD int pki_supersede(struct issuance *issuance, struct err *err);

#endif
