#include "private.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "postern/base/clock.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/trust/certificate.h"

enum { SERIAL_MAX = 64 };

static bool append_serial(struct buffer *out, const X509 *certificate)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    int length = ASN1_STRING_length(serial);
    if (length <= 0 || length > SERIAL_MAX)
        return true;
    /* As BN_bn2hex() writes it, and the tools with it: whole octets, "-" for a negative one, "00" for none.
     */
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER && !buffer_append_text(out, "-"))
        return false;
    return text_append_hex(out, bytes, (size_t)length, true);
}

/* What is too long for us to hold is no name, as what is absent. */
static void read_names(struct identity *identity)
{
    const X509_NAME *subject = X509_get_subject_name(identity->leaf);
    (void)names_append_common_name(&identity->text, subject);
    identity->ends[0] = buffer_length(&identity->text);
    (void)names_append_dn(&identity->text, subject);
    identity->ends[1] = buffer_length(&identity->text);
    (void)names_append_dn(&identity->text, X509_get_issuer_name(identity->leaf));
    identity->ends[2] = buffer_length(&identity->text);
    (void)append_serial(&identity->text, identity->leaf);
    identity->ends[3] = buffer_length(&identity->text);
}

struct identity *identity_new(struct x509_st *leaf, struct stack_st_X509 *chain)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    int64_t not_before;
    struct identity *identity = xcalloc(1, sizeof *identity);
    buffer_init(&identity->text, IDENTITY_TEXT_MAX);
    X509_up_ref(leaf);
    identity->leaf = leaf;
    if (chain != NULL)
        identity->chain = X509_chain_up_ref(chain);
    if (!X509_digest(leaf, EVP_sha256(), digest, &digest_length) || digest_length != 32 ||
        !certificate_dates(leaf, &not_before, &identity->not_after)) {
        identity_free(identity);
        return NULL;
    }
    text_hex(identity->fingerprint, digest, digest_length, false);
    read_names(identity);
    return identity;
}

void identity_free(struct identity *identity)
{
    if (identity == NULL)
        return;
    sk_X509_pop_free(identity->chain, X509_free);
    X509_free(identity->leaf);
    buffer_clear(&identity->text);
    free(identity);
}

static struct slice text_part(const struct identity *identity, unsigned part)
{
    size_t begin = part == 0 ? 0 : identity->ends[part - 1];
    struct slice text = buffer_view(&identity->text);
    return slice_before(slice_after(text, begin), identity->ends[part] - begin);
}

struct slice identity_common_name(const struct identity *identity)
{
    return text_part(identity, 0);
}

struct slice identity_subject(const struct identity *identity)
{
    return text_part(identity, 1);
}

struct slice identity_issuer(const struct identity *identity)
{
    return text_part(identity, 2);
}

struct slice identity_serial(const struct identity *identity)
{
    return text_part(identity, 3);
}

struct slice identity_fingerprint(const struct identity *identity)
{
    return slice_text(identity->fingerprint);
}

int64_t identity_not_after(const struct identity *identity)
{
    return identity->not_after;
}

static enum name_result append_known(struct buffer *out, struct slice value)
{
    if (value.length == 0)
        return NAME_ABSENT;
    return buffer_append_slice(out, value) ? NAME_WRITTEN : NAME_TOO_LONG;
}

enum name_result identity_append_variable(const struct identity *identity, enum template_variable variable,
                                          struct buffer *out)
{
    const X509_NAME *subject = X509_get_subject_name(identity->leaf);
    char time[CLOCK_TEXT_SIZE];
    switch (variable) {
    case TEMPLATE_SUBJECT:
        return append_known(out, identity_subject(identity));
    case TEMPLATE_ISSUER:
        return append_known(out, identity_issuer(identity));
    case TEMPLATE_CN:
        return append_known(out, identity_common_name(identity));
    case TEMPLATE_OU:
        return names_append_attribute(out, subject, NID_organizationalUnitName);
    case TEMPLATE_O:
        return names_append_attribute(out, subject, NID_organizationName);
    case TEMPLATE_SERIAL:
        return append_known(out, identity_serial(identity));
    case TEMPLATE_FINGERPRINT:
        return append_known(out, identity_fingerprint(identity));
    case TEMPLATE_NOT_AFTER:
        return append_known(out, slice_text(clock_format(identity->not_after, time)));
    case TEMPLATE_SAN_DNS:
        return names_append_san(out, identity->leaf, GEN_DNS);
    case TEMPLATE_SAN_URI:
        return names_append_san(out, identity->leaf, GEN_URI);
    case TEMPLATE_SAN_EMAIL:
        return names_append_san(out, identity->leaf, GEN_EMAIL);
    case TEMPLATE_SAN_IP:
        return names_append_san(out, identity->leaf, GEN_IPADD);
    case TEMPLATE_SPIFFE_ID:
        return names_append_spiffe_id(out, identity->leaf);
    case TEMPLATE_VERIFY:
        return append_known(out, SLICE_LITERAL("SUCCESS"));
    case TEMPLATE_PEM:
        return identity_append_pem(identity->leaf, out);
    case TEMPLATE_LITERAL:
    case TEMPLATE_VARIABLE_COUNT:
        break;
    }
    return NAME_ABSENT;
}
