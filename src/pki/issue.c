#include "postern/pki/issue.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "change.h"
#include "crypto_error.h"
#include "issuance.h"
#include "layout.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/audit.h"
#include "postern/pki/request.h"
#include "timestamp.h"

const char *pki_kind_text(enum pki_kind kind)
{
    return kind == PKI_SERVER ? "server" : "client";
}

static int check_options(const struct pki_issue_options *options, struct err *err)
{
    if (options->days > PKI_DAYS_MAX)
        return err_set(err, "a life of over %u days", PKI_DAYS_MAX);
    if (options->passphrase && !*options->passphrase && !options->no_passphrase)
        return err_set(err, "the passphrase is empty; say --no-passphrase if that is meant");
    return 0;
}

/* The days that were asked for must fit into the issuer's life; the profile's default is cut to it. */
static int choose_end(const struct issuance *issuance, int64_t now_s, int64_t *out, struct err *err)
{
    const struct pki_settings *settings = &issuance->profile->settings;
    int64_t end = pki_timestamp_of(X509_get0_notAfter(issuance->issuer->certificate));
    uint64_t days = issuance->options->days        ? issuance->options->days
                    : issuance->kind == PKI_SERVER ? settings->server_days
                                                   : settings->client_days;
    char text[CLOCK_TEXT_SIZE];
    *out = now_s + (int64_t)days * PKI_DAY_S;
    if (end <= now_s)
        return err_set(err, "the authority's own certificate has ended at %s; nothing can be issued under it",
                       clock_format(end, text));
    if (*out > end && issuance->options->days)
        return err_set(err, "%llu days go past the authority's own end, %s; ask for fewer",
                       (unsigned long long)days, clock_format(end, text));
    if (*out > end)
        *out = end;
    return 0;
}

/* The holder's own key if there is one, else a new pair. */
static int need_key(struct issuance *issuance, struct err *err)
{
    const struct pki_issue_options *options = issuance->options;
    EVP_PKEY *theirs = options->request ? pki_request_key(options->request) : options->public_key;
    issuance->has_secret = theirs == NULL;
    issuance->key = theirs ? theirs : pki_key_generate(options->key, err);
    if (theirs && EVP_PKEY_up_ref(theirs) != 1)
        issuance->key = NULL;
    return issuance->key ? 0 : -1;
}

static int make_certificate(struct issuance *issuance, struct err *err)
{
    const struct pki_settings *settings = &issuance->profile->settings;
    unsigned char serial[PKI_SERIAL_BYTES];
    int64_t now_s = pki_now(issuance->profile);
    if (need_key(issuance, err) < 0 || choose_end(issuance, now_s, &issuance->out->not_after_s, err) < 0 ||
        pki_database_draw_serial(&issuance->issuer->database, serial, err) < 0)
        return -1;
    text_hex(issuance->out->serial, serial, sizeof serial, true);
    struct pki_certificate_plan plan = {
        .role = issuance->kind == PKI_SERVER ? PKI_ROLE_SERVER : PKI_ROLE_CLIENT,
        .country = settings->country,
        .organization = settings->organization,
        .unit = issuance->unit,
        .common_name = issuance->name,
        .key = issuance->key,
        .issuer = issuance->issuer->certificate,
        .signer = issuance->issuer->key,
        .serial = serial,
        .not_before_s = now_s - PKI_BACKDATE_S,
        .not_after_s = issuance->out->not_after_s,
        .names = issuance->names,
        .crl_uri = settings->crl_uri,
        .ocsp_uri = settings->ocsp_uri,
    };
    issuance->certificate = pki_certificate_new(&plan, err);
    return issuance->certificate ? 0 : -1;
}

static int audit(const struct issuance *issuance, struct err *err)
{
    struct pki_act line = {
        .act = "issue",
        .kind = pki_kind_text(issuance->kind),
        .name = issuance->name,
        .serial = issuance->out->serial,
        .not_after_s = issuance->out->not_after_s,
    };
    return pki_audit(issuance->profile, &line, err);
}

static void name_files(struct issuance *issuance)
{
    char file[256];
    struct pki_issued *out = issuance->out;
    out->directory = xstrdup(issuance->delivery.target);
    out->certificate = pki_path(out->directory, "cert.pem");
    out->fullchain = pki_path(out->directory, "fullchain.pem");
    if (!issuance->has_secret)
        return;
    out->key = pki_path(out->directory, "key.pem");
    snprintf(file, sizeof file, "%s.p12", issuance->name);
    if (issuance->kind == PKI_CLIENT)
        out->pkcs12 = pki_path(out->directory, file);
}

static int run(struct issuance *issuance, struct err *err)
{
    if (check_options(issuance->options, err) < 0 || pki_grant(issuance, err) < 0)
        return -1;
    if (pki_profile_need_issuers(issuance->profile, issuance->options->ca_passphrase, err) < 0)
        return -1;
    /* All that the holder gets is on the disk before the certificate counts: a full disk then has issued
     * nothing. */
    if (make_certificate(issuance, err) < 0 || pki_stage(issuance, err) < 0)
        return -1;
    if (pki_plan_overlap(issuance, err) < 0 ||
        pki_database_add(&issuance->issuer->database, issuance->certificate, &issuance->staging, err) < 0 ||
        pki_database_save(&issuance->issuer->database, &issuance->staging, err) < 0)
        return -1;
    if (audit(issuance, err) < 0 || pki_staging_commit(&issuance->staging, err) < 0 ||
        pki_delivery_commit(&issuance->delivery, err) < 0)
        return -1;
    name_files(issuance);
    struct err reason = {0};
    return pki_supersede(issuance, &reason) == 0
               ? 0
               : err_set_at(err, reason.path, reason.line,
                            "%s; issued, but what the name had before is still valid: "
                            "issue again",
                            reason.text);
}

int pki_issue(struct pki_profile *profile, enum pki_kind kind, const struct pki_issue_options *options,
              struct pki_issued *out, struct err *err)
{
    *out = (struct pki_issued){0};
    struct issuance issuance = {
        .profile = profile,
        .issuer = pki_profile_issuer(profile),
        .options = options,
        .kind = kind,
        .out = out,
    };
    int result = run(&issuance, err);
    pki_staging_clear(&issuance.staging);
    pki_delivery_clear(&issuance.delivery);
    X509_free(issuance.certificate);
    EVP_PKEY_free(issuance.key);
    GENERAL_NAMES_free(issuance.names);
    free(issuance.kept_unit);
    if (result < 0)
        pki_issued_clear(out);
    return result;
}

static int open_and_issue(enum pki_kind kind, const struct pki_issue_options *options, struct pki_issued *out,
                          struct err *err)
{
    struct pki_profile *profile;
    *out = (struct pki_issued){0};
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &profile, err);
    if (result == 0)
        result = pki_issue(profile, kind, options, out, err);
    pki_profile_close(profile);
    return result;
}

int pki_issue_server(const struct pki_issue_options *options, struct pki_issued *out, struct err *err)
{
    return open_and_issue(PKI_SERVER, options, out, err);
}

int pki_issue_client(const struct pki_issue_options *options, struct pki_issued *out, struct err *err)
{
    return open_and_issue(PKI_CLIENT, options, out, err);
}

void pki_issued_clear(struct pki_issued *issued)
{
    free(issued->directory);
    free(issued->certificate);
    free(issued->fullchain);
    free(issued->key);
    free(issued->pkcs12);
    memory_cleanse(issued->passphrase, sizeof issued->passphrase);
    *issued = (struct pki_issued){0};
}
