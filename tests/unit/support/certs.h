/* A small factory of keys, certificates and CRLs, made in memory when a test runs. What an option does not
 * say is what a good CA would do; what only a bad one does has an option too. Any failure ends the test. */
#ifndef POSTERN_TESTS_CERTS_H
#define POSTERN_TESTS_CERTS_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/buffer.h"
#include "postern/base/slice.h"

/* 2026-03-01T12:00:00Z, the present in tests. */
#define CERTS_NOW  INT64_C(1772366400)
#define CERTS_DAY  INT64_C(86400)
#define CERTS_YEAR (365 * CERTS_DAY)

/* A raw extension: value is the DER inside the OCTET STRING, as hex. */
struct cert_extension {
    const char *oid; /* "2.5.29.20" */
    bool is_critical;
    const char *value;
};

struct cert_options {
    const char *cn;     /* subject, together with: */
    const char *ou, *o; /* NULL: none */
    size_t cn_length;   /* if set, CN is that many bytes (with NULs) */
    int cn_type;        /* V_ASN1_*; 0: UTF8String */
    const char *key;    /* "P-256" (also if NULL), "P-384", "P-521", "P-224", "RSA-2048", "Ed25519", ... */
    const char *digest; /* of the signature on it; NULL: SHA256 */
    bool pss;           /* RSASSA-PSS by an RSA issuer */
    const char *serial; /* hex; NULL: made from the subject, so that it differs and is the same each run */
    int64_t not_before, not_after; /* wall seconds; 0: a year before CERTS_NOW, ten years after */
    bool is_ca;
    bool no_constraints;    /* no basicConstraints */
    int path_length;        /* of a CA: constraint + 1; 0: none */
    const char *eku;        /* "clientAuth", "serverAuth,clientAuth"; NULL: clientAuth for a leaf; "": none */
    const char *key_usage;  /* NULL: digitalSignature, or keyCertSign,cRLSign; "": none */
    const char *san;        /* "DNS:a,URI:spiffe://b/c"; NULL: none */
    const char *crl_points; /* "URI:http://..."; NULL: none */
    const char *constraints;     /* nameConstraints: "permitted;DNS:.example"; NULL: none */
    bool no_key_ids;             /* neither subject nor authority key identifier */
    const struct cert *same_key; /* use its key: renewed, cross-signed */
    const struct cert_extension *extensions;
    size_t extension_count;
};

/* A certificate with its key. */
struct cert {
    X509 *x509;
    EVP_PKEY *key;
};

/*   issuer  NULL: self-signed
 * Gives; cert_free() accepts NULL. */
struct cert *cert_new(const struct cert_options *options, const struct cert *issuer);
void cert_free(struct cert *cert);
/* The usual three, P-256: a root, an intermediate with pathlen 0 under it, a leaf for clients. */
struct cert *cert_root(const char *cn);
struct cert *cert_intermediate(const char *cn, const struct cert *issuer);
struct cert *cert_leaf(const char *cn, const struct cert *issuer);
EVP_PKEY *cert_key_new(const char *kind);

/* Append PEM or DER to a buffer. */
void cert_append_pem(struct buffer *out, const struct cert *cert);
void cert_append_der(struct buffer *out, const struct cert *cert);
void cert_append_key_pem(struct buffer *out, const struct cert *cert);

struct crl_entry_options {
    const struct cert *cert; /* whose serial; or: */
    const char *serial;      /* hex */
    int reason;              /* CRLReason + 1; 0: none given */
    const struct cert_extension *extensions;
    size_t extension_count;
};

struct crl_factory_options {
    const char *number;  /* hex; NULL: "01"; "": no crlNumber */
    int64_t this_update; /* 0: a day before CERTS_NOW */
    int64_t next_update; /* 0: 30 days after CERTS_NOW */
    bool no_next_update;
    bool no_key_id;
    bool version_1; /* no extensions at all */
    const char *digest;
    bool pss;
    const struct cert *signer; /* signs in place of the issuer */
    const struct crl_entry_options *entries;
    size_t entry_count;
    const struct cert_extension *extensions; /* more of them */
    size_t extension_count;
};

/* A CRL of this CA. Gives; free with X509_CRL_free(). options may be NULL. */
X509_CRL *crl_new(const struct crl_factory_options *options, const struct cert *issuer);
void crl_append_pem(struct buffer *out, X509_CRL *crl);
void crl_append_der(struct buffer *out, X509_CRL *crl);

/* PEM of these certificates, in this order. Gives; free with buffer_clear(). */
struct buffer certs_pem(const struct cert *const *certs, size_t count);

#endif
