#include "postern/pki/crl.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "crypto_error.h"
#include "extension.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/text.h"
#include "postern/pki/authority.h"
#include "staging.h"
#include "timestamp.h"

#define CRL_FILE_MAX (256u * 1024 * 1024)

static int add_reason(X509_REVOKED *entry, enum pki_reason reason)
{
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
    int added = value && ASN1_ENUMERATED_set(value, reason) == 1
                    ? X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0)
                    : 0;
    ASN1_ENUMERATED_free(value);
    return added == 1 ? 0 : -1;
}

static int add_invalidity(X509_REVOKED *entry, int64_t since_s)
{
    ASN1_GENERALIZEDTIME *value = ASN1_GENERALIZEDTIME_set(NULL, (time_t)since_s);
    int added = value ? X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, value, 0, 0) : 0;
    ASN1_GENERALIZEDTIME_free(value);
    return added == 1 ? 0 : -1;
}

static int set_serial(X509_REVOKED *entry, struct slice hex)
{
    unsigned char bytes[PKI_SERIAL_BYTES_MAX + 1] = {0};
    char even[2 * PKI_SERIAL_BYTES_MAX + 2];
    /* An odd number of digits is a lost zero in front. */
    int length = snprintf(even, sizeof even, "%s%.*s", hex.length % 2 ? "0" : "", SLICE_ARG(hex));
    int count = text_unhex(bytes, sizeof bytes, slice_of(even, (size_t)length));
    BIGNUM *number = count >= 0 ? BN_bin2bn(bytes, count, NULL) : NULL;
    ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    int set = serial ? X509_REVOKED_set_serialNumber(entry, serial) : 0;
    ASN1_INTEGER_free(serial);
    BN_free(number);
    return set == 1 ? 0 : -1;
}

static X509_REVOKED *new_revoked(const struct pki_entry *from, const struct pki_revocation *revocation)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)revocation->when_s);
    bool good = entry && when && X509_REVOKED_set_revocationDate(entry, when) == 1 &&
                set_serial(entry, from->serial) == 0;
    if (good && revocation->reason != PKI_REASON_UNSPECIFIED)
        good = add_reason(entry, revocation->reason) == 0;
    if (good && revocation->invalid_since_s != 0)
        good = add_invalidity(entry, revocation->invalid_since_s) == 0;
    ASN1_TIME_free(when);
    if (good)
        return entry;
    X509_REVOKED_free(entry);
    return NULL;
}

static int add_entries(X509_CRL *crl, const struct pki_database *database, int64_t forget_before_s)
{
    for (size_t i = 0; i < database->count; i++) {
        const struct pki_entry *entry = &database->entries[i];
        struct pki_revocation revocation;
        if (!pki_entry_revocation(entry, &revocation) || pki_entry_expires(entry) < forget_before_s)
            continue;
        X509_REVOKED *revoked = new_revoked(entry, &revocation);
        if (!revoked || X509_CRL_add0_revoked(crl, revoked) != 1) {
            X509_REVOKED_free(revoked);
            return -1;
        }
    }
    return X509_CRL_sort(crl) == 1 ? 0 : -1;
}

static int set_times(X509_CRL *crl, int64_t now_s, uint64_t days)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)now_s);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(now_s + (int64_t)days * PKI_DAY_S));
    int set = from && to && X509_CRL_set1_lastUpdate(crl, from) == 1 &&
              X509_CRL_set1_nextUpdate(crl, to) == 1;
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return set ? 0 : -1;
}

static int set_number(X509_CRL *crl, const char *hex)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *value = BN_hex2bn(&number, hex) > 0 ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    int added = value ? X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) : 0;
    ASN1_INTEGER_free(value);
    BN_free(number);
    return added == 1 ? 0 : -1;
}

static X509_CRL *make(const struct pki_authority *authority, int64_t now_s, uint64_t days, const char *number,
                      struct err *err)
{
    X509_CRL *crl = X509_CRL_new();
    if (crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(authority->certificate)) == 1 &&
        set_times(crl, now_s, days) == 0 &&
        add_entries(crl, &authority->database, now_s - (int64_t)days * PKI_DAY_S) == 0 &&
        pki_extension_crl_authority_key(crl, authority->certificate) == 0 && set_number(crl, number) == 0 &&
        X509_CRL_sign(crl, authority->key, pki_key_digest(authority->key)) > 0)
        return crl;
    X509_CRL_free(crl);
    (void)pki_crypto_error(err, authority->directory, "cannot make the CRL");
    return NULL;
}

static int save(const char *path, X509_CRL *crl, struct pki_staging *staging, struct err *err)
{
    const char *bytes = NULL;
    int result = -1;
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_X509_CRL(bio, crl) != 1) {
        (void)pki_crypto_error(err, path, "cannot write the CRL");
        goto out;
    }
    long length = BIO_get_mem_data(bio, &bytes);
    result = pki_staging_put(staging, path, bytes, (size_t)length, PKI_MODE_PUBLIC, err);
out:
    BIO_free(bio);
    return result;
}

static X509_CRL *read_crl(const char *path, struct err *err)
{
    struct buffer pem;
    X509_CRL *crl = NULL;
    if (file_read(path, CRL_FILE_MAX, &pem, NULL, err) < 0)
        return NULL;
    struct slice view = buffer_view(&pem);
    BIO *bio = BIO_new_mem_buf(view.data, (int)view.length);
    if (bio)
        crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    BIO_free(bio);
    buffer_clear(&pem);
    if (!crl)
        (void)pki_crypto_error(err, path, "no CRL in PEM");
    return crl;
}

static void number_of(X509_CRL *crl, char out[PKI_SERIAL_TEXT_SIZE])
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    out[0] = '\0';
    if (number && number->length > 0 && number->length <= PKI_SERIAL_BYTES_MAX)
        text_hex(out, number->data, (size_t)number->length, true);
    ASN1_INTEGER_free(number);
}

int pki_crl_facts(const struct pki_authority *authority, struct pki_crl_facts *out, struct err *err)
{
    char *path = pki_path(authority->directory, "crl.pem");
    X509_CRL *crl = read_crl(path, err);
    *out = (struct pki_crl_facts){0};
    if (crl) {
        STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
        number_of(crl, out->number);
        out->this_update_s = pki_timestamp_of(X509_CRL_get0_lastUpdate(crl));
        out->next_update_s = pki_timestamp_of(X509_CRL_get0_nextUpdate(crl));
        out->count = entries ? (size_t)sk_X509_REVOKED_num(entries) : 0;
    }
    X509_CRL_free(crl);
    free(path);
    return crl ? 0 : -1;
}

int pki_crl_write(struct pki_authority *authority, int64_t now_s, uint64_t days, struct pki_staging *staging,
                  struct err *err)
{
    int result = -1;
    char number[PKI_SERIAL_TEXT_SIZE];
    struct pki_crl_facts last;
    X509_CRL *crl = NULL;
    char *path = pki_path(authority->directory, "crl.pem");
    /* A crl.pem that is missing or damaged is what this call mends: then crlnumber alone counts. */
    if (pki_crl_facts(authority, &last, NULL) < 0)
        last.number[0] = '\0';
    if (pki_database_take_crl_number(&authority->database, slice_text(last.number), number, staging, err) < 0)
        goto out;
    crl = make(authority, now_s, days, number, err);
    if (crl)
        result = save(path, crl, staging, err);
out:
    X509_CRL_free(crl);
    free(path);
    return result;
}
