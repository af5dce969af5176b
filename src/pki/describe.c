#include "postern/pki/describe.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "certificate.h"
#include "crypto_error.h"
#include "postern/base/buffer.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/database.h"
#include "postern/pki/key.h"
#include "san.h"
#include "timestamp.h"

#define NAMES_TEXT_MAX (64u * 1024)

const char *pki_status_text(const struct pki_entry *entry, int64_t now_s)
{
    struct pki_revocation revocation;
    if (pki_entry_revocation(entry, &revocation))
        return revocation.reason == PKI_REASON_CERTIFICATE_HOLD ? "hold" : "revoked";
    return pki_entry_is_valid(entry, now_s) ? "valid" : "expired";
}

/* Gives; NULL with the error queue set. */
static char *name_text(const X509_NAME *name)
{
    const char *bytes = NULL;
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long length = BIO_get_mem_data(bio, &bytes);
        text = xstrndup(length > 0 ? bytes : "", length > 0 ? (size_t)length : 0);
    }
    BIO_free(bio);
    return text;
}

static bool append_name(const GENERAL_NAME *name, struct buffer *out)
{
    char *text = pki_san_text(name);
    bool fits = text ? text_append_escaped(out, slice_text(text)) : buffer_append_text(out, "other name");
    free(text);
    return fits;
}

static char *names_text(X509 *certificate)
{
    struct buffer out;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    buffer_init(&out, NAMES_TEXT_MAX);
    bool fits = true;
    for (int i = 0; fits && i < sk_GENERAL_NAME_num(names); i++)
        fits = buffer_append_text(&out, i ? ", " : "") && append_name(sk_GENERAL_NAME_value(names, i), &out);
    struct slice view = buffer_view(&out);
    char *text = xstrndup(view.length ? view.data : "", view.length);
    buffer_clear(&out);
    GENERAL_NAMES_free(names);
    return text;
}

static char *key_text(X509 *certificate)
{
    char text[128];
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (!key)
        return xstrdup("unknown");
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "EC"))
        snprintf(text, sizeof text, "p%d", bits);
    else if (EVP_PKEY_is_a(key, "RSA"))
        snprintf(text, sizeof text, "rsa%d", bits);
    else if (EVP_PKEY_is_a(key, "ED25519"))
        snprintf(text, sizeof text, "ed25519");
    else
        snprintf(text, sizeof text, "%s, %d bits", EVP_PKEY_get0_type_name(key), bits);
    return xstrdup(text);
}

int pki_describe(X509 *certificate, struct pki_description *out, struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    *out = (struct pki_description){
        .subject = name_text(X509_get_subject_name(certificate)),
        .issuer = name_text(X509_get_issuer_name(certificate)),
        .names = names_text(certificate),
        .key = key_text(certificate),
        .not_before_s = pki_timestamp_of(X509_get0_notBefore(certificate)),
        .not_after_s = pki_timestamp_of(X509_get0_notAfter(certificate)),
        .kind = pki_certificate_kind(certificate),
    };
    if (!out->subject || !out->issuer || X509_digest(certificate, EVP_sha256(), digest, &length) != 1 ||
        length != 32)
        return pki_crypto_error(err, NULL, "cannot read the certificate");
    text_hex(out->fingerprint, digest, length, false);
    return 0;
}

void pki_description_clear(struct pki_description *description)
{
    free(description->subject);
    free(description->issuer);
    free(description->names);
    free(description->key);
    *description = (struct pki_description){0};
}

void pki_certificate_free(X509 *certificate)
{
    X509_free(certificate);
}
