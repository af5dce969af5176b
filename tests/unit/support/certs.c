#include "certs.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postern/base/memory.h"

#define PEM_MAX (64u * 1024 * 1024)

#define MUST(condition) ((condition) ? (void)0 : give_up(#condition, __LINE__))

static void give_up(const char *condition, int line)
{
    fprintf(stderr, "certs.c:%d: %s\n", line, condition);
    abort();
}

EVP_PKEY *cert_key_new(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (strncmp(kind, "RSA-", 4) == 0)
        key = EVP_RSA_gen((unsigned)strtoul(kind + 4, NULL, 10));
    else if (strncasecmp(kind, "Ed", 2) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    MUST(key != NULL);
    return key;
}

static const EVP_MD *digest_for(EVP_PKEY *key, const char *digest)
{
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 || EVP_PKEY_get_base_id(key) == EVP_PKEY_ED448)
        return NULL;
    const EVP_MD *md = EVP_get_digestbyname(digest ? digest : "SHA256");
    MUST(md != NULL);
    return md;
}

static EVP_MD_CTX *signing(EVP_PKEY *key, const char *digest, bool pss)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    MUST(context && EVP_DigestSignInit(context, &key_context, digest_for(key, digest), NULL, key) == 1);
    if (pss)
        MUST(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1);
    return context;
}

static void set_time(ASN1_TIME *time, int64_t seconds)
{
    MUST(ASN1_TIME_set(time, (time_t)seconds) != NULL);
}

static ASN1_INTEGER *integer_of(const char *hex)
{
    BIGNUM *number = NULL;
    MUST(BN_hex2bn(&number, hex) > 0);
    ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
    MUST(integer != NULL);
    BN_free(number);
    return integer;
}

static void add_name(X509_NAME *name, const char *field, const char *text, size_t length, int type)
{
    if (text)
        MUST(X509_NAME_add_entry_by_txt(name, field, type, (const unsigned char *)text, (int)length, -1, 0));
}

static void set_subject(X509 *x509, const struct cert_options *options)
{
    X509_NAME *name = X509_NAME_new();
    const char *cn = options->cn ? options->cn : "somebody";
    size_t length = options->cn_length ? options->cn_length : strlen(cn);
    if (options->o)
        add_name(name, "O", options->o, strlen(options->o), V_ASN1_UTF8STRING);
    if (options->ou)
        add_name(name, "OU", options->ou, strlen(options->ou), V_ASN1_UTF8STRING);
    if (length > 0)
        add_name(name, "CN", cn, length, options->cn_type ? options->cn_type : V_ASN1_UTF8STRING);
    MUST(X509_set_subject_name(x509, name));
    X509_NAME_free(name);
}

/* From subject and key type, so that runs are alike and certificates of one CA differ. */
static void set_serial(X509 *x509, const struct cert_options *options)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[17];
    ASN1_INTEGER *serial;
    if (options->serial) {
        serial = integer_of(options->serial);
    } else {
        MUST(X509_NAME_digest(X509_get_subject_name(x509), EVP_sha256(), digest, NULL));
        digest[0] = (unsigned char)((digest[0] & 0x7f) | 0x40);
        for (size_t i = 0; i < 8; i++)
            snprintf(hex + 2 * i, 3, "%02X", digest[i]);
        serial = integer_of(hex);
    }
    MUST(X509_set_serialNumber(x509, serial));
    ASN1_INTEGER_free(serial);
}

static X509_EXTENSION *raw_extension(const struct cert_extension *extension)
{
    long length = 0;
    unsigned char *bytes = OPENSSL_hexstr2buf(extension->value, &length);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *object = OBJ_txt2obj(extension->oid, 1);
    MUST(bytes && value && object && ASN1_OCTET_STRING_set(value, bytes, (int)length));
    X509_EXTENSION *made = X509_EXTENSION_create_by_OBJ(NULL, object, extension->is_critical, value);
    MUST(made != NULL);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(value);
    OPENSSL_free(bytes);
    return made;
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    if (!value || !value[0])
        return;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    MUST(extension && X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

static const char *or_default(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static void add_extensions(X509 *x509, X509 *issuer, const struct cert_options *options)
{
    char constraints[64] = "critical,CA:FALSE";
    if (options->is_ca && options->path_length > 0)
        snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d", options->path_length - 1);
    else if (options->is_ca)
        snprintf(constraints, sizeof(constraints), "critical,CA:TRUE");
    add_extension(x509, issuer, NID_basic_constraints, options->no_constraints ? "" : constraints);
    add_extension(x509, issuer, NID_key_usage,
                  or_default(options->key_usage,
                             options->is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
    add_extension(x509, issuer, NID_ext_key_usage,
                  or_default(options->eku, options->is_ca ? "" : "clientAuth"));
    if (!options->no_key_ids) {
        add_extension(x509, issuer, NID_subject_key_identifier, "hash");
        add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
    }
    add_extension(x509, issuer, NID_subject_alt_name, options->san);
    add_extension(x509, issuer, NID_crl_distribution_points, options->crl_points);
    add_extension(x509, issuer, NID_name_constraints, options->constraints);
    for (size_t i = 0; i < options->extension_count; i++) {
        X509_EXTENSION *extension = raw_extension(&options->extensions[i]);
        MUST(X509_add_ext(x509, extension, -1));
        X509_EXTENSION_free(extension);
    }
}

static EVP_PKEY *key_for(const struct cert_options *options)
{
    if (!options->same_key)
        return cert_key_new(or_default(options->key, "P-256"));
    MUST(EVP_PKEY_up_ref(options->same_key->key));
    return options->same_key->key;
}

struct cert *cert_new(const struct cert_options *options, const struct cert *issuer)
{
    struct cert *cert = xcalloc(1, sizeof(*cert));
    cert->key = key_for(options);
    cert->x509 = X509_new();
    MUST(cert->x509 && X509_set_version(cert->x509, X509_VERSION_3));
    const struct cert *signer = issuer ? issuer : cert;
    set_subject(cert->x509, options);
    set_serial(cert->x509, options);
    MUST(X509_set_issuer_name(cert->x509, X509_get_subject_name(signer->x509)));
    set_time(X509_getm_notBefore(cert->x509),
             options->not_before ? options->not_before : CERTS_NOW - CERTS_YEAR);
    set_time(X509_getm_notAfter(cert->x509),
             options->not_after ? options->not_after : CERTS_NOW + 10 * CERTS_YEAR);
    MUST(X509_set_pubkey(cert->x509, cert->key));
    add_extensions(cert->x509, signer->x509, options);
    EVP_MD_CTX *context = signing(signer->key, options->digest, options->pss);
    MUST(X509_sign_ctx(cert->x509, context) > 0);
    EVP_MD_CTX_free(context);
    return cert;
}

void cert_free(struct cert *cert)
{
    if (!cert)
        return;
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    free(cert);
}

struct cert *cert_root(const char *cn)
{
    return cert_new(&(struct cert_options){.cn = cn, .is_ca = true}, NULL);
}

struct cert *cert_intermediate(const char *cn, const struct cert *issuer)
{
    return cert_new(&(struct cert_options){.cn = cn, .is_ca = true, .path_length = 1}, issuer);
}

struct cert *cert_leaf(const char *cn, const struct cert *issuer)
{
    return cert_new(&(struct cert_options){.cn = cn}, issuer);
}

static void append_bio(struct buffer *out, BIO *memory)
{
    char *text = NULL;
    long length = BIO_get_mem_data(memory, &text);
    if (out->limit == 0)
        buffer_init(out, PEM_MAX);
    MUST(buffer_append(out, text, (size_t)length));
    BIO_free(memory);
}

void cert_append_pem(struct buffer *out, const struct cert *cert)
{
    BIO *memory = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_X509(memory, cert->x509));
    append_bio(out, memory);
}

void cert_append_der(struct buffer *out, const struct cert *cert)
{
    BIO *memory = BIO_new(BIO_s_mem());
    MUST(i2d_X509_bio(memory, cert->x509));
    append_bio(out, memory);
}

void cert_append_key_pem(struct buffer *out, const struct cert *cert)
{
    BIO *memory = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_PrivateKey(memory, cert->key, NULL, NULL, 0, NULL, NULL));
    append_bio(out, memory);
}

struct buffer certs_pem(const struct cert *const *certs, size_t count)
{
    struct buffer out;
    buffer_init(&out, PEM_MAX);
    for (size_t i = 0; i < count; i++)
        cert_append_pem(&out, certs[i]);
    return out;
}

static void add_entry_reason(X509_REVOKED *entry, int reason)
{
    ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();
    MUST(code && ASN1_ENUMERATED_set(code, reason));
    MUST(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, 0));
    ASN1_ENUMERATED_free(code);
}

static void add_entry(X509_CRL *crl, const struct crl_entry_options *options)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(CERTS_NOW - 2 * CERTS_DAY));
    MUST(entry && time && X509_REVOKED_set_revocationDate(entry, time));
    if (options->cert) {
        MUST(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(options->cert->x509)));
    } else {
        ASN1_INTEGER *serial = integer_of(options->serial);
        MUST(X509_REVOKED_set_serialNumber(entry, serial));
        ASN1_INTEGER_free(serial);
    }
    if (options->reason > 0)
        add_entry_reason(entry, options->reason - 1);
    for (size_t i = 0; i < options->extension_count; i++) {
        X509_EXTENSION *extension = raw_extension(&options->extensions[i]);
        MUST(X509_REVOKED_add_ext(entry, extension, -1));
        X509_EXTENSION_free(extension);
    }
    MUST(X509_CRL_add0_revoked(crl, entry));
    ASN1_TIME_free(time);
}

static void add_crl_extensions(X509_CRL *crl, const struct crl_factory_options *options,
                               const struct cert *issuer)
{
    const char *number = or_default(options->number, "01");
    if (!options->no_key_id) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer->x509, NULL, NULL, crl, 0);
        X509_EXTENSION *key_id = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid");
        MUST(key_id && X509_CRL_add_ext(crl, key_id, -1));
        X509_EXTENSION_free(key_id);
    }
    if (number[0]) {
        ASN1_INTEGER *integer = integer_of(number);
        MUST(X509_CRL_add1_ext_i2d(crl, NID_crl_number, integer, 0, 0));
        ASN1_INTEGER_free(integer);
    }
    for (size_t i = 0; i < options->extension_count; i++) {
        X509_EXTENSION *extension = raw_extension(&options->extensions[i]);
        MUST(X509_CRL_add_ext(crl, extension, -1));
        X509_EXTENSION_free(extension);
    }
}

static void set_crl_times(X509_CRL *crl, const struct crl_factory_options *options)
{
    ASN1_TIME *time = ASN1_TIME_new();
    set_time(time, options->this_update ? options->this_update : CERTS_NOW - CERTS_DAY);
    MUST(X509_CRL_set1_lastUpdate(crl, time));
    set_time(time, options->next_update ? options->next_update : CERTS_NOW + 30 * CERTS_DAY);
    if (!options->no_next_update)
        MUST(X509_CRL_set1_nextUpdate(crl, time));
    ASN1_TIME_free(time);
}

X509_CRL *crl_new(const struct crl_factory_options *options, const struct cert *issuer)
{
    const struct crl_factory_options plain = {0};
    if (!options)
        options = &plain;
    X509_CRL *crl = X509_CRL_new();
    MUST(crl && X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)));
    MUST(options->version_1 || X509_CRL_set_version(crl, X509_CRL_VERSION_2));
    set_crl_times(crl, options);
    for (size_t i = 0; i < options->entry_count; i++)
        add_entry(crl, &options->entries[i]);
    if (!options->version_1)
        add_crl_extensions(crl, options, issuer);
    EVP_MD_CTX *context = signing(options->signer ? options->signer->key : issuer->key, options->digest,
                                  options->pss);
    MUST(X509_CRL_sign_ctx(crl, context) > 0);
    EVP_MD_CTX_free(context);
    return crl;
}

void crl_append_pem(struct buffer *out, X509_CRL *crl)
{
    BIO *memory = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_X509_CRL(memory, crl));
    append_bio(out, memory);
}

void crl_append_der(struct buffer *out, X509_CRL *crl)
{
    BIO *memory = BIO_new(BIO_s_mem());
    MUST(i2d_X509_CRL_bio(memory, crl));
    append_bio(out, memory);
}
