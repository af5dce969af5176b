#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "crypto_error.h"
#include "extension.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/key.h"

static int add_attribute(X509_NAME *name, int nid, const char *value)
{
    if (!value)
        return 0;
    /* OpenSSL makes the country a PrintableString and all else UTF8String, and checks the upper bounds. */
    return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1
               ? 0
               : -1;
}

static int set_subject(X509 *certificate, const struct pki_certificate_plan *plan)
{
    int result = -1;
    X509_NAME *name = X509_NAME_new();
    if (name && add_attribute(name, NID_countryName, plan->country) == 0 &&
        add_attribute(name, NID_organizationName, plan->organization) == 0 &&
        add_attribute(name, NID_organizationalUnitName, plan->unit) == 0 &&
        add_attribute(name, NID_commonName, plan->common_name) == 0 &&
        X509_set_subject_name(certificate, name) == 1)
        result = 0;
    X509_NAME_free(name);
    return result;
}

static int set_issuer(X509 *certificate, const X509 *issuer)
{
    return X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer : certificate)) == 1 ? 0
                                                                                                        : -1;
}

static int set_serial(X509 *certificate, const unsigned char *serial)
{
    ASN1_INTEGER *number = X509_get_serialNumber(certificate);
    return ASN1_STRING_set(number, serial, PKI_SERIAL_BYTES) == 1 ? 0 : -1;
}

static int set_dates(X509 *certificate, const struct pki_certificate_plan *plan)
{
    time_t from = (time_t)plan->not_before_s, to = (time_t)plan->not_after_s;
    return X509_time_adj(X509_getm_notBefore(certificate), 0, &from) &&
                   X509_time_adj(X509_getm_notAfter(certificate), 0, &to)
               ? 0
               : -1;
}

static int add_usage(X509 *certificate, const struct pki_certificate_plan *plan)
{
    unsigned bits = KU_DIGITAL_SIGNATURE;
    switch (plan->role) {
    case PKI_ROLE_AUTHORITY:
        return pki_extension_key_usage(certificate, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    case PKI_ROLE_SERVER:
        if (EVP_PKEY_is_a(plan->key, "RSA"))
            bits |= KU_KEY_ENCIPHERMENT;
        return pki_extension_key_usage(certificate, bits) < 0 ||
                       pki_extension_purpose(certificate, NID_server_auth) < 0
                   ? -1
                   : 0;
    case PKI_ROLE_CLIENT:
        return pki_extension_key_usage(certificate, bits) < 0 ||
                       pki_extension_purpose(certificate, NID_client_auth) < 0
                   ? -1
                   : 0;
    case PKI_ROLE_OCSP:
        return pki_extension_key_usage(certificate, bits) < 0 ||
                       pki_extension_purpose(certificate, NID_OCSP_sign) < 0 ||
                       pki_extension_no_check(certificate) < 0
                   ? -1
                   : 0;
    }
    return -1;
}

static int add_extensions(X509 *certificate, const struct pki_certificate_plan *plan)
{
    bool is_authority = plan->role == PKI_ROLE_AUTHORITY;
    if (pki_extension_basic(certificate, is_authority,
                            is_authority ? plan->path_length : PKI_PATH_LENGTH_NONE) < 0 ||
        add_usage(certificate, plan) < 0 || pki_extension_subject_key(certificate) < 0 ||
        pki_extension_authority_key(certificate, plan->issuer ? plan->issuer : certificate) < 0)
        return -1;
    if (plan->names && sk_GENERAL_NAME_num(plan->names) > 0 &&
        pki_extension_alternative(certificate, plan->names) < 0)
        return -1;
    if (plan->crl_uri && pki_extension_crl_uri(certificate, plan->crl_uri) < 0)
        return -1;
    return plan->ocsp_uri ? pki_extension_ocsp_uri(certificate, plan->ocsp_uri) : 0;
}

X509 *pki_certificate_new(const struct pki_certificate_plan *plan, struct err *err)
{
    X509 *certificate = X509_new();
    EVP_PKEY *signer = plan->issuer ? plan->signer : plan->key;
    if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate, plan->serial) == 0 && set_subject(certificate, plan) == 0 &&
        set_issuer(certificate, plan->issuer) == 0 && set_dates(certificate, plan) == 0 &&
        X509_set_pubkey(certificate, plan->key) == 1 && add_extensions(certificate, plan) == 0 &&
        X509_sign(certificate, signer, pki_key_digest(signer)) > 0)
        return certificate;
    X509_free(certificate);
    (void)pki_crypto_error(err, NULL, "cannot make the certificate");
    return NULL;
}

bool pki_certificate_serial(const X509 *certificate, char *out)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    if (serial->length > PKI_SERIAL_BYTES_MAX)
        return false;
    text_hex(out, serial->data, (size_t)serial->length, true);
    return true;
}

enum pki_kind pki_certificate_kind(X509 *certificate)
{
    uint32_t purposes = X509_get_extended_key_usage(certificate);
    if (purposes == UINT32_MAX)
        return PKI_ANY;
    bool server = (purposes & XKU_SSL_SERVER) != 0, client = (purposes & XKU_SSL_CLIENT) != 0;
    return server == client ? PKI_ANY : server ? PKI_SERVER : PKI_CLIENT;
}

/* Bytes as OpenSSL allocates them; their length, or -1. */
static int last_attribute(X509 *certificate, int nid, unsigned char **out)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int last = -1;
    for (int i = X509_NAME_get_index_by_NID(subject, nid, -1); i >= 0;
         i = X509_NAME_get_index_by_NID(subject, nid, i))
        last = i;
    return last < 0 ? -1
                    : ASN1_STRING_to_UTF8(out, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

char *pki_certificate_attribute(X509 *certificate, int nid)
{
    unsigned char *text = NULL;
    int length = last_attribute(certificate, nid, &text);
    bool good = length >= 0 && !memchr(text, '\0', (size_t)length);
    char *result = good ? xstrndup((const char *)text, (size_t)length) : NULL;
    OPENSSL_free(text);
    return result;
}

bool pki_certificate_has(X509 *certificate, int nid, struct slice value)
{
    unsigned char *text = NULL;
    int length = last_attribute(certificate, nid, &text);
    bool same = length >= 0 && slice_equal(slice_of((const char *)text, (size_t)length), value);
    OPENSSL_free(text);
    return same;
}
