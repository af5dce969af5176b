#include "verify_path.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "id_bytes.h"
#include "postern/trust/certificate.h"

static void add_point(const GENERAL_NAME *name, struct trust_link *link)
{
    unsigned char *der = NULL;
    int length = i2d_GENERAL_NAME(name, &der);
    if (length > 0 && link->point_count < TRUST_POINTS_MAX)
        point_of_name(slice_of((const char *)der, (size_t)length), link->points[link->point_count++]);
    OPENSSL_free(der);
}

/* The CRLs that may speak about this certificate alone. Those of another CRL issuer are left out: indirect
 * CRLs are not read. RFC 5280 §4.2.1.13. */
static void describe_points(const X509 *certificate, struct trust_link *link)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);
        if (point->CRLissuer || !point->distpoint || point->distpoint->type != 0)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(point->distpoint->name.fullname); j++)
            add_point(sk_GENERAL_NAME_value(point->distpoint->name.fullname, j), link);
    }
    CRL_DIST_POINTS_free(points);
}

static int describe_link(X509 *certificate, const X509 *issuer, struct trust_link *link)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    if (trust_id_of_issuer(issuer, &link->issuer) != 0 || trust_serial_of(certificate, &link->serial) != 0 ||
        !certificate_dates(certificate, &link->not_before, &link->not_after))
        return -1;
    if (flags & EXFLAG_CA)
        link->flags |= TRUST_LINK_IS_CA;
    if (flags & EXFLAG_XKUSAGE) {
        link->flags |= TRUST_LINK_HAS_EKU;
        if (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT)
            link->flags |= TRUST_LINK_CLIENT_AUTH;
    }
    describe_points(certificate, link);
    return 0;
}

/* A name that cannot be read is none: it could not be shown to whoever wants to deny it either. */
static int describe_names(const X509 *leaf, struct trust_path *path)
{
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int at = -1, result = 0;
    while (result == 0 && path->name_count < TRUST_NAMES_MAX &&
           (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
        unsigned char *text = NULL;
        int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        if (length >= 0)
            result = trust_name_of_text(slice_of((const char *)text, (size_t)length),
                                        path->names[path->name_count++]);
        OPENSSL_free(text);
    }
    return result;
}

int trust_path_of_chain(const struct stack_st_X509 *chain, struct trust_path *out)
{
    int links = sk_X509_num(chain) - 1;
    *out = (struct trust_path){0};
    for (int i = 0; i < links; i++)
        if (describe_link(sk_X509_value(chain, i), sk_X509_value(chain, i + 1), &out->links[i]) != 0)
            return i;
    if (links > 0 && describe_names(sk_X509_value(chain, 0), out) != 0)
        return 0;
    if (trust_id_of_issuer(sk_X509_value(chain, links), &out->anchor) != 0)
        return links;
    out->count = (unsigned)links;
    return -1;
}
