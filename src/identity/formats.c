/* The forms in which a whole certificate travels in a field: percent-encoded PEM, RFC 9440, and XFCC. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "private.h"

#include "postern/base/text.h"

static enum name_result undo(struct buffer *out, size_t before, enum name_result result)
{
    buffer_drop_tail(out, buffer_length(out) - before);
    return result;
}

enum name_result identity_append_pem(X509 *certificate, struct buffer *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    enum name_result result = NAME_TOO_LONG;
    char *text;
    if (bio != NULL && PEM_write_bio_X509(bio, certificate)) {
        long length = BIO_get_mem_data(bio, &text);
        /* Of what PEM is made of, these are not unreserved. RFC 3986 §2.3 */
        if (text_append_percent(out, slice_of(text, (size_t)length), " +/="))
            result = NAME_WRITTEN;
    }
    BIO_free(bio);
    return result;
}

/* A byte sequence: ":" base64 ":". RFC 8941 §3.3.5 */
static bool append_byte_sequence(struct buffer *out, X509 *certificate)
{
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    if (length <= 0)
        return false;
    size_t encoded = 4 * (((size_t)length + 2) / 3);
    char *at = buffer_reserve(out, encoded + 3);
    if (at != NULL) {
        at[0] = ':';
        EVP_EncodeBlock((unsigned char *)at + 1, der, length);
        at[1 + encoded] = ':';
        buffer_commit(out, encoded + 2);
    }
    OPENSSL_free(der);
    return at != NULL;
}

enum name_result identity_append_client_cert(const struct identity *identity, struct buffer *out)
{
    return append_byte_sequence(out, identity->leaf) ? NAME_WRITTEN : NAME_TOO_LONG;
}

enum name_result identity_append_client_cert_chain(const struct identity *identity, struct buffer *out)
{
    size_t before = buffer_length(out);
    int last = sk_X509_num(identity->chain) - 1;
    for (int i = 1; i < last; i++) {
        if (!buffer_append_text(out, i > 1 ? ", " : "") ||
            !append_byte_sequence(out, sk_X509_value(identity->chain, i)))
            return undo(out, before, NAME_TOO_LONG);
    }
    return last > 1 ? NAME_WRITTEN : NAME_ABSENT;
}

/* A subject inside quotation marks. RFC 2253 writes '"' as \" and '\' as \\, which XFCC's readers take apart
 * in different ways; the same standard's hex pairs, \22 and \5C, leave nothing to take apart. RFC 4514 §2.4
 */
static bool append_quoted_subject(struct buffer *out, struct slice subject)
{
    for (size_t i = 0; i < subject.length; i++) {
        const char *piece = NULL;
        if (subject.data[i] == '\\' && i + 1 < subject.length && subject.data[i + 1] == '\\')
            piece = "\\5C";
        else if (subject.data[i] == '\\' && i + 1 < subject.length && subject.data[i + 1] == '"')
            piece = "\\22";
        if (piece != NULL)
            i++;
        if (piece != NULL ? !buffer_append_text(out, piece) : !buffer_append(out, subject.data + i, 1))
            return false;
    }
    return true;
}

struct xfcc {
    struct buffer *out;
    const char *key;
    bool overflow;
};

/* names.c has percent-encoded ',', '"' and '\': what is left to hide behind quotation marks is ';' and '='.
 */
static void append_xfcc_name(void *context, struct slice name)
{
    struct xfcc *xfcc = context;
    bool quote = slice_find(name, ';') < name.length || slice_find(name, '=') < name.length;
    if (!buffer_printf(xfcc->out, ";%s=%s", xfcc->key, quote ? "\"" : "") ||
        !buffer_append_slice(xfcc->out, name) || !buffer_append_text(xfcc->out, quote ? "\"" : ""))
        xfcc->overflow = true;
}

static bool append_xfcc_names(struct buffer *out, const X509 *leaf, int type, const char *key)
{
    size_t before = buffer_length(out);
    struct xfcc xfcc = {.out = out, .key = key};
    unsigned count = names_each_san(leaf, type, append_xfcc_name, &xfcc);
    if (count > NAMES_MAX)
        (void)undo(out, before, NAME_ABSENT);
    return !xfcc.overflow;
}

static bool append_xfcc_chain(struct buffer *out, const struct identity *identity)
{
    if (sk_X509_num(identity->chain) <= 0)
        return true;
    bool fitted = buffer_append_text(out, ";Chain=\"");
    for (int i = 0; fitted && i < sk_X509_num(identity->chain) - (i > 0); i++)
        fitted = identity_append_pem(sk_X509_value(identity->chain, i), out) == NAME_WRITTEN;
    return fitted && buffer_append_text(out, "\"");
}

enum name_result identity_append_xfcc(const struct identity *identity, bool with_cert, bool with_chain,
                                      struct buffer *out)
{
    size_t before = buffer_length(out);
    bool fitted = buffer_printf(out, "Hash=%s", identity->fingerprint);
    if (fitted && with_cert)
        fitted = buffer_append_text(out, ";Cert=\"") &&
                 identity_append_pem(identity->leaf, out) == NAME_WRITTEN && buffer_append_text(out, "\"");
    if (fitted && with_chain)
        fitted = append_xfcc_chain(out, identity);
    fitted = fitted && buffer_append_text(out, ";Subject=\"") &&
             append_quoted_subject(out, identity_subject(identity)) && buffer_append_text(out, "\"") &&
             append_xfcc_names(out, identity->leaf, GEN_URI, "URI") &&
             append_xfcc_names(out, identity->leaf, GEN_DNS, "DNS");
    return fitted ? NAME_WRITTEN : undo(out, before, NAME_TOO_LONG);
}
