#include "postern/trust/certificate.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/text.h"
#include "postern/trust/der.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

const char *certificate_name_text(const X509_NAME *name, char *out, size_t size)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    long length = 0;
    snprintf(out, size, "?");
    if (memory && name && X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253) >= 0)
        length = BIO_get_mem_data(memory, &text);
    if (length > 0 && (size_t)length < size)
        snprintf(out, size, "%.*s", (int)length, text);
    else if (length > 0 && size > 4)
        snprintf(out, size, "%.*s...", (int)size - 4, text);
    else if (name && X509_NAME_entry_count(name) == 0)
        snprintf(out, size, "(empty)");
    BIO_free(memory);
    ERR_clear_error();
    return out;
}

static bool time_of(const ASN1_TIME *time, int64_t *out)
{
    if (!time)
        return false;
    struct der_element element = {
        .tag = ASN1_STRING_type(time),
        .body = slice_of((const char *)ASN1_STRING_get0_data(time), (size_t)ASN1_STRING_length(time))};
    return der_time(&element, out);
}

bool certificate_dates(const X509 *certificate, int64_t *not_before, int64_t *not_after)
{
    return time_of(X509_get0_notBefore(certificate), not_before) &&
           time_of(X509_get0_notAfter(certificate), not_after);
}

/* The curve's name in OpenSSL, or "" if it is not a named curve. */
static const char *curve_of(const EVP_PKEY *key, char *out, size_t size)
{
    int is_explicit = 0;
    out[0] = '\0';
    EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
    if (!is_explicit && !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, out, size, NULL))
        out[0] = '\0';
    ERR_clear_error();
    return out;
}

static const char *nist_curve(const char *name)
{
    static const char *const curves[][2] = {
        {"prime256v1", "P-256"}, {"secp384r1", "P-384"}, {"secp521r1", "P-521"}};
    for (size_t i = 0; i < LENGTH_OF(curves); i++)
        if (strcmp(name, curves[i][0]) == 0)
            return curves[i][1];
    return NULL;
}

bool key_is_strong(const EVP_PKEY *key)
{
    char curve[64];
    if (!key)
        return false;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN && EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
    case EVP_PKEY_EC:
        return nist_curve(curve_of(key, curve, sizeof(curve))) != NULL;
    case EVP_PKEY_ED25519:
        return true;
    default:
        return false;
    }
}

const char *key_describe(const EVP_PKEY *key, char *out, size_t size)
{
    char curve[64];
    int type = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
        snprintf(out, size, "%s %d", type == EVP_PKEY_RSA ? "RSA" : "RSA-PSS", EVP_PKEY_get_bits(key));
    } else if (type == EVP_PKEY_EC) {
        const char *found = curve_of(key, curve, sizeof(curve));
        snprintf(out, size, "ECDSA %s", nist_curve(found) ? nist_curve(found) : found[0] ? found : "?");
    } else if (type == EVP_PKEY_ED25519) {
        snprintf(out, size, "Ed25519");
    } else {
        snprintf(out, size, "%s", name ? name : "?");
    }
    return out;
}

/* hashAlgorithm of RSASSA-PSS-params; SHA-1 where it is left out. RFC 4055 §3.1. */
static int pss_digest(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object;
    const void *value;
    int type, digest = NID_sha1;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE)
        return NID_undef;
    RSA_PSS_PARAMS *params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    if (!params) {
        ERR_clear_error();
        return NID_undef;
    }
    if (params->hashAlgorithm) {
        X509_ALGOR_get0(&object, NULL, NULL, params->hashAlgorithm);
        digest = OBJ_obj2nid(object);
    }
    RSA_PSS_PARAMS_free(params);
    return digest;
}

bool signature_is_strong(const X509_ALGOR *algorithm)
{
    static const int strong[] = {NID_sha256,   NID_sha384,   NID_sha512,  NID_sha512_256,
                                 NID_sha3_256, NID_sha3_384, NID_sha3_512};
    const ASN1_OBJECT *object;
    int digest = NID_undef, key_type;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int type = OBJ_obj2nid(object);
    if (type == NID_ED25519)
        return true;
    if (type == NID_rsassaPss)
        digest = pss_digest(algorithm);
    else if (!OBJ_find_sigid_algs(type, &digest, &key_type))
        return false;
    for (size_t i = 0; i < LENGTH_OF(strong); i++)
        if (digest == strong[i])
            return true;
    return false;
}

static void describe_serial(const X509 *certificate, char *out, size_t size)
{
    struct trust_serial serial;
    if (trust_serial_of(certificate, &serial) == 0)
        text_hex(out, serial.bytes, serial.length, true);
    else
        snprintf(out, size, "?");
}

/* Extended key usage by the names that openssl.cnf has, too; and the one key usage that a client cannot lack.
 */
static void describe_purposes(X509 *certificate, char *out, size_t size)
{
    int critical = -1;
    size_t length = 0;
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
    snprintf(out, size, usages == NULL && critical == -1 ? "any purpose" : "?");
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        char name[64];
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        if (OBJ_obj2nid(usage) != NID_undef)
            snprintf(name, sizeof(name), "%s", OBJ_nid2sn(OBJ_obj2nid(usage)));
        else
            OBJ_obj2txt(name, sizeof(name), usage, 1);
        length += (size_t)snprintf(out + length, size - length, "%s%s", i > 0 ? ", " : "", name);
        if (length >= size)
            break;
    }
    EXTENDED_KEY_USAGE_free(usages);
    if (length < size && (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0)
        snprintf(out + strlen(out), size - strlen(out), " (without digitalSignature)");
}

void certificate_describe(const X509 *certificate, struct certificate_info *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    *out = (struct certificate_info){0};
    certificate_name_text(X509_get_subject_name(certificate), out->subject, sizeof(out->subject));
    certificate_name_text(X509_get_issuer_name(certificate), out->issuer, sizeof(out->issuer));
    describe_serial(certificate, out->serial, sizeof(out->serial));
    key_describe(X509_get0_pubkey(certificate), out->key, sizeof(out->key));
    if (X509_digest(certificate, EVP_sha256(), digest, &length))
        text_hex(out->fingerprint, digest, length, false);
    if (!certificate_dates(certificate, &out->not_before, &out->not_after))
        out->not_before = out->not_after = 0;
    /* OpenSSL reads the extensions once and keeps what it found in the object: hence the cast. */
    union {
        const X509 *given;
        X509 *cached;
    } view = {certificate};
    uint32_t flags = X509_get_extension_flags(view.cached);
    describe_purposes(view.cached, out->purposes, sizeof(out->purposes));
    out->is_ca = (flags & EXFLAG_CA) != 0;
    out->is_self_issued = (flags & EXFLAG_SI) != 0;
    ERR_clear_error();
}
