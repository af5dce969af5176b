#include "postern/trust/crl.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crl_walk.h"
#include "postern/base/clock.h"
#include "postern/trust/certificate.h"
#include "postern/trust/der.h"

#define ISSUER_DER_MAX 65536u

int crl_refuse(struct crl_walk *walk, const char *format, ...)
{
    char text[512];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (walk->issuer_text[0])
        return err_set_at(walk->err, walk->path, walk->line, "CRL of %s: %s", walk->issuer_text, text);
    return err_set_at(walk->err, walk->path, walk->line, "CRL: %s", text);
}

int crl_tolerate(struct crl_walk *walk, const char *what, const char *remedy)
{
    char *remark = walk->out->remark;
    size_t used = strlen(remark), room = sizeof(walk->out->remark) - used;
    if (walk->options->profile == CRL_STRICT)
        return crl_refuse(walk, "%s; %s, or set crl_profile = legacy", what, remedy);
    snprintf(remark + used, room, "%s%s", used ? "; " : "", what);
    return 0;
}

static int read_version(struct crl_walk *walk, struct slice *tbs)
{
    struct der_element element;
    uint32_t version = 0;
    if (der_peek(*tbs) != DER_INTEGER)
        return crl_tolerate(walk, "version 1, so it can have neither number nor key identifier",
                            "have it issued as version 2, with crl_extensions set in openssl.cnf");
    if (!der_next(tbs, &element) || !der_small(&element, 1, &version) || version != 1)
        return crl_refuse(walk, "an unknown version; CRLs are of version 2");
    walk->is_v2 = true;
    return 0;
}

static int read_issuer(struct crl_walk *walk, struct slice *tbs)
{
    struct der_element element;
    if (!der_expect(tbs, DER_SEQUENCE, &element) || element.whole.length > ISSUER_DER_MAX)
        return crl_refuse(walk, "malformed issuer name");
    const unsigned char *at = (const unsigned char *)element.whole.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)element.whole.length);
    int result = 0;
    walk->issuer = element.whole;
    if (!name || at != (const unsigned char *)element.whole.data + element.whole.length ||
        X509_NAME_entry_count(name) == 0 || trust_id_of_name(name, &walk->out->record.issuer_name) != 0) {
        result = crl_refuse(walk, "malformed or empty issuer name");
    } else {
        certificate_name_text(name, walk->out->issuer_text, sizeof(walk->out->issuer_text));
        certificate_name_text(name, walk->issuer_text, sizeof(walk->issuer_text));
    }
    X509_NAME_free(name);
    ERR_clear_error();
    return result;
}

static bool is_time(int tag)
{
    return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME;
}

static int read_times(struct crl_walk *walk, struct slice *tbs)
{
    struct der_element element;
    struct crl_record *record = &walk->out->record;
    char text[CLOCK_TEXT_SIZE];
    if (!der_next(tbs, &element) || !der_time(&element, &record->this_update))
        return crl_refuse(walk, "malformed thisUpdate");
    if (!is_time(der_peek(*tbs)))
        return crl_refuse(walk, "no nextUpdate, so it would be believed for ever; have the CA issue it with "
                                "one (default_crl_days)");
    if (!der_next(tbs, &element) || !der_time(&element, &record->next_update))
        return crl_refuse(walk, "malformed nextUpdate");
    if (record->next_update <= record->this_update)
        return crl_refuse(walk, "nextUpdate is not after thisUpdate");
    if (record->this_update > walk->options->now_s + CRL_SKEW_S)
        return crl_refuse(walk,
                          "thisUpdate %s lies in the future; check the clocks of the CA and of this "
                          "machine",
                          clock_format(record->this_update, text));
    return 0;
}

static int read_lists(struct crl_walk *walk, struct slice *tbs)
{
    struct der_element element;
    if (der_peek(*tbs) == DER_SEQUENCE) {
        if (!der_next(tbs, &element))
            return crl_refuse(walk, "malformed list of revoked certificates; is the file cut off?");
        walk->entries = element.body;
    }
    if (der_peek(*tbs) == DER_CONTEXT_CONSTRUCTED(0)) {
        struct slice inside;
        if (!der_next(tbs, &element))
            return crl_refuse(walk, "malformed extensions");
        inside = element.body;
        if (!der_expect(&inside, DER_SEQUENCE, &element) || inside.length > 0 || element.body.length == 0)
            return crl_refuse(walk, "malformed extensions");
        if (!walk->is_v2)
            return crl_refuse(walk, "extensions in a CRL of version 1; have it issued as version 2");
        walk->extensions = element.body;
    }
    return tbs->length == 0 ? 0 : crl_refuse(walk, "unknown data behind its fields");
}

/* RFC 5280 §5.1.1: TBSCertList, signatureAlgorithm, signatureValue. */
static int split(struct crl_walk *walk, struct slice der, struct slice *tbs, struct slice *outer)
{
    struct der_element list, element;
    if (!der_expect(&der, DER_SEQUENCE, &list))
        return crl_refuse(walk, "not a CRL in DER; is it cut off?");
    if (der.length > 0)
        return crl_refuse(walk, "%zu bytes behind its end; the file is damaged", der.length);
    struct slice rest = list.body;
    if (!der_expect(&rest, DER_SEQUENCE, &element))
        return crl_refuse(walk, "malformed TBSCertList");
    walk->tbs = element.whole;
    *tbs = element.body;
    if (!der_expect(&rest, DER_SEQUENCE, &element))
        return crl_refuse(walk, "malformed signatureAlgorithm");
    *outer = element.whole;
    if (!der_expect(&rest, DER_BIT_STRING, &element) || rest.length > 0 || element.body.length < 2 ||
        element.body.data[0] != 0 || element.body.length - 1 > CRL_SIGNATURE_MAX)
        return crl_refuse(walk, "malformed signatureValue");
    walk->signature = slice_after(element.body, 1);
    return 0;
}

/* §5.1.2.2: the algorithm inside what is signed must be the one outside. */
static int read_algorithm(struct crl_walk *walk, struct slice *tbs, struct slice outer)
{
    struct der_element element;
    if (!der_expect(tbs, DER_SEQUENCE, &element))
        return crl_refuse(walk, "malformed signature algorithm");
    if (!slice_equal(element.whole, outer))
        return crl_refuse(walk, "its two signature algorithms differ; it was tampered with or badly made");
    walk->algorithm = outer;
    return 0;
}

static int walk_all(struct crl_walk *walk, struct slice der, const struct trust_bundle *bundle)
{
    struct slice tbs, outer;
    if (split(walk, der, &tbs, &outer) != 0 || read_version(walk, &tbs) != 0 ||
        read_algorithm(walk, &tbs, outer) != 0 || read_issuer(walk, &tbs) != 0 ||
        read_times(walk, &tbs) != 0 || read_lists(walk, &tbs) != 0 || crl_walk_extensions(walk) != 0)
        return -1;
    /* Signature before entries: what nobody signed is not worth the memory. */
    if (crl_check_signature(walk, bundle) != 0)
        return -1;
    return crl_walk_entries(walk);
}

int crl_parse(struct slice der, const struct trust_bundle *bundle, const struct crl_options *options,
              const char *path, unsigned line, struct crl *out, struct err *err)
{
    struct crl_walk walk = {.options = options, .path = path, .line = line, .out = out, .err = err};
    *out = (struct crl){.record = {.line = line}};
    return walk_all(&walk, der, bundle);
}

void crl_clear(struct crl *crl)
{
    free(crl->entries);
    *crl = (struct crl){0};
}

const char *crl_entry_reason_text(unsigned char reason)
{
    static const char *const texts[] = {
        "unspecified",   "keyCompromise",        "CACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", "?",
        "removeFromCRL", "privilegeWithdrawn",   "AACompromise"};
    return reason < LENGTH_OF(texts) ? texts[reason] : "?";
}
