/* Issuing certificates to servers and clients. RFC 5280 §4.2.1: CA:FALSE; keyUsage digitalSignature, critical
 * (keyEncipherment too for an RSA server, for TLS 1.2 key transport); extendedKeyUsage serverAuth for servers
 * and clientAuth for clients, never both; SKI and AKI; SANs; CRL distribution point and OCSP if the profile
 * has them. notBefore is a minute back, for clocks that differ.
 *
 * The profile's patterns (client_name and its like in profile.conf) hold for everybody. With a request
 * (PKCS#10) the holder keeps its key and gets certificates only.
 *
 * A name has one valid certificate of each kind: issuing again revokes the old one (superseded). Its folder,
 * server/NAME/ or client/NAME/, is exchanged whole, so that certificate and key always belong together. */
#ifndef POSTERN_PKI_ISSUE_H
#define POSTERN_PKI_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/key.h"

#define PKI_PASSPHRASE_SIZE 32

struct pki_profile;
struct pki_request;
struct evp_pkey_st;
struct x509_st;

/* All strings are borrowed; NULL, 0 and false mean the default. */
struct pki_issue_options {
    const char *directory; /* the profile's; not used by pki_issue() */
    const char *name;      /* CN and folder; may be NULL with a request, for its CN */
    const char *unit;      /* OU */
    const char *san;       /* "DNS:a,IP:::1,URI:spiffe://b/c,email:d@e"; the type may be left out. A server's
                              name is added when it is a host name or address */
    uint64_t days;         /* 0: the profile's, but never past the issuer's own end */
    enum pki_key_type key; /* of a new pair; not looked at with one of the next two */
    const struct pki_request *request; /* certify its key; what it asks for beyond these options must be
                                          allowed by the profile's patterns */
    struct evp_pkey_st *public_key;    /* certify this key */
    struct x509_st *like;              /* what it has in unit and alternative names is granted too */
    uint64_t overlap_days;     /* older certificates of the name stay valid for so long; 0: revoked now */
    const char *ca_passphrase; /* of an encrypted issuer's key */
    const char *passphrase;    /* of the client's PKCS#12; NULL: a random one */
    bool no_passphrase;        /* the PKCS#12 opens with the empty passphrase */
    bool legacy_pkcs12;        /* PBE-SHA1-3DES */
    const struct clock *clock; /* not used by pki_issue() */
};

struct pki_issued {
    char serial[PKI_SERIAL_TEXT_SIZE]; /* upper-case hex */
    int64_t not_after_s;
    char *directory; /* the folder of the name */
    char *certificate, *fullchain;
    char *key;                            /* NULL if it was made elsewhere */
    char *pkcs12;                         /* clients whose key was made here, else NULL */
    char passphrase[PKI_PASSPHRASE_SIZE]; /* the random one, else empty; cleansed by pki_issued_clear() */
    size_t superseded;                    /* how many older certificates were revoked */
    size_t overlapping;                   /* how many will be when the overlap ends */
};

enum pki_kind { PKI_ANY, PKI_SERVER, PKI_CLIENT };

/* Open the profile for writing, issue, close.
 *   out  is filled on success; clear with pki_issued_clear()
 * Returns 0, or -1 with err, nothing half done: a bad name or SAN, days past the issuer's end, no profile, no
 * key, a disk that is full. */
NODISCARD int pki_issue_server(const struct pki_issue_options *options, struct pki_issued *out,
                               struct err *err);
NODISCARD int pki_issue_client(const struct pki_issue_options *options, struct pki_issued *out,
                               struct err *err);
/* The same in a profile that is open for writing. */
NODISCARD int pki_issue(struct pki_profile *profile, enum pki_kind kind,
                        const struct pki_issue_options *options, struct pki_issued *out, struct err *err);
/* Issue again to whoever has a valid certificate: the same name, unit and alternative names. A holder whose
 * key was made elsewhere keeps it, unless there is a new request. kind  PKI_ANY if the name is a server's or
 * a client's alone Returns 0, or -1 with err. */
NODISCARD int pki_renew(enum pki_kind kind, const struct pki_issue_options *options, struct pki_issued *out,
                        struct err *err);
void pki_issued_clear(struct pki_issued *issued);

#endif
