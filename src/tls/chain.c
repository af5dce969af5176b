/* The server's own certificates: read once, checked here so that no client is the first to find out. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "private.h"

#include "postern/base/clock.h"
#include "postern/trust/certificate.h"
#include "postern/trust/pem.h"

static int parse(struct slice text, struct tls_chain *out, struct err *err)
{
    struct pem pem;
    int result = -1;
    if (pem_parse(text, PEM_CERTIFICATE, NULL, &pem, err) != 0)
        goto out;
    if (pem.count > TLS_CHAIN_MAX) {
        err_set(err, "holds %zu certificates; the leaf and at most %d intermediates would be right",
                pem.count, TLS_CHAIN_MAX - 1);
        goto out;
    }
    for (size_t i = 0; i < pem.count; i++) {
        const unsigned char *der = (const unsigned char *)pem.blocks[i].der.data;
        X509 *certificate = d2i_X509(NULL, &der, (long)pem.blocks[i].der.length);
        if (certificate == NULL) {
            ERR_clear_error();
            err_set_at(err, NULL, pem.blocks[i].line, "the certificate cannot be read; is the file damaged?");
            goto out;
        }
        out->certificates[out->count++] = certificate;
    }
    result = 0;
out:
    pem_clear(&pem);
    return result;
}

static int check_dates(const X509 *certificate, const char *subject, int64_t now_s, struct err *err)
{
    char time[CLOCK_TEXT_SIZE];
    int64_t not_before, not_after;
    if (!certificate_dates(certificate, &not_before, &not_after))
        return err_set(err, "the dates of \"%s\" cannot be read; issue the certificate again", subject);
    if (now_s > not_after)
        return err_set(err, "\"%s\" expired on %s; issue a new certificate", subject,
                       clock_format(not_after, time));
    if (now_s < not_before)
        return err_set(err, "\"%s\" is not valid before %s; check this machine's clock", subject,
                       clock_format(not_before, time));
    return 0;
}

static int check_leaf(X509 *leaf, const char *subject, const struct tls_key *key, struct err *err)
{
    if (X509_check_ca(leaf) == 1)
        return err_set(err,
                       "the first certificate, \"%s\", is a CA; the server's own comes first, then the "
                       "intermediates up to the root",
                       subject);
    if (X509_check_private_key(leaf, tls_key_get(key)) != 1) {
        ERR_clear_error();
        return err_set(err,
                       "the private key does not belong to \"%s\"; the key that the certificate was made for "
                       "would be right",
                       subject);
    }
    if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
        return err_set(err, "\"%s\" is not for servers; its extended key usage should hold serverAuth",
                       subject);
    return 0;
}

static int check_order(const struct tls_chain *chain, size_t at, const char *subject, struct err *err)
{
    char next[CERTIFICATE_NAME_MAX];
    if (at + 1 == chain->count)
        return 0;
    X509 *issuer = chain->certificates[at + 1];
    if (X509_check_issued(issuer, chain->certificates[at]) == X509_V_OK &&
        X509_verify(chain->certificates[at], X509_get0_pubkey(issuer)) == 1)
        return 0;
    ERR_clear_error();
    return err_set(err,
                   "\"%s\" did not issue \"%s\", which stands before it; each certificate is followed by its "
                   "issuer",
                   certificate_name_text(X509_get_subject_name(issuer), next, sizeof next), subject);
}

int tls_chain_load(struct slice pem, const struct tls_key *key, int64_t now_s, struct tls_chain *out,
                   struct err *err)
{
    char subject[CERTIFICATE_NAME_MAX];
    *out = (struct tls_chain){.count = 0};
    if (parse(pem, out, err) != 0)
        return -1;
    for (size_t i = 0; i < out->count; i++) {
        X509 *certificate = out->certificates[i];
        certificate_name_text(X509_get_subject_name(certificate), subject, sizeof subject);
        if ((i == 0 && check_leaf(certificate, subject, key, err) != 0) ||
            check_dates(certificate, subject, now_s, err) != 0 || check_order(out, i, subject, err) != 0)
            return -1;
    }
    return 0;
}

void tls_chain_clear(struct tls_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        X509_free(chain->certificates[i]);
    chain->count = 0;
}
