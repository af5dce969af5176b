#include "postern/pki/request.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_error.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/key.h"
#include "postern/pki/name.h"
#include "san.h"

struct pki_request {
    X509_REQ *request;
    EVP_PKEY *key; /* borrowed from request */
    char *name, *unit;
    char *sans[PKI_SAN_MAX];
    size_t san_count;
    EXTENDED_KEY_USAGE *purposes; /* NULL: none are listed */
};

/* PEM if it has such a line, else DER with nothing behind it. */
static X509_REQ *decode(struct slice bytes, struct err *err)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    X509_REQ *request = NULL;
    if (bytes.length == 0 || bytes.length > PKI_REQUEST_MAX) {
        (void)err_set(err, "a request of %zu bytes; 1 to %u would be right", bytes.length, PKI_REQUEST_MAX);
        return NULL;
    }
    if (memmem(bytes.data, bytes.length, "-----BEGIN", 10)) {
        BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.length);
        request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
        BIO_free(bio);
    } else {
        request = d2i_X509_REQ(NULL, &at, (long)bytes.length);
        if (request && at != (const unsigned char *)bytes.data + bytes.length) {
            X509_REQ_free(request);
            request = NULL;
        }
    }
    if (!request)
        (void)pki_crypto_error(err, NULL, "no certificate request (PKCS#10) in PEM or DER");
    return request;
}

static int check_signature(const struct pki_request *request, struct err *err)
{
    int digest = NID_undef, key = NID_undef;
    if (X509_REQ_verify(request->request, request->key) != 1)
        return pki_crypto_error(err, NULL, "the request's signature is not its key's");
    if (OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request->request), &digest, &key) == 1 &&
        (digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1))
        return err_set(err, "the request is signed with %s; SHA-256 would be right", OBJ_nid2sn(digest));
    return 0;
}

/* One attribute of the subject as checked UTF-8 text; *out stays NULL if it is not there. */
static int take_attribute(X509_NAME *subject, int nid, char **out, struct err *err)
{
    unsigned char *text = NULL;
    int at = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (at < 0)
        return 0;
    if (X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
        return err_set(err, "the request's subject has two %s; one would be right", OBJ_nid2sn(nid));
    int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0)
        return pki_crypto_error(err, NULL, "the request's subject is no text");
    struct slice value = slice_of((const char *)text, (size_t)length);
    int result = nid == NID_commonName ? pki_name_check(value, PKI_NAME_SERVER, err)
                                       : pki_name_check_attribute(value, "unit (OU)", err);
    if (result == 0)
        *out = xstrndup(value.data, value.length);
    OPENSSL_free(text);
    return result;
}

static int take_sans(struct pki_request *request, const GENERAL_NAMES *names, struct err *err)
{
    GENERAL_NAMES *checked = GENERAL_NAMES_new();
    int result = 0;
    for (int i = 0; checked && i < sk_GENERAL_NAME_num(names) && result == 0; i++) {
        char *text = request->san_count < PKI_SAN_MAX ? pki_san_text(sk_GENERAL_NAME_value(names, i)) : NULL;
        if (!text) {
            result = err_set(err, "the request has an alternative name that is no DNS, IP, URI or email, or "
                                  "has too many");
            break;
        }
        request->sans[request->san_count++] = text;
        result = pki_san_add_one(checked, slice_text(text), true, err);
    }
    GENERAL_NAMES_free(checked);
    return result;
}

static int check_usage(X509_EXTENSION *extension, struct err *err)
{
    ASN1_BIT_STRING *bits = X509V3_EXT_d2i(extension);
    bool good = bits && !ASN1_BIT_STRING_get_bit(bits, 5) && !ASN1_BIT_STRING_get_bit(bits, 6);
    ASN1_BIT_STRING_free(bits);
    return good ? 0 : err_set(err, "the request wants to sign certificates or CRLs (keyUsage)");
}

static int check_basic(X509_EXTENSION *extension, struct err *err)
{
    BASIC_CONSTRAINTS *basic = X509V3_EXT_d2i(extension);
    bool good = basic && !basic->ca;
    BASIC_CONSTRAINTS_free(basic);
    return good ? 0 : err_set(err, "the request wants to be an authority (basicConstraints)");
}

static int take_extension(struct pki_request *request, X509_EXTENSION *extension, struct err *err)
{
    char oid[128];
    GENERAL_NAMES *names = NULL;
    int result = 0;
    switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
    case NID_subject_alt_name:
        names = X509V3_EXT_d2i(extension);
        result = names ? take_sans(request, names, err) : err_set(err, "a damaged subjectAltName");
        GENERAL_NAMES_free(names);
        return result;
    case NID_ext_key_usage:
        request->purposes = X509V3_EXT_d2i(extension);
        return request->purposes ? 0 : err_set(err, "a damaged extendedKeyUsage");
    case NID_key_usage:
        return check_usage(extension, err);
    case NID_basic_constraints:
        return check_basic(extension, err);
    case NID_subject_key_identifier:
        return 0;
    default:
        OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 0);
        return err_set(err, "the request wants an extension that it must not have: %s", oid);
    }
}

static int take_extensions(struct pki_request *request, struct err *err)
{
    int result = 0;
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request->request);
    for (int i = 0; i < sk_X509_EXTENSION_num(all) && result == 0; i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(all, i);
        if (X509v3_get_ext_by_OBJ(all, X509_EXTENSION_get_object(extension), i) >= 0)
            result = err_set(err, "the request has an extension twice");
        else
            result = take_extension(request, extension, err);
    }
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    return result;
}

static int fill(struct pki_request *request, struct err *err)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request->request);
    request->key = X509_REQ_get0_pubkey(request->request);
    if (!request->key)
        return pki_crypto_error(err, NULL, "the request's key is of no known kind");
    if (pki_key_check_strength(request->key, err) < 0 || check_signature(request, err) < 0)
        return -1;
    if (take_attribute(subject, NID_commonName, &request->name, err) < 0 ||
        take_attribute(subject, NID_organizationalUnitName, &request->unit, err) < 0)
        return -1;
    return take_extensions(request, err);
}

int pki_request_parse(struct slice bytes, const char *path, struct pki_request **out, struct err *err)
{
    struct err local = {0};
    struct pki_request *request = xcalloc(1, sizeof *request);
    *out = NULL;
    request->request = decode(bytes, &local);
    if (!request->request || fill(request, &local) < 0) {
        pki_request_free(request);
        (void)pki_crypto_error(NULL, NULL, ""); /* drains the queue */
        return err_set_at(err, path, 0, "%s", local.text);
    }
    *out = request;
    return 0;
}

int pki_request_load(const char *path, struct pki_request **out, struct err *err)
{
    struct buffer bytes;
    *out = NULL;
    if (file_read(path, PKI_REQUEST_MAX, &bytes, NULL, err) < 0)
        return -1;
    int result = pki_request_parse(buffer_view(&bytes), path, out, err);
    buffer_clear(&bytes);
    return result;
}

void pki_request_free(struct pki_request *request)
{
    if (!request)
        return;
    X509_REQ_free(request->request);
    EXTENDED_KEY_USAGE_free(request->purposes);
    for (size_t i = 0; i < request->san_count; i++)
        free(request->sans[i]);
    free(request->name);
    free(request->unit);
    free(request);
}

const char *pki_request_name(const struct pki_request *request)
{
    return request->name;
}

const char *pki_request_unit(const struct pki_request *request)
{
    return request->unit;
}

size_t pki_request_san_count(const struct pki_request *request)
{
    return request->san_count;
}

const char *pki_request_san(const struct pki_request *request, size_t index)
{
    return request->sans[index];
}

bool pki_request_wants_only(const struct pki_request *request, int purpose_nid)
{
    for (int i = 0; i < sk_ASN1_OBJECT_num(request->purposes); i++)
        if (OBJ_obj2nid(sk_ASN1_OBJECT_value(request->purposes, i)) != purpose_nid)
            return false;
    return true;
}

EVP_PKEY *pki_request_key(const struct pki_request *request)
{
    return request->key;
}
