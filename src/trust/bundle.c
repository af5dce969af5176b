#include "postern/trust/bundle.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "postern/base/memory.h"
#include "postern/trust/certificate.h"
#include "postern/trust/der.h"
#include "postern/trust/pem.h"

struct member {
    X509 *certificate;
    bool is_root;
};

struct trust_bundle {
    struct member members[TRUST_BUNDLE_MAX];
    size_t count;
};

struct trust_bundle *trust_bundle_new(void)
{
    return xcalloc(1, sizeof(struct trust_bundle));
}

void trust_bundle_free(struct trust_bundle *bundle)
{
    if (!bundle)
        return;
    for (size_t i = 0; i < bundle->count; i++)
        X509_free(bundle->members[i].certificate);
    free(bundle);
}

static bool is_held(const struct trust_bundle *bundle, const X509 *certificate)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (X509_cmp(bundle->members[i].certificate, certificate) == 0)
            return true;
    return false;
}

/* What no certificate of a trust bundle may be: then it could never be on a path that is admitted. */
static int check_member(X509 *certificate, const char *path, unsigned line, struct err *err)
{
    struct certificate_info info;
    struct trust_serial serial;
    int64_t not_before, not_after;
    certificate_describe(certificate, &info);
    if (X509_get_extension_flags(certificate) & EXFLAG_INVALID)
        return err_set_at(err, path, line, "certificate %s has a malformed extension; have it issued again",
                          info.subject);
    if (X509_check_ca(certificate) != 1)
        return err_set_at(err, path, line,
                          "certificate %s is not a CA (no basicConstraints CA:TRUE); only CA certificates "
                          "belong in a trust bundle",
                          info.subject);
    if (!key_is_strong(X509_get0_pubkey(certificate)))
        return err_set_at(err, path, line,
                          "CA %s has a key that is not accepted (%s); use RSA of 2048 to 8192 bits, P-256, "
                          "P-384, P-521 or Ed25519",
                          info.subject, info.key);
    if (!certificate_dates(certificate, &not_before, &not_after) ||
        trust_serial_of(certificate, &serial) != 0)
        return err_set_at(err, path, line, "CA %s has a date or serial number that RFC 5280 does not allow",
                          info.subject);
    return 0;
}

/*   certificate  takes */
static int add_certificate(struct trust_bundle *bundle, X509 *certificate, const char *path, unsigned line,
                           struct err *err)
{
    int result = check_member(certificate, path, line, err);
    bool is_root = result == 0 && X509_self_signed(certificate, 1) == 1;
    if (result == 0 && !is_root && X509_self_signed(certificate, 0) == 1)
        result = err_set_at(err, path, line,
                            "a certificate that claims to sign itself, but its signature does not verify; "
                            "the file is damaged");
    if (result == 0 && !is_held(bundle, certificate)) {
        if (bundle->count < TRUST_BUNDLE_MAX) {
            bundle->members[bundle->count++] = (struct member){certificate, is_root};
            certificate = NULL;
        } else {
            result = err_set_at(err, path, line, "more than %u certificates", TRUST_BUNDLE_MAX);
        }
    }
    X509_free(certificate);
    ERR_clear_error();
    return result;
}

static int add_der(struct trust_bundle *bundle, struct slice der, const char *path, unsigned line,
                   struct err *err)
{
    const unsigned char *at = (const unsigned char *)der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.length);
    if (!certificate || at != (const unsigned char *)der.data + der.length) {
        X509_free(certificate);
        ERR_clear_error();
        return err_set_at(err, path, line, "not a certificate; the DER is malformed");
    }
    return add_certificate(bundle, certificate, path, line, err);
}

static int add_der_sequence(struct trust_bundle *bundle, struct slice bytes, const char *path,
                            struct err *err)
{
    struct der_element element;
    if (bytes.length == 0)
        return err_set_at(err, path, 0, "the file is empty; it should hold the CA certificates to trust");
    while (bytes.length > 0) {
        if (!der_expect(&bytes, DER_SEQUENCE, &element))
            return err_set_at(err, path, 0, "not a certificate in DER; is the file cut off?");
        if (add_der(bundle, element.whole, path, 0, err) != 0)
            return -1;
    }
    return 0;
}

int trust_bundle_add(struct trust_bundle *bundle, struct slice bytes, enum trust_form form, const char *path,
                     struct err *err)
{
    struct pem pem;
    if (form == TRUST_DER)
        return add_der_sequence(bundle, bytes, path, err);
    int result = pem_parse(bytes, PEM_CERTIFICATE, path, &pem, err);
    for (size_t i = 0; result == 0 && i < pem.count; i++)
        result = add_der(bundle, pem.blocks[i].der, path, pem.blocks[i].line, err);
    pem_clear(&pem);
    return result;
}

int trust_bundle_check(const struct trust_bundle *bundle, bool partial_chain, const char *path,
                       struct err *err)
{
    if (bundle->count == 0)
        return err_set_at(err, path, 0, "no CA certificate in it; without one nobody can be admitted");
    for (size_t i = 0; i < bundle->count; i++)
        if (partial_chain || bundle->members[i].is_root)
            return 0;
    return err_set_at(err, path, 0,
                      "only intermediate CAs in it, no root (self-signed); add the root, or set "
                      "partial_chain = yes to trust the intermediates themselves");
}

bool trust_bundle_write(const struct trust_bundle *bundle, struct buffer *out)
{
    for (size_t i = 0; i < bundle->count; i++) {
        unsigned char *der = NULL;
        int length = i2d_X509(bundle->members[i].certificate, &der);
        bool done = length > 0 && buffer_append(out, der, (size_t)length);
        OPENSSL_free(der);
        if (!done)
            return false;
    }
    return true;
}

size_t trust_bundle_count(const struct trust_bundle *bundle)
{
    return bundle->count;
}

X509 *trust_bundle_certificate(const struct trust_bundle *bundle, size_t index)
{
    return index < bundle->count ? bundle->members[index].certificate : NULL;
}

bool trust_bundle_is_root(const struct trust_bundle *bundle, size_t index)
{
    return index < bundle->count && bundle->members[index].is_root;
}
