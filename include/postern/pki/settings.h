/* What a profile is set to: the file profile.conf in its directory, "key = value" lines and '#' comments.
 * Written once by init, then the owner's to edit. Each key is one row of a table in settings.c. */
#ifndef POSTERN_PKI_SETTINGS_H
#define POSTERN_PKI_SETTINGS_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

#define PKI_DAYS_MAX 36525u /* a hundred years */

struct pki_settings {
    char *organization; /* O of every subject, or NULL */
    char *country;      /* C of every subject, or NULL */
    char *crl_uri;      /* CRL distribution point in certificates of the issuing authority, or NULL */
    char *root_crl_uri; /* the same in the Intermediate's certificate, or NULL */
    char *ocsp_uri;     /* OCSP responder in certificates of the issuing authority, or NULL */
    /* Lists of patterns (src/pki/pattern.h), or NULL for anything; held against all that is issued. */
    char *client_name, *client_ou, *client_san; /* CN, OU, each alternative name as "URI:spiffe://..." */
    char *server_name, *server_san;
    uint64_t crl_days;      /* life of the Intermediate's CRL (of the only one in a single-CA profile) */
    uint64_t root_crl_days; /* life of the Root's CRL */
    uint64_t server_days;   /* life of a server certificate */
    uint64_t client_days;   /* life of a client certificate */
};

/* The defaults: 30, 365, 90, 30 days. */
void pki_settings_init(struct pki_settings *settings);
void pki_settings_clear(struct pki_settings *settings);
/* Read a file; one that is not there means the defaults, as in a directory made by `openssl ca`. Initialises.
 * Returns 0, or -1 with err at file and line: unknown or repeated key, bad value. */
NODISCARD int pki_settings_load(struct pki_settings *settings, const char *path, struct err *err);
/* Check values that came from elsewhere. Returns 0, or -1 with err. */
NODISCARD int pki_settings_check(const struct pki_settings *settings, struct err *err);
/* Write the file with every key, those that are unset as comments. Returns 0, or -1 with err. */
NODISCARD int pki_settings_save(const struct pki_settings *settings, const char *path, struct err *err);

#endif
