#include "postern/trust/examine.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "id_bytes.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/trust/verify.h"
#include "revocation.h"
#include "trust_state.h"

/* One certificate's inquiry on its way. */
struct inquest {
    const struct trust *trust;
    int64_t now_s;
    struct examined *examined;
};

static void fill_crl(const struct trust *trust, int64_t now_s, const struct crl_record *record,
                     const struct crl_entry *entry, bool is_in_scope, struct examined_crl *out)
{
    *out = (struct examined_crl){record, entry, is_in_scope,
                                 crl_standing(record, now_s, trust->policy.crl_grace_s)};
}

static void on_record(void *context, const struct crl_record *record, bool is_in_scope,
                      const struct crl_entry *entry)
{
    struct inquest *inquest = context;
    struct examined *examined = inquest->examined;
    if (examined->crl_count < EXAMINED_CRLS_MAX)
        fill_crl(inquest->trust, inquest->now_s, record, entry, is_in_scope,
                 &examined->crls[examined->crl_count++]);
}

static void ask_crls(const struct trust *trust, const struct trust_link *link, int64_t now_s,
                     struct examined *out)
{
    struct inquest inquest = {trust, now_s, out};
    const struct revocation_witness witness = {on_record, &inquest};
    struct trust_verdict said = {.recheck_at = TRUST_NEVER};
    if (!trust->policy.check_revocation)
        return;
    out->is_asked = true;
    out->revocation = revocation_ask_before(trust, link, now_s, &witness, &said);
    out->notes = said.notes;
}

static bool is_among(const struct presented *presented, const X509 *certificate)
{
    bool found = presented->leaf != NULL && X509_cmp(presented->leaf, certificate) == 0;
    for (int i = 0; !found && i < sk_X509_num(presented->others); i++)
        found = X509_cmp(sk_X509_value(presented->others, i), certificate) == 0;
    return found;
}

static void describe_chain(const struct trust *trust, const struct presented *presented,
                           const struct stack_st_X509 *chain, int64_t now_s, struct examination *out)
{
    int count = sk_X509_num(chain);
    out->count = count > 0 ? (size_t)count : 0;
    out->certificates = xcalloc(out->count + 1, sizeof(*out->certificates));
    for (size_t i = 0; i < out->count; i++) {
        struct examined *examined = &out->certificates[i];
        certificate_describe(sk_X509_value(chain, (int)i), &examined->info);
        examined->is_presented = is_among(presented, sk_X509_value(chain, (int)i));
        if (i < out->path.count)
            ask_crls(trust, &out->path.links[i], now_s, examined);
    }
}

/* Where the chain ended: at an anchor, or for want of an issuer? */
static void look_at_end(const struct trust *trust, const struct stack_st_X509 *chain, struct examination *out)
{
    const X509 *last = sk_X509_value(chain, sk_X509_num(chain) - 1);
    const struct issuer *issuer;
    struct trust_id id, name;
    if (last == NULL || trust_id_of_issuer(last, &id) != 0 ||
        trust_id_of_name(X509_get_issuer_name(last), &name) != 0)
        return;
    for (size_t i = 0; i < trust->anchor_count; i++)
        out->reaches_anchor = out->reaches_anchor || trust_id_equal(&trust->anchors[i].id, &id);
    for (size_t i = 0; (issuer = issuers_bundled(trust->issuers, i)) != NULL; i++)
        out->has_namesake = out->has_namesake || trust_id_equal(&issuer->name, &name);
    out->has_namesake = out->has_namesake && !out->reaches_anchor;
}

void trust_examine(const struct trust *trust, const struct presented *presented, int64_t now_s,
                   struct examination *out)
{
    struct stack_st_X509 *chain = NULL;
    *out = (struct examination){.count = 0};
    (void)trust_verify_certificates(trust, presented->leaf, presented->others, now_s, &out->path,
                                    &out->verdict, &chain);
    describe_chain(trust, presented, chain, now_s, out);
    look_at_end(trust, chain, out);
    sk_X509_pop_free(chain, X509_free);
}

void examination_clear(struct examination *examination)
{
    free(examination->certificates);
    *examination = (struct examination){.count = 0};
}

/* With an odd number of digits too, as people copy them. */
static bool parse_serial(struct slice text, struct trust_serial *out)
{
    char digits[2 * TRUST_SERIAL_MAX + 2] = "0";
    unsigned char bytes[TRUST_SERIAL_MAX + 1];
    while (text.length > 1 && text.data[0] == '0')
        text = slice_after(text, 1);
    if (text.length == 0 || text.length > 2 * TRUST_SERIAL_MAX)
        return false;
    memcpy(digits + text.length % 2, text.data, text.length);
    int length = text_unhex(bytes, sizeof(bytes), slice_of(digits, text.length + text.length % 2));
    return length > 0 && serial_of_magnitude(slice_of((const char *)bytes, (size_t)length), out);
}

static bool holds_text(struct slice name, const char *part)
{
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= name.length; at++)
        if (slice_equal_nocase(slice_of(name.data + at, length), slice_of(part, length)))
            return true;
    return false;
}

int trust_examine_serial(const struct trust *trust, struct slice text, const char *issuer, int64_t now_s,
                         void (*each)(void *, const struct examined_crl *), void *context)
{
    struct trust_serial serial = {.length = 0};
    int found = 0;
    if (!parse_serial(text, &serial))
        return -1;
    for (size_t i = 0; trust->index != NULL && i < crl_index_count(trust->index); i++) {
        const struct crl_record *record = crl_index_record(trust->index, i);
        struct examined_crl crl;
        if (!holds_text(crl_record_issuer(trust->index, record), issuer))
            continue;
        fill_crl(trust, now_s, record, crl_index_lookup(trust->index, record, &serial), true, &crl);
        each(context, &crl);
        found++;
    }
    return found;
}

int trust_examine_denied(const struct trust *trust, struct slice text, int64_t now_s,
                         void (*each)(void *, const struct deny_match *), void *context)
{
    struct trust_serial serial = {.length = 0};
    if (!parse_serial(text, &serial))
        return -1;
    if (trust->policy.deny == NULL)
        return 0;
    return (int)deny_each_serial(trust->policy.deny, &serial, now_s, each, context);
}
