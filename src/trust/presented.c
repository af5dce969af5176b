#include "postern/trust/presented.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "postern/base/assert.h"
#include "postern/trust/der.h"

enum { PKCS12_VERSION = 3 };

void presented_clear(struct presented *presented)
{
    X509_free(presented->leaf);
    sk_X509_pop_free(presented->others, X509_free);
    *presented = (struct presented){.leaf = NULL};
}

/*   certificate  takes */
static int add(struct presented *out, X509 *certificate, const char *path, struct err *err)
{
    if (out->leaf == NULL) {
        out->leaf = certificate;
        return 0;
    }
    if (sk_X509_num(out->others) < PRESENTED_MAX && sk_X509_push(out->others, certificate) > 0)
        return 0;
    X509_free(certificate);
    return err_set_at(err, path, 0, "more than %d certificates; give the client's and its intermediates",
                      PRESENTED_MAX);
}

/* PFX: SEQUENCE { INTEGER 3, ... }; a certificate begins with two SEQUENCEs. RFC 7292 §4. */
bool presented_is_pkcs12(struct slice bytes)
{
    struct der_element outer, version;
    uint32_t number = 0;
    /* Only the beginning is looked at: old writers use indefinite lengths further in. */
    return der_expect(&bytes, DER_SEQUENCE, &outer) && der_expect(&outer.body, DER_INTEGER, &version) &&
           der_small(&version, PKCS12_VERSION, &number) && number == PKCS12_VERSION;
}

static int parse_pkcs12(struct slice bytes, const char *passphrase, const char *path, struct presented *out,
                        struct err *err)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)bytes.length);
    EVP_PKEY *key = NULL;
    STACK_OF(X509) *others = NULL;
    X509 *leaf = NULL, *other;
    int result = 0;
    if (pkcs12 == NULL)
        return err_set_at(err, path, 0, "malformed PKCS#12");
    if (PKCS12_parse(pkcs12, passphrase != NULL ? passphrase : "", &key, &leaf, &others) != 1)
        result = err_set_at(
            err, path, 0,
            PKCS12_verify_mac(pkcs12, passphrase, -1)
                ? "PKCS#12 with an encryption that OpenSSL no longer opens (RC2?); write it anew"
                : "PKCS#12 that does not open; is the passphrase right?");
    EVP_PKEY_free(key);
    PKCS12_free(pkcs12);
    if (result == 0 && leaf != NULL)
        result = add(out, leaf, path, err);
    while (result == 0 && (other = sk_X509_shift(others)) != NULL)
        result = add(out, other, path, err);
    sk_X509_pop_free(others, X509_free);
    return result;
}

static int parse_der(struct slice bytes, const char *path, struct presented *out, struct err *err)
{
    const unsigned char *at = (const unsigned char *)bytes.data, *end = at + bytes.length;
    int result = 0;
    while (result == 0 && at < end) {
        X509 *certificate = d2i_X509(NULL, &at, (long)(end - at));
        result = certificate != NULL ? add(out, certificate, path, err)
                                     : err_set_at(err, path, 0, "neither PEM nor a DER certificate");
    }
    return result;
}

/* Other blocks, a private key above all, are passed over. */
static int parse_pem(struct slice bytes, const char *path, struct presented *out, struct err *err)
{
    BIO *memory = BIO_new_mem_buf(bytes.data, (int)bytes.length);
    X509 *certificate;
    int result = 0;
    ASSERT(memory != NULL);
    while (result == 0 && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL)) != NULL)
        result = add(out, certificate, path, err);
    BIO_free(memory);
    if (result == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        result = err_set_at(err, path, 0, "a certificate in it is malformed or cut off");
    return result;
}

int presented_parse(struct slice bytes, const char *passphrase, const char *path, struct presented *out,
                    struct err *err)
{
    *out = (struct presented){.others = sk_X509_new_null()};
    int result;
    ASSERT(out->others != NULL);
    ERR_clear_error();
    if (bytes.length > PRESENTED_SIZE_MAX)
        result = err_set_at(err, path, 0, "over %u bytes; give a certificate", PRESENTED_SIZE_MAX);
    else if (presented_is_pkcs12(bytes))
        result = parse_pkcs12(bytes, passphrase, path, out, err);
    else if (bytes.length > 0 && bytes.data[0] == DER_SEQUENCE)
        result = parse_der(bytes, path, out, err);
    else
        result = parse_pem(bytes, path, out, err);
    ERR_clear_error();
    if (result == 0 && out->leaf == NULL)
        result = err_set_at(err, path, 0, "no certificate in it");
    return result;
}
