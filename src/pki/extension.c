#include "extension.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#define KEY_IDENTIFIER_BYTES 20

static int add(X509 *certificate, int nid, void *value, bool critical)
{
    return X509_add1_ext_i2d(certificate, nid, value, critical, X509V3_ADD_DEFAULT) == 1 ? 0 : -1;
}

int pki_extension_basic(X509 *certificate, bool is_authority, int path_length)
{
    int result = -1;
    BASIC_CONSTRAINTS *value = BASIC_CONSTRAINTS_new();
    if (!value)
        return -1;
    value->ca = is_authority ? 0xff : 0;
    if (path_length != PKI_PATH_LENGTH_NONE) {
        value->pathlen = ASN1_INTEGER_new();
        if (!value->pathlen || ASN1_INTEGER_set(value->pathlen, path_length) != 1)
            goto out;
    }
    result = add(certificate, NID_basic_constraints, value, true);
out:
    BASIC_CONSTRAINTS_free(value);
    return result;
}

int pki_extension_key_usage(X509 *certificate, unsigned bits)
{
    int result = -1;
    ASN1_BIT_STRING *value = ASN1_BIT_STRING_new();
    if (!value)
        return -1;
    /* KU_DIGITAL_SIGNATURE is 0x80 and bit 0 of the string, and so on down. */
    for (int bit = 0; bit < 8; bit++)
        if ((bits & (0x80u >> bit)) && ASN1_BIT_STRING_set_bit(value, bit, 1) != 1)
            goto out;
    result = add(certificate, NID_key_usage, value, true);
out:
    ASN1_BIT_STRING_free(value);
    return result;
}

int pki_extension_purpose(X509 *certificate, int purpose_nid)
{
    int result = -1;
    EXTENDED_KEY_USAGE *value = EXTENDED_KEY_USAGE_new();
    ASN1_OBJECT *purpose = OBJ_nid2obj(purpose_nid); /* static: the stack's free does nothing to it */
    if (value && purpose && sk_ASN1_OBJECT_push(value, purpose) > 0)
        result = add(certificate, NID_ext_key_usage, value, false);
    EXTENDED_KEY_USAGE_free(value);
    return result;
}

int pki_extension_subject_key(X509 *certificate)
{
    int result = -1;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    if (value && X509_pubkey_digest(certificate, EVP_sha256(), digest, &length) == 1 &&
        length >= KEY_IDENTIFIER_BYTES && ASN1_OCTET_STRING_set(value, digest, KEY_IDENTIFIER_BYTES) == 1)
        result = add(certificate, NID_subject_key_identifier, value, false);
    ASN1_OCTET_STRING_free(value);
    return result;
}

static AUTHORITY_KEYID *authority_key_of(const X509 *issuer)
{
    AUTHORITY_KEYID *value = AUTHORITY_KEYID_new();
    if (value)
        value->keyid = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    if (value && value->keyid)
        return value;
    AUTHORITY_KEYID_free(value);
    return NULL;
}

int pki_extension_authority_key(X509 *certificate, const X509 *issuer)
{
    AUTHORITY_KEYID *value = authority_key_of(issuer);
    int result = value ? add(certificate, NID_authority_key_identifier, value, false) : -1;
    AUTHORITY_KEYID_free(value);
    return result;
}

int pki_extension_crl_authority_key(X509_CRL *crl, const X509 *issuer)
{
    AUTHORITY_KEYID *value = authority_key_of(issuer);
    int added = value ? X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, value, 0, 0) : 0;
    AUTHORITY_KEYID_free(value);
    return added == 1 ? 0 : -1;
}

int pki_extension_alternative(X509 *certificate, GENERAL_NAMES *names)
{
    return add(certificate, NID_subject_alt_name, names, false);
}

int pki_extension_crl_uri(X509 *certificate, const char *uri)
{
    int result = -1;
    CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    DIST_POINT *point = DIST_POINT_new();
    if (!points || !point || sk_DIST_POINT_push(points, point) <= 0) {
        DIST_POINT_free(point);
        goto out;
    }
    point->distpoint = DIST_POINT_NAME_new();
    if (!point->distpoint)
        goto out;
    point->distpoint->type = 0; /* fullName */
    point->distpoint->name.fullname = GENERAL_NAMES_new();
    if (!point->distpoint->name.fullname)
        goto out;
    if (pki_general_names_add_text(point->distpoint->name.fullname, GEN_URI, uri, strlen(uri)) == 0)
        result = add(certificate, NID_crl_distribution_points, points, false);
out:
    CRL_DIST_POINTS_free(points);
    return result;
}

int pki_extension_ocsp_uri(X509 *certificate, const char *uri)
{
    int result = -1;
    AUTHORITY_INFO_ACCESS *value = AUTHORITY_INFO_ACCESS_new();
    ACCESS_DESCRIPTION *description = ACCESS_DESCRIPTION_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (!value || !description || sk_ACCESS_DESCRIPTION_push(value, description) <= 0) {
        ACCESS_DESCRIPTION_free(description);
        goto out;
    }
    ASN1_OBJECT_free(description->method);
    description->method = OBJ_nid2obj(NID_ad_OCSP);
    if (!text || ASN1_STRING_set(text, uri, -1) != 1)
        goto out;
    GENERAL_NAME_set0_value(description->location, GEN_URI, text);
    text = NULL;
    result = add(certificate, NID_info_access, value, false);
out:
    ASN1_IA5STRING_free(text);
    AUTHORITY_INFO_ACCESS_free(value);
    return result;
}

static int add_name(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = value ? GENERAL_NAME_new() : NULL;
    if (!name) {
        ASN1_STRING_free(value);
        return -1;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return 0;
    GENERAL_NAME_free(name);
    return -1;
}

static ASN1_STRING *new_string(int type, const void *bytes, size_t length)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);
    if (string && ASN1_STRING_set(string, bytes, (int)length) == 1)
        return string;
    ASN1_STRING_free(string);
    return NULL;
}

int pki_extension_no_check(X509 *certificate)
{
    ASN1_NULL *nothing = ASN1_NULL_new();
    int added = nothing ? X509_add1_ext_i2d(certificate, NID_id_pkix_OCSP_noCheck, nothing, 0, 0) : 0;
    ASN1_NULL_free(nothing);
    return added == 1 ? 0 : -1;
}

int pki_general_names_add_text(GENERAL_NAMES *names, int type, const char *text, size_t length)
{
    return add_name(names, type, new_string(V_ASN1_IA5STRING, text, length));
}

int pki_general_names_add_address(GENERAL_NAMES *names, const unsigned char *bytes, size_t length)
{
    return add_name(names, GEN_IPADD, new_string(V_ASN1_OCTET_STRING, bytes, length));
}
