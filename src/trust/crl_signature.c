#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crl_walk.h"
#include "postern/trust/certificate.h"

/* A signature to check. */
struct seal {
    X509_ALGOR *algorithm;
    bool by_digest; /* RSA with PKCS #1 v1.5, or ECDSA: the digest is enough */
};

bool crl_digest_verifies(EVP_PKEY *key, int digest_nid, const unsigned char *digest, size_t length,
                         struct slice signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    const EVP_MD *md = EVP_get_digestbynid(digest_nid);
    bool good = context && md && EVP_PKEY_verify_init(context) > 0;
    if (good && EVP_PKEY_is_a(key, "RSA"))
        good = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
    else if (good)
        good = EVP_PKEY_is_a(key, "EC");
    good = good && EVP_PKEY_CTX_set_signature_md(context, md) > 0 &&
           EVP_PKEY_verify(context, (const unsigned char *)signature.data, signature.length, digest,
                           length) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* Over the raw bytes, for the algorithms that hash them twice or with a salt: Ed25519, RSASSA-PSS. */
static bool bytes_verify(const struct crl_walk *walk, const struct seal *seal, EVP_PKEY *key)
{
    ASN1_STRING *tbs = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    ASN1_BIT_STRING *signature = ASN1_BIT_STRING_new();
    bool good = tbs && signature && walk->tbs.length <= INT32_MAX &&
                ASN1_STRING_set(tbs, walk->tbs.data, (int)walk->tbs.length) &&
                ASN1_STRING_set(signature, walk->signature.data, (int)walk->signature.length);
    if (good) {
        signature->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 7);
        signature->flags |= ASN1_STRING_FLAG_BITS_LEFT;
        good = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_SEQUENCE), seal->algorithm, signature, tbs, key) == 1;
    }
    ASN1_STRING_free(tbs);
    ASN1_BIT_STRING_free(signature);
    ERR_clear_error();
    return good;
}

static bool verifies(const struct crl_walk *walk, const struct seal *seal, EVP_PKEY *key)
{
    const struct crl_record *record = &walk->out->record;
    const ASN1_OBJECT *object;
    int digest, key_type = NID_undef;
    X509_ALGOR_get0(&object, NULL, NULL, seal->algorithm);
    OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, &key_type);
    if (!seal->by_digest)
        return bytes_verify(walk, seal, key);
    if (!EVP_PKEY_is_a(key, key_type == NID_rsaEncryption ? "RSA" : "EC"))
        return false;
    return crl_digest_verifies(key, record->digest_nid, record->digest, record->digest_length,
                               walk->signature);
}

/* The algorithm, strong enough; and the digest of the TBS, which is also what two CRLs are compared by. */
static int read_seal(struct crl_walk *walk, struct seal *seal)
{
    struct crl_record *record = &walk->out->record;
    const unsigned char *at = (const unsigned char *)walk->algorithm.data;
    const ASN1_OBJECT *object;
    int digest = NID_undef, key_type = NID_undef;
    unsigned length = 0;
    seal->algorithm = d2i_X509_ALGOR(NULL, &at, (long)walk->algorithm.length);
    if (!seal->algorithm)
        return crl_refuse(walk, "malformed signature algorithm");
    X509_ALGOR_get0(&object, NULL, NULL, seal->algorithm);
    if (!signature_is_strong(seal->algorithm))
        return crl_refuse(walk,
                          "signed with %s, which is too weak or unknown; have the CA sign with SHA-256 "
                          "or better",
                          OBJ_nid2ln(OBJ_obj2nid(object)));
    OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, &key_type);
    seal->by_digest = digest != NID_undef &&
                      (key_type == NID_rsaEncryption || key_type == NID_X9_62_id_ecPublicKey);
    record->digest_nid = seal->by_digest ? digest : NID_sha256;
    if (!EVP_Digest(walk->tbs.data, walk->tbs.length, record->digest, &length,
                    EVP_get_digestbynid(record->digest_nid), NULL))
        return crl_refuse(walk, "its digest cannot be computed");
    record->digest_length = (unsigned char)length;
    return 0;
}

static bool is_named(const struct crl_walk *walk, const X509 *ca)
{
    struct trust_id name;
    return trust_id_of_name(X509_get_subject_name(ca), &name) == 0 &&
           trust_id_equal(&name, &walk->out->record.issuer_name);
}

/* Could this CA have the key that the CRL names? A CA without a subject key identifier could. */
static bool fits_key_id(const struct crl_walk *walk, X509 *ca)
{
    const struct crl_record *record = &walk->out->record;
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
    if (!(record->flags & CRL_HAS_KEY_ID) || !id)
        return true;
    return ASN1_STRING_length(id) == record->key_id_length &&
           memcmp(ASN1_STRING_get0_data(id), record->key_id, record->key_id_length) == 0;
}

static int keep_pending(struct crl_walk *walk, const struct seal *seal)
{
    struct crl *out = walk->out;
    size_t used = strlen(out->remark);
    if (!seal->by_digest)
        return crl_refuse(walk,
                          "its CA is not in the trust bundle, and signatures of this kind (Ed25519, "
                          "RSASSA-PSS) can only be checked now; add the CA certificate to [client_auth] "
                          "trust");
    out->record.flags |= CRL_PENDING;
    out->record.signature_length = (uint32_t)walk->signature.length;
    memcpy(out->signature, walk->signature.data, walk->signature.length);
    snprintf(out->remark + used, sizeof(out->remark) - used,
             "%sits CA is not in the trust bundle: it counts once a client presents that CA",
             used ? "; " : "");
    return 0;
}

static int accept_signer(struct crl_walk *walk, X509 *ca)
{
    if (!(X509_get_key_usage(ca) & KU_CRL_SIGN))
        return crl_refuse(walk, "its CA certificate is not allowed to sign CRLs (key usage has no cRLSign); "
                                "have the CA certificate issued with it");
    if (trust_id_of_issuer(ca, &walk->out->record.issuer) != 0)
        return crl_refuse(walk, "its CA certificate cannot be read");
    return 0;
}

/* Several certificates of one CA may be there (renewed, cross-signed); any that may sign CRLs will do. */
static int find_signer(struct crl_walk *walk, const struct seal *seal, const struct trust_bundle *bundle)
{
    X509 *refused = NULL;
    bool named = false, fitting = false;
    for (size_t i = 0; i < trust_bundle_count(bundle); i++) {
        X509 *ca = trust_bundle_certificate(bundle, i);
        if (!is_named(walk, ca))
            continue;
        named = true;
        if (!fits_key_id(walk, ca))
            continue;
        fitting = true;
        if (!key_is_strong(X509_get0_pubkey(ca)) || !verifies(walk, seal, X509_get0_pubkey(ca)))
            continue;
        if (X509_get_key_usage(ca) & KU_CRL_SIGN)
            return accept_signer(walk, ca);
        refused = ca;
    }
    if (refused)
        return accept_signer(walk, refused);
    if (fitting)
        return crl_refuse(walk, "its signature does not verify with the key of that CA; the file is damaged "
                                "or from another CA of the same name");
    /* A known name with another key: an older or newer CA, which clients may bring; unless the CRL does not
     * say which key, and none that we know fits. */
    if (named && !(walk->out->record.flags & CRL_HAS_KEY_ID))
        return crl_refuse(walk, "it is signed by none of the CAs of that name in the trust bundle");
    return keep_pending(walk, seal);
}

int crl_check_signature(struct crl_walk *walk, const struct trust_bundle *bundle)
{
    struct seal seal = {0};
    int result = read_seal(walk, &seal);
    if (result == 0)
        result = find_signer(walk, &seal, bundle);
    X509_ALGOR_free(seal.algorithm);
    ERR_clear_error();
    return result;
}
