/* Foreign bytes as an OCSP request, for an authority that is the same in each run. A response must come, and
 * nothing may be good but what the index says.
 * Covers: src/pki/ocsp.c src/pki/ocsp_cache.c src/pki/ocsp_status.c */
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "ocsp_status.h"
#include "postern/base/assert.h"
#include "postern/base/buffer.h"
#include "postern/pki/ocsp.h"

#define NOW INT64_C(1772366400)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char index_text[] = "V\t301231000000Z\t\t01\tunknown\t/CN=a\n"
                                 "R\t301231000000Z\t260301110000Z,keyCompromise\t02\tunknown\t/CN=b\n";

/* A seed that is a count, not a secret: it makes the same names and keys each time. */
static EVP_PKEY *key_of(unsigned char seed)
{
    unsigned char bytes[32];
    memset(bytes, seed, sizeof bytes);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof bytes);
}

static X509 *certificate_of(enum pki_role role, EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer)
{
    static const unsigned char serial[PKI_SERIAL_BYTES] = {1};
    const struct pki_certificate_plan plan = {
        .role = role,
        .common_name = role == PKI_ROLE_OCSP ? "signer" : "authority",
        .key = key,
        .issuer = issuer,
        .signer = signer,
        .serial = serial,
        .not_before_s = NOW - 60,
        .not_after_s = NOW + 86400,
    };
    struct err err = {0};
    return pki_certificate_new(&plan, &err);
}

static struct ocsp_responder *make(void)
{
    struct err err = {0};
    struct pki_database database = {0};
    unsigned char *der = NULL;
    const char *pem = NULL;
    EVP_PKEY *keys[] = {key_of(1), key_of(2)};
    X509 *authority = certificate_of(PKI_ROLE_AUTHORITY, keys[0], NULL, NULL);
    X509 *signer = certificate_of(PKI_ROLE_OCSP, keys[1], authority, keys[0]);
    BIO *bio = BIO_new(BIO_s_mem());
    ASSERT(signer && PEM_write_bio_PrivateKey(bio, keys[1], NULL, NULL, 0, NULL, NULL) == 1 &&
           PEM_write_bio_X509(bio, signer) == 1);
    long pem_length = BIO_get_mem_data(bio, &pem);
    int length = i2d_X509(authority, &der);
    ASSERT(pki_database_parse(&database, slice_text(index_text), "index.txt", &err) == 0);
    struct ocsp_status *list = ocsp_status_list(&database); /* for as long as the process lives */
    const struct ocsp_authority one = {
        slice_of((const char *)der, (size_t)length),
        slice_of((const char *)list, database.count * sizeof *list),
        slice_of(pem, (size_t)pem_length),
    };
    struct ocsp_responder *responder = ocsp_responder_new();
    ASSERT(ocsp_responder_set(responder, &one, 1, &err) == 0 && ocsp_responder_ready(responder, NOW) == 1);
    pki_database_clear(&database);
    BIO_free(bio);
    OPENSSL_free(der);
    X509_free(authority);
    X509_free(signer);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    return responder;
}

static void check_singles(OCSP_RESPONSE *response)
{
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    ASSERT(basic);
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        const OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        ASN1_INTEGER *serial = NULL;
        OCSP_id_get0_info(NULL, NULL, NULL, &serial,
                          (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single));
        int status = OCSP_single_get0_status((OCSP_SINGLERESP *)(uintptr_t)single, NULL, NULL, NULL, NULL);
        ASSERT(status != V_OCSP_CERTSTATUS_GOOD || ASN1_INTEGER_get(serial) == 1);
        ASSERT(status != V_OCSP_CERTSTATUS_REVOKED || ASN1_INTEGER_get(serial) == 2);
    }
    OCSP_BASICRESP_free(basic);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ocsp_responder *responder;
    struct ocsp_answer out;
    if (!responder)
        responder = make();
    ocsp_responder_answer(responder, slice_of((const char *)data, size), NOW, &out);
    const unsigned char *der = (const unsigned char *)out.der.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, (long)out.der.length);
    ASSERT(response &&
           (out.this_update_s != 0) == (OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL));
    if (out.this_update_s != 0)
        check_singles(response);
    OCSP_RESPONSE_free(response);
    return 0;
}
