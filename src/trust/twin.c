#include "twin.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "postern/trust/digest.h"

#define HEADER_MAX 8 /* identifier and length octets */

/* (r, n - s) in place of (r, s). */
static bool turn(ECDSA_SIG *signature, const BIGNUM *order)
{
    BIGNUM *r = BN_dup(ECDSA_SIG_get0_r(signature)), *s = BN_new();
    if (r != NULL && s != NULL && BN_sub(s, order, ECDSA_SIG_get0_s(signature)) == 1 &&
        ECDSA_SIG_set0(signature, r, s) == 1)
        return true;
    BN_free(r);
    BN_free(s);
    return false;
}

/* DER of the BIT STRING with the other signature. Gives; free with OPENSSL_free(). NULL: it is not known. */
static unsigned char *other_signature(const ASN1_BIT_STRING *signature, const EVP_PKEY *key, int *length)
{
    const unsigned char *at = ASN1_STRING_get0_data(signature);
    unsigned char *inner = NULL, *outer = NULL;
    BIGNUM *order = NULL;
    ASN1_BIT_STRING *other = ASN1_BIT_STRING_new();
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, ASN1_STRING_length(signature));
    bool done = other != NULL && pair != NULL &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1 && turn(pair, order);
    int inner_length = done ? i2d_ECDSA_SIG(pair, &inner) : 0;
    if (inner_length > 0) {
        ASN1_STRING_set0(other, inner, inner_length);
        other->flags = (other->flags & ~7L) | ASN1_STRING_FLAG_BITS_LEFT; /* and none is left */
        *length = i2d_ASN1_BIT_STRING(other, &outer);
    }
    ECDSA_SIG_free(pair);
    BN_free(order);
    ASN1_BIT_STRING_free(other);
    return outer;
}

/* SHA-256 of a certificate whose last element is exchanged.
 *   der   of the certificate
 *   last  length of its last element
 *   tail  what stands there instead */
static bool digest(struct slice der, size_t last, struct slice tail, unsigned char *out)
{
    const unsigned char *at = (const unsigned char *)der.data;
    unsigned char header[HEADER_MAX], *end = header;
    long content;
    int tag, kind;
    if ((ASN1_get_object(&at, &content, &tag, &kind, (long)der.length) & 0x80) != 0 || content < (long)last)
        return false;
    struct slice middle = slice_of((const char *)at, (size_t)content - last);
    ASN1_put_object(&end, 1, (int)(middle.length + tail.length), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    const struct slice parts[] = {slice_of((const char *)header, (size_t)(end - header)), middle, tail};
    return trust_digest(parts, LENGTH_OF(parts), out) == 0;
}

bool twin_fingerprint(const X509 *certificate, const X509 *issuer,
                      const unsigned char own[TRUST_FINGERPRINT_SIZE],
                      unsigned char out[TRUST_FINGERPRINT_SIZE])
{
    const EVP_PKEY *key = X509_get0_pubkey(issuer);
    const ASN1_BIT_STRING *signature = NULL;
    unsigned char *der = NULL, *tail = NULL;
    int tail_length = 0;
    memcpy(out, own, TRUST_FINGERPRINT_SIZE);
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return key != NULL;
    X509_get0_signature(&signature, NULL, certificate);
    int length = i2d_X509(certificate, &der), last = i2d_ASN1_BIT_STRING(signature, NULL);
    if (length > 0 && last > 0)
        tail = other_signature(signature, key, &tail_length);
    bool done = tail != NULL && tail_length > 0 &&
                digest(slice_of((const char *)der, (size_t)length), (size_t)last,
                       slice_of((const char *)tail, (size_t)tail_length), out);
    OPENSSL_free(der);
    OPENSSL_free(tail);
    ERR_clear_error();
    return done;
}
