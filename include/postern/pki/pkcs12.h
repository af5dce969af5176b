/* PKCS#12 files (RFC 7292): key, certificate and Intermediate in one, for browsers, phones, curl, Java.
 * By default PBES2 with AES-256-CBC and a SHA-256 MAC, which everything since about 2020 opens; legacy is
 * PBE-SHA1-3DES for key and certificates and a SHA-1 MAC, for older systems and Apple's. Neither needs
 * OpenSSL's legacy provider: that is for RC2, which we never write. */
#ifndef POSTERN_PKI_PKCS12_H
#define POSTERN_PKI_PKCS12_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"

struct evp_pkey_st;
struct x509_st;

struct pki_pkcs12_plan {
    const char *name; /* friendlyName */
    struct evp_pkey_st *key;
    struct x509_st *certificate;
    struct x509_st *intermediate; /* or NULL */
    const char *passphrase;       /* UTF-8; "" for none */
    bool legacy;
};

/* All is borrowed; out is initialised and takes the DER, clear with buffer_clear(). Returns 0, or -1 with
 * err. */
NODISCARD int pki_pkcs12_write(const struct pki_pkcs12_plan *plan, struct buffer *out, struct err *err);

/* A random passphrase that people can read aloud and type: four groups of six, 118 bits.
 *   size  at least PKI_PASSPHRASE_SIZE (issue.h) */
NODISCARD int pki_passphrase_draw(char *out, size_t size, struct err *err);

#endif
