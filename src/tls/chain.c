#include "chain.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "key_private.h"
#include "postern/base/assert.h"
#include "postern/base/clock.h"
#include "postern/trust/certificate.h"
#include "postern/trust/pem.h"

static const char *subject_of(const X509 *certificate, char out[CERTIFICATE_NAME_MAX])
{
    return certificate_name_text(X509_get_subject_name(certificate), out, CERTIFICATE_NAME_MAX);
}

static int append_certificate(STACK_OF(X509) * chain, const struct pem_block *block, const char *prefix,
                              struct err *err)
{
    const unsigned char *at = (const unsigned char *)block->der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)block->der.length);
    if (certificate == NULL || at != (const unsigned char *)block->der.data + block->der.length) {
        X509_free(certificate);
        return err_set(err, "%sline %u: not a certificate; it is damaged, copy it again", prefix,
                       block->line);
    }
    ASSERT(sk_X509_push(chain, certificate) > 0);
    return 0;
}

static STACK_OF(X509) * read_certificates(struct slice text, const char *prefix, struct err *err)
{
    struct pem pem;
    struct err inner = {.line = 0};
    STACK_OF(X509) *chain = sk_X509_new_null();
    ASSERT(chain != NULL);
    int result = pem_parse(text, PEM_CERTIFICATE, "", &pem, &inner);
    if (result != 0)
        err_set(err, "%s%s", prefix, inner.text);
    else if (pem.count > CHAIN_CERTIFICATES_MAX)
        result = err_set(err, "%s%zu certificates; give the server's and its intermediates, at most %d",
                         prefix, pem.count, CHAIN_CERTIFICATES_MAX);
    for (size_t i = 0; result == 0 && i < pem.count; i++)
        result = append_certificate(chain, &pem.blocks[i], prefix, err);
    pem_clear(&pem);
    if (result == 0)
        return chain;
    sk_X509_pop_free(chain, X509_free);
    return NULL;
}

static bool has_key(X509 *certificate, const struct tls_key *key)
{
    bool has = X509_check_private_key(certificate, tls_key_get(key)) == 1;
    ERR_clear_error();
    return has;
}

static int check_key(STACK_OF(X509) * chain, const struct tls_key *key, const char *prefix, struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX];
    X509 *leaf = sk_X509_value(chain, 0);
    if (has_key(leaf, key))
        return 0;
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (has_key(sk_X509_value(chain, i), key))
            return err_set(err, "%sthe private key belongs to the certificate at place %d (%s); put it first",
                           prefix, i + 1, subject_of(sk_X509_value(chain, i), subject));
    return err_set(
        err, "%sthe private key (%s) does not match the certificate %s; both must come from one request",
        prefix, tls_key_describe(key), subject_of(leaf, subject));
}

static int check_link(X509 *certificate, X509 *issuer, int place, const char *prefix, struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX], above[CERTIFICATE_NAME_MAX];
    if (X509_check_issued(issuer, certificate) == X509_V_OK &&
        X509_verify(certificate, X509_get0_pubkey(issuer)) == 1)
        return 0;
    ERR_clear_error();
    return err_set(err,
                   "%sthe certificate at place %d (%s) did not sign the one before it (%s); the order is the "
                   "server's certificate, then each one's issuer",
                   prefix, place, subject_of(issuer, above), subject_of(certificate, subject));
}

static int check_order(STACK_OF(X509) * chain, const char *prefix, struct err *err)
{
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (check_link(sk_X509_value(chain, i - 1), sk_X509_value(chain, i), i + 1, prefix, err) != 0)
            return -1;
    return 0;
}

static int check_dates(const X509 *certificate, int64_t now_s, bool admit_ended, const char *prefix,
                       struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX], date[CLOCK_TEXT_SIZE];
    int64_t not_before, not_after;
    subject_of(certificate, subject);
    if (!certificate_dates(certificate, &not_before, &not_after))
        return err_set(err, "%scertificate %s has no valid dates; issue it again", prefix, subject);
    if (now_s > not_after && !admit_ended)
        return err_set(err, "%scertificate %s expired on %s; renew it", prefix, subject,
                       clock_format(not_after, date));
    if (now_s < not_before)
        return err_set(err, "%scertificate %s is valid from %s on; check this machine's clock", prefix,
                       subject, clock_format(not_before, date));
    return 0;
}

static int check_strength(const X509 *certificate, const char *prefix, struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX], key[32];
    const X509_ALGOR *algorithm;
    X509_get0_signature(NULL, &algorithm, certificate);
    if (!key_is_strong(X509_get0_pubkey(certificate)))
        return err_set(err, "%scertificate %s has a weak key (%s); use P-256, or RSA from 2048 bits", prefix,
                       subject_of(certificate, subject),
                       key_describe(X509_get0_pubkey(certificate), key, sizeof(key)));
    bool is_self_signed = (X509_get_extension_flags((X509 *)(uintptr_t)certificate) & EXFLAG_SS) != 0;
    if (!is_self_signed && !signature_is_strong(algorithm))
        return err_set(err, "%scertificate %s is signed with a weak digest; have it signed with SHA-256",
                       prefix, subject_of(certificate, subject));
    return 0;
}

static int check_purpose(X509 *leaf, const char *prefix, struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX];
    uint32_t uses = X509_get_extended_key_usage(leaf); /* all ones if the extension is absent */
    if ((uses & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0)
        return err_set(
            err,
            "%scertificate %s is not for a server: its extended key usage lacks serverAuth; issue one "
            "that has it",
            prefix, subject_of(leaf, subject));
    if ((X509_get_key_usage(leaf) & (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT)) == 0)
        return err_set(err, "%scertificate %s may not sign a handshake: its key usage lacks digitalSignature",
                       prefix, subject_of(leaf, subject));
    return 0;
}

static int check_chain(STACK_OF(X509) * chain, const struct tls_key *key, int64_t now_s, bool admit_ended,
                       const char *prefix, struct err *err)
{
    if (check_key(chain, key, prefix, err) != 0 || check_order(chain, prefix, err) != 0 ||
        check_purpose(sk_X509_value(chain, 0), prefix, err) != 0)
        return -1;
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (check_dates(sk_X509_value(chain, i), now_s, admit_ended, prefix, err) != 0 ||
            check_strength(sk_X509_value(chain, i), prefix, err) != 0)
            return -1;
    return 0;
}

STACK_OF(X509) * chain_parse(struct slice pem, const struct tls_key *key, int64_t now_s, bool admit_ended,
                             const char *prefix, struct err *err)
{
    STACK_OF(X509) *chain = read_certificates(pem, prefix, err);
    if (chain != NULL && check_chain(chain, key, now_s, admit_ended, prefix, err) != 0) {
        sk_X509_pop_free(chain, X509_free);
        chain = NULL;
    }
    ERR_clear_error();
    return chain;
}

/* Of the kinds that name a host. A NUL inside is not shown as an end. */
static bool name_text(const GENERAL_NAME *name, char *out, size_t size)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL) {
        int length = ASN1_STRING_length(value);
        const unsigned char *data = ASN1_STRING_get0_data(value);
        if (memchr(data, '\0', (size_t)length) != NULL)
            return false;
        snprintf(out, size, "%.*s", length, (const char *)data);
        return true;
    }
    if (type != GEN_IPADD)
        return false;
    int length = ASN1_STRING_length(value), family = length == 4 ? AF_INET : AF_INET6;
    return (length == 4 || length == 16) &&
           inet_ntop(family, ASN1_STRING_get0_data(value), out, (socklen_t)size) != NULL;
}

const char *chain_names(const X509 *certificate, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        char name[256];
        if (!name_text(sk_GENERAL_NAME_value(names, i), name, sizeof(name)))
            continue;
        int written = snprintf(out + length, size - length, "%s%s", length > 0 ? "," : "", name);
        if (written < 0 || (size_t)written >= size - length)
            break;
        length += (size_t)written;
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return out;
}
