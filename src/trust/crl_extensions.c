#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crl_walk.h"
#include "id_bytes.h"
#include "postern/trust/der.h"

#define EXTENSIONS_MAX 32

struct extension {
    struct slice oid; /* content octets */
    struct slice value;
    bool is_critical;
};

/* id-ce is 2.5.29: two octets, 55 1D, and one that tells the extension. */
enum {
    CE_KEY_IDENTIFIER = 35,
    CE_CRL_NUMBER = 20,
    CE_DELTA_CRL = 27,
    CE_DISTRIBUTION_POINT = 28,
};

static int ce_number(struct slice oid)
{
    const unsigned char *bytes = (const unsigned char *)oid.data;
    return oid.length == 3 && bytes[0] == 0x55 && bytes[1] == 0x1d ? bytes[2] : -1;
}

/* The OID for a message: its name or its numbers. */
static const char *oid_text(struct slice oid, char *out, size_t size)
{
    unsigned char der[2 + 64];
    const unsigned char *at = der;
    ASN1_OBJECT *object = NULL;
    if (oid.length <= sizeof(der) - 2) {
        der[0] = DER_OID;
        der[1] = (unsigned char)oid.length;
        memcpy(der + 2, oid.data, oid.length);
        object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.length + 2);
    }
    if (!object || OBJ_obj2txt(out, (int)size, object, 0) <= 0)
        memcpy(out, "?", 2);
    ASN1_OBJECT_free(object);
    return out;
}

/* AuthorityKeyIdentifier, RFC 5280 §4.2.1.1: only [0] keyIdentifier is used. */
static int read_key_identifier(struct crl_walk *walk, struct slice value)
{
    struct der_element sequence, element;
    struct crl_record *record = &walk->out->record;
    if (!der_expect(&value, DER_SEQUENCE, &sequence) || value.length > 0)
        return crl_refuse(walk, "malformed authority key identifier");
    struct slice rest = sequence.body;
    int last = -1;
    while (rest.length > 0) {
        if (!der_next(&rest, &element) || element.tag <= last)
            return crl_refuse(walk, "malformed authority key identifier");
        last = element.tag & 0x1f;
        if (element.tag == DER_CONTEXT(0)) {
            if (element.body.length == 0 || element.body.length > CRL_KEY_ID_MAX)
                return crl_refuse(walk, "malformed authority key identifier");
            record->flags |= CRL_HAS_KEY_ID;
            record->key_id_length = (unsigned char)element.body.length;
            memcpy(record->key_id, element.body.data, element.body.length);
        } else if (element.tag != DER_CONTEXT_CONSTRUCTED(1) && element.tag != DER_CONTEXT(2)) {
            return crl_refuse(walk, "malformed authority key identifier");
        }
    }
    return 0;
}

static int read_number(struct crl_walk *walk, struct slice value)
{
    struct der_element element;
    struct slice magnitude;
    if (!der_expect(&value, DER_INTEGER, &element) || value.length > 0 ||
        !der_unsigned(&element, &magnitude) || !serial_of_magnitude(magnitude, &walk->out->record.number))
        return crl_refuse(walk, "malformed crlNumber; it is a non-negative number of at most 20 octets");
    walk->out->record.flags |= CRL_HAS_NUMBER;
    return 0;
}

/* Is it a GeneralName to its last byte? RFC 5280 §4.2.1.6. */
static bool is_general_name(struct slice der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    GENERAL_NAME *name = d2i_GENERAL_NAME(NULL, &at, (long)der.length);
    bool is_whole = name && at == (const unsigned char *)der.data + der.length;
    GENERAL_NAME_free(name);
    ERR_clear_error();
    return is_whole;
}

/* DistributionPointName: [0] fullName, GeneralNames. */
static int read_points(struct crl_walk *walk, struct slice value)
{
    struct der_element names, name;
    struct crl_record *record = &walk->out->record;
    if (der_peek(value) == DER_CONTEXT_CONSTRUCTED(1))
        return crl_refuse(walk, "its distribution point has a name relative to its issuer, which is not "
                                "supported; use a full name (URI)");
    if (!der_expect(&value, DER_CONTEXT_CONSTRUCTED(0), &names) || value.length > 0 || names.body.length == 0)
        return crl_refuse(walk, "malformed distribution point");
    struct slice rest = names.body;
    while (rest.length > 0) {
        if (!der_next(&rest, &name) || !is_general_name(name.whole))
            return crl_refuse(walk, "malformed distribution point");
        if (record->point_count >= TRUST_POINTS_MAX)
            return crl_refuse(walk, "more than %d names for its distribution point; use one",
                              TRUST_POINTS_MAX);
        point_of_name(name.whole, record->points[record->point_count++]);
    }
    record->flags |= CRL_HAS_POINTS;
    return 0;
}

/* One field of IssuingDistributionPoint. */
static int read_scope_field(struct crl_walk *walk, const struct der_element *element)
{
    bool value;
    struct crl_record *record = &walk->out->record;
    if (element->tag == DER_CONTEXT_CONSTRUCTED(0))
        return read_points(walk, element->body);
    if (element->tag == DER_CONTEXT(3))
        return crl_refuse(walk, "it covers only some revocation reasons (onlySomeReasons), which is not "
                                "supported; have the CA issue one that covers all");
    if (!der_boolean(element, &value))
        return crl_refuse(walk, "malformed issuing distribution point");
    switch (element->tag) {
    case DER_CONTEXT(1):
        record->flags |= value ? CRL_ONLY_USER : 0;
        return 0;
    case DER_CONTEXT(2):
        record->flags |= value ? CRL_ONLY_CA : 0;
        return 0;
    case DER_CONTEXT(4):
        return !value ? 0
                      : crl_refuse(walk, "an indirect CRL (it speaks for other CAs), which is not supported; "
                                         "use the CRL that each CA issues for itself");
    case DER_CONTEXT(5):
        return !value ? 0 : crl_refuse(walk, "it is only for attribute certificates; use the CA's other CRL");
    default:
        return crl_refuse(walk, "malformed issuing distribution point");
    }
}

/* RFC 5280 §5.2.5. */
static int read_scope(struct crl_walk *walk, struct slice value)
{
    struct der_element sequence, element;
    if (!der_expect(&value, DER_SEQUENCE, &sequence) || value.length > 0 || sequence.body.length == 0)
        return crl_refuse(walk, "malformed issuing distribution point");
    struct slice rest = sequence.body;
    int last = -1;
    while (rest.length > 0) {
        if (!der_next(&rest, &element) || (element.tag & 0xc0) != 0x80 || (element.tag & 0x1f) <= last)
            return crl_refuse(walk, "malformed issuing distribution point");
        last = element.tag & 0x1f;
        if (read_scope_field(walk, &element) != 0)
            return -1;
    }
    const unsigned both = CRL_ONLY_USER | CRL_ONLY_CA;
    if ((walk->out->record.flags & both) == both)
        return crl_refuse(walk, "it claims to hold only user and only CA certificates, so none");
    return 0;
}

static int read_extension(struct crl_walk *walk, const struct extension *extension)
{
    char text[128];
    switch (ce_number(extension->oid)) {
    case CE_KEY_IDENTIFIER:
        return read_key_identifier(walk, extension->value);
    case CE_CRL_NUMBER:
        return read_number(walk, extension->value);
    case CE_DISTRIBUTION_POINT:
        return read_scope(walk, extension->value);
    case CE_DELTA_CRL:
        return crl_refuse(walk, "a delta CRL, which is not supported; use the CA's complete CRL");
    default:
        if (extension->is_critical)
            return crl_refuse(walk,
                              "a critical extension that is not understood (%s); have the CA issue the "
                              "CRL without it",
                              oid_text(extension->oid, text, sizeof(text)));
        return 0;
    }
}

static bool split_extension(struct slice *rest, struct extension *out)
{
    struct der_element sequence, element;
    if (!der_expect(rest, DER_SEQUENCE, &sequence))
        return false;
    struct slice inside = sequence.body;
    out->is_critical = false;
    if (!der_next(&inside, &element) || !der_is_oid(&element))
        return false;
    out->oid = element.body;
    /* LENIENT: FALSE is the default and should be left out, but some tools write it. */
    if (der_peek(inside) == DER_BOOLEAN &&
        (!der_next(&inside, &element) || !der_boolean(&element, &out->is_critical)))
        return false;
    if (!der_expect(&inside, DER_OCTET_STRING, &element) || inside.length > 0)
        return false;
    out->value = element.body;
    return true;
}

static int require_identity(struct crl_walk *walk)
{
    unsigned flags = walk->out->record.flags;
    if (!(flags & CRL_HAS_KEY_ID) && walk->is_v2 &&
        crl_tolerate(walk, "no authority key identifier",
                     "have the CA write it (authorityKeyIdentifier = keyid in crl_extensions)") != 0)
        return -1;
    if (!(flags & CRL_HAS_NUMBER) && walk->is_v2 &&
        crl_tolerate(walk, "no crlNumber", "have the CA number its CRLs (crlnumber in openssl.cnf)") != 0)
        return -1;
    return 0;
}

int crl_walk_extensions(struct crl_walk *walk)
{
    struct extension seen[EXTENSIONS_MAX];
    struct slice rest = walk->extensions;
    size_t count = 0;
    while (rest.length > 0) {
        if (count >= EXTENSIONS_MAX)
            return crl_refuse(walk, "more than %d extensions", EXTENSIONS_MAX);
        if (!split_extension(&rest, &seen[count]))
            return crl_refuse(walk, "malformed extension");
        for (size_t i = 0; i < count; i++)
            if (slice_equal(seen[i].oid, seen[count].oid))
                return crl_refuse(walk, "the same extension twice");
        if (read_extension(walk, &seen[count]) != 0)
            return -1;
        count++;
    }
    return require_identity(walk);
}
