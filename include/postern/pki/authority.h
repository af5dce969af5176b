/* A certification authority: its folder, certificate, private key and database. A profile has one or two,
 * root/ and intermediate/, each with ca.pem, private/ca.key and the files of database.h.
 *
 * The certificate is read when the profile is opened; the key only when something must be signed, so that a
 * Root whose key lives elsewhere (private/ca.key taken away) is no hindrance to anything but its own CRL. */
#ifndef POSTERN_PKI_AUTHORITY_H
#define POSTERN_PKI_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/key.h"
#include "postern/pki/settings.h"

struct x509_st;
struct evp_pkey_st;

struct pki_authority {
    char *directory;
    struct x509_st *certificate;
    struct evp_pkey_st *key; /* NULL until pki_authority_unlock() */
    char *key_path;          /* where the key lies instead of private/ca.key; or NULL */
    struct x509_st *cross;   /* cross.pem: its key certified by the Root before (RFC 4210 §4.4); or NULL */
    struct pki_database database;
    bool has_database;  /* it is loaded */
    bool crl_is_behind; /* the index has changed since the CRL */
};

/* A new authority to make. Strings are borrowed. */
struct pki_authority_plan {
    const char *directory;   /* made here, 0700; must not exist */
    const char *common_name; /* of its subject */
    const struct pki_settings *settings;
    const char *key_path;   /* where to write the key instead of private/ca.key; must not exist; or NULL */
    const char *passphrase; /* of its key file; NULL: not encrypted */
    enum pki_key_type key;
    int path_length; /* how many authorities may stand below: 1 Root, 0 Intermediate or single */
    int64_t not_before_s, not_after_s;
};

/* Make key, certificate and database. RFC 5280 §4.2.1: cA TRUE and keyUsage keyCertSign, cRLSign, both
 * critical; the Intermediate's certificate is entered in its issuer's database.
 *   issuer  unlocked, with its database loaded and saved here; NULL: self-signed; borrows
 *   out     is initialised, unlocked and with its database; clear it in any case
 * Returns 0, or -1 with err. */
NODISCARD int pki_authority_create(struct pki_authority *out, const struct pki_authority_plan *plan,
                                   struct pki_authority *issuer, struct err *err);

/* Read ca.pem. Returns 0, or -1 with err; clear it in any case. */
NODISCARD int pki_authority_load(struct pki_authority *authority, const char *directory, struct err *err);
/* Read the key, unless it is there, and check that it belongs to the certificate.
 *   passphrase  for an encrypted key; may be NULL; borrows
 * Returns 0, or -1 with err. */
NODISCARD int pki_authority_unlock(struct pki_authority *authority, const char *passphrase, struct err *err);
/* True if the key file is there. */
bool pki_authority_has_key_file(const struct pki_authority *authority);
/* Load the database, unless it is loaded. Returns 0, or -1 with err. */
NODISCARD int pki_authority_need_database(struct pki_authority *authority, struct err *err);
void pki_authority_clear(struct pki_authority *authority);

#endif
