/* A profile in a directory of its own, in memory where there is one (fsync costs nothing there), with a clock
 * that stands still until it is moved. */
#ifndef POSTERN_TESTS_PKI_FIXTURE_H
#define POSTERN_TESTS_PKI_FIXTURE_H

#include <ftw.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/pki/crl.h"
#include "postern/pki/init.h"
#include "postern/pki/issue.h"
#include "postern/pki/profile.h"
#include "postern/pki/revoke.h"

#define FIXTURE_NOW INT64_C(1772366400) /* 2026-03-01T12:00:00Z */
#define FIXTURE_DAY INT64_C(86400)

struct fixture {
    char parent[64], directory[80];
    int64_t now_s;
    struct clock clock;
};

static int64_t fixture_wall(void *context)
{
    return ((struct fixture *)context)->now_s * 1000;
}

static inline int fixture_remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

static inline void fixture_begin(struct fixture *fixture)
{
    *fixture = (struct fixture){.now_s = FIXTURE_NOW};
    fixture->clock = (struct clock){fixture_wall, fixture_wall, fixture};
    snprintf(fixture->parent, sizeof fixture->parent, "%s/postern-pki-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(fixture->parent));
    snprintf(fixture->directory, sizeof fixture->directory, "%s/profile", fixture->parent);
}

static inline void fixture_end(struct fixture *fixture)
{
    nftw(fixture->parent, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct pki_init_options fixture_init_options(struct fixture *fixture)
{
    return (struct pki_init_options){
        .directory = fixture->directory, .profile = "demo", .organization = "Acme", .clock = &fixture->clock};
}

static inline void fixture_must(int result, const struct err *err)
{
    char text[2048];
    if (result != 0)
        fail_msg("%s", err_format(err, text, sizeof text));
}

static inline void fixture_init(struct fixture *fixture, const struct pki_init_options *options)
{
    struct err err = {0};
    struct pki_init_result result;
    fixture_begin(fixture);
    struct pki_init_options usual = options ? *options : fixture_init_options(fixture);
    usual.directory = fixture->directory;
    usual.clock = &fixture->clock;
    usual.profile = "demo";
    fixture_must(pki_init(&usual, &result, &err), &err);
    pki_init_result_clear(&result);
}

static inline struct pki_issue_options fixture_issue_options(struct fixture *fixture, const char *name)
{
    return (struct pki_issue_options){
        .directory = fixture->directory, .name = name, .no_passphrase = true, .clock = &fixture->clock};
}

static inline void fixture_client(struct fixture *fixture, const char *name, struct pki_issued *out)
{
    struct err err = {0};
    struct pki_issue_options options = fixture_issue_options(fixture, name);
    fixture_must(pki_issue_client(&options, out, &err), &err);
}

static inline char *fixture_path(const struct fixture *fixture, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    return path;
}

/* The bytes of a file with a NUL behind; of the caller until the next call. */
static inline const char *fixture_read(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return text;
}

static inline void fixture_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline X509 *fixture_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

/* Every certificate and CRL of a bundle into a store. Returns how many. */
static inline int fixture_load(X509_STORE *store, const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    assert_non_null(bio);
    STACK_OF(X509_INFO) *all = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
    BIO_free(bio);
    int count = sk_X509_INFO_num(all);
    for (int i = 0; i < count; i++) {
        X509_INFO *one = sk_X509_INFO_value(all, i);
        if (one->x509)
            X509_STORE_add_cert(store, one->x509);
        if (one->crl)
            X509_STORE_add_crl(store, one->crl);
    }
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    return count;
}

/* What OpenSSL, as strict as it can be, says of a certificate under the bundles: X509_V_OK or why not. */
static inline int fixture_verify(struct fixture *fixture, const char *path, int purpose)
{
    X509 *certificate = fixture_certificate(path);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    fixture_load(store, fixture_path(fixture, "client-ca-bundle.pem"));
    fixture_load(store, fixture_path(fixture, "crl-bundle.pem"));
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_flags(param,
                                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_time(param, (time_t)fixture->now_s);
    X509_VERIFY_PARAM_set_purpose(param, purpose);
    assert_int_equal(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
    int verdict = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(certificate);
    return verdict;
}

#endif
