/* Making a profile: Root (20 years, pathlen 1), Intermediate (10 years, pathlen 0), an empty CRL for each,
 * the bundles. Made in a directory beside and renamed, so that there is all of it or none. */
#ifndef POSTERN_PKI_INIT_H
#define POSTERN_PKI_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/key.h"

/* All strings are borrowed; NULL, 0 and false mean the default. */
struct pki_init_options {
    const char *directory;       /* must not exist, or be empty; its parents are made */
    const char *profile;         /* in the authorities' names: "PROFILE Root CA" */
    const char *organization;    /* O of every subject */
    const char *country;         /* C of every subject */
    bool single;                 /* one authority only, which issues itself */
    enum pki_key_type key;       /* of the authorities */
    const char *root_passphrase; /* encrypts the Root's key */
    const char *root_key;        /* the file to write it to, elsewhere; must not exist */
    uint64_t root_days, intermediate_days;
    uint64_t root_crl_days, crl_days;
    const char *crl_uri, *root_crl_uri, *ocsp_uri;
    const char *client_name, *client_ou, *client_san, *server_name, *server_san; /* patterns, settings.h */
    const struct clock *clock;
};

struct pki_init_result {
    char *root_certificate;
    char *intermediate_certificate; /* NULL with single */
    char *ca_bundle;                /* client-ca-bundle.pem */
    char *crl_bundle;               /* crl-bundle.pem */
};

/* Make a profile.
 *   result  is filled on success; clear with pki_init_result_clear()
 * Returns 0, or -1 with err: the directory holds something, a bad name, country or URI, a full disk. */
NODISCARD int pki_init(const struct pki_init_options *options, struct pki_init_result *result,
                       struct err *err);
void pki_init_result_clear(struct pki_init_result *result);

#endif
