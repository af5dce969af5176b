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
#include "delivery.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/audit.h"
#include "postern/pki/find.h"
#include "postern/pki/name.h"
#include "postern/pki/pkcs12.h"
#include "postern/pki/profile.h"
#include "san.h"
#include "timestamp.h"

/* One act of issuing, and what it holds. */
struct act {
    struct pki_profile *profile;
    struct pki_authority *issuer;
    const struct pki_issue_options *options;
    enum pki_kind kind;
    GENERAL_NAMES *names;
    EVP_PKEY *key;
    X509 *certificate;
    struct pki_delivery delivery;
    struct pki_issued *out;
};

static const char *kind_text(enum pki_kind kind)
{
    return kind == PKI_SERVER ? "server" : "client";
}

static int check_options(const struct act *act, struct err *err)
{
    const struct pki_issue_options *options = act->options;
    enum pki_name_use use = act->kind == PKI_SERVER ? PKI_NAME_SERVER : PKI_NAME_CLIENT;
    if (!options->name)
        return err_set(err, "no name; say whom the certificate is for");
    if (pki_name_check(slice_text(options->name), use, err) < 0)
        return -1;
    if (options->unit && pki_name_check_attribute(slice_text(options->unit), "unit (OU)", err) < 0)
        return -1;
    if (options->days > PKI_DAYS_MAX)
        return err_set(err, "a life of over %u days", PKI_DAYS_MAX);
    if (options->passphrase && !*options->passphrase && !options->no_passphrase)
        return err_set(err, "the passphrase is empty; say --no-passphrase if that is meant");
    return 0;
}

static int collect_names(struct act *act, struct err *err)
{
    struct slice name = slice_text(act->options->name);
    bool is_server = act->kind == PKI_SERVER;
    act->names = GENERAL_NAMES_new();
    if (!act->names)
        return pki_crypto_error(err, NULL, "cannot list alternative names");
    if (is_server && pki_san_is_host(name, true) && pki_san_add(act->names, name, true, err) < 0)
        return -1;
    if (act->options->san && pki_san_add(act->names, slice_text(act->options->san), is_server, err) < 0)
        return -1;
    if (is_server && sk_GENERAL_NAME_num(act->names) == 0)
        return err_set(err, "\"%s\" is no host name, so no client would accept it; add --san DNS:...",
                       act->options->name);
    return 0;
}

/* The days that were asked for must fit into the issuer's life; the profile's default is cut to it. */
static int choose_end(const struct act *act, int64_t now_s, int64_t *out, struct err *err)
{
    const struct pki_settings *settings = &act->profile->settings;
    int64_t end = pki_timestamp_of(X509_get0_notAfter(act->issuer->certificate));
    uint64_t days = act->options->days        ? act->options->days
                    : act->kind == PKI_SERVER ? settings->server_days
                                              : settings->client_days;
    char text[CLOCK_TEXT_SIZE];
    *out = now_s + (int64_t)days * PKI_DAY_S;
    if (end <= now_s)
        return err_set(err, "the authority's own certificate has ended at %s; nothing can be issued under it",
                       clock_format(end, text));
    if (*out > end && act->options->days)
        return err_set(err, "%llu days go past the authority's own end, %s; ask for fewer",
                       (unsigned long long)days, clock_format(end, text));
    if (*out > end)
        *out = end;
    return 0;
}

static int make_certificate(struct act *act, struct err *err)
{
    const struct pki_settings *settings = &act->profile->settings;
    unsigned char serial[PKI_SERIAL_BYTES];
    int64_t now_s = pki_now(act->profile);
    act->key = pki_key_generate(act->options->key, err);
    if (!act->key || choose_end(act, now_s, &act->out->not_after_s, err) < 0 ||
        pki_database_draw_serial(&act->issuer->database, serial, err) < 0)
        return -1;
    text_hex(act->out->serial, serial, sizeof serial, true);
    struct pki_certificate_plan plan = {
        .role = act->kind == PKI_SERVER ? PKI_ROLE_SERVER : PKI_ROLE_CLIENT,
        .country = settings->country,
        .organization = settings->organization,
        .unit = act->options->unit,
        .common_name = act->options->name,
        .key = act->key,
        .issuer = act->issuer->certificate,
        .signer = act->issuer->key,
        .serial = serial,
        .not_before_s = now_s - PKI_BACKDATE_S,
        .not_after_s = act->out->not_after_s,
        .names = act->names,
        .crl_uri = settings->crl_uri,
        .ocsp_uri = settings->ocsp_uri,
    };
    act->certificate = pki_certificate_new(&plan, err);
    return act->certificate ? 0 : -1;
}

static int stage_pem(const struct act *act, const char *file, size_t count, struct err *err)
{
    struct buffer pem;
    X509 *const chain[] = {act->certificate, act->profile->intermediate.certificate};
    int result = pki_certificates_to_pem(chain, count, &pem, err);
    struct slice view = buffer_view(&pem);
    if (result == 0)
        result = pki_delivery_put(&act->delivery, file, view.data, view.length, PKI_MODE_PUBLIC, err);
    buffer_clear(&pem);
    return result;
}

static int stage_key(const struct act *act, struct err *err)
{
    struct buffer pem;
    int result = pki_key_to_pem(act->key, NULL, &pem, err);
    struct slice view = buffer_view(&pem);
    if (result == 0)
        result = pki_delivery_put(&act->delivery, "key.pem", view.data, view.length, PKI_MODE_SECRET, err);
    pki_key_pem_clear(&pem);
    return result;
}

static const char *choose_passphrase(const struct act *act, struct err *err)
{
    if (act->options->no_passphrase)
        return "";
    if (act->options->passphrase)
        return act->options->passphrase;
    return pki_passphrase_draw(act->out->passphrase, sizeof act->out->passphrase, err) < 0
               ? NULL
               : act->out->passphrase;
}

static int stage_pkcs12(const struct act *act, struct err *err)
{
    struct buffer der;
    char file[256];
    const char *passphrase = choose_passphrase(act, err);
    if (!passphrase)
        return -1;
    struct pki_pkcs12_plan plan = {
        .name = act->options->name,
        .key = act->key,
        .certificate = act->certificate,
        .intermediate = act->profile->intermediate.certificate,
        .passphrase = passphrase,
        .legacy = act->options->legacy_pkcs12,
    };
    snprintf(file, sizeof file, "%s.p12", act->options->name);
    int result = pki_pkcs12_write(&plan, &der, err);
    struct slice view = buffer_view(&der);
    if (result == 0)
        result = pki_delivery_put(&act->delivery, file, view.data, view.length, PKI_MODE_SECRET, err);
    buffer_clear(&der);
    return result;
}

/* All that the holder gets is on the disk before the certificate counts: a full disk then has issued nothing.
 */
static int stage(struct act *act, struct err *err)
{
    size_t chain = act->profile->has_intermediate ? 2 : 1;
    if (pki_delivery_begin(&act->delivery, act->profile->directory, kind_text(act->kind), act->options->name,
                           err) < 0)
        return -1;
    if (stage_pem(act, "cert.pem", 1, err) < 0 || stage_pem(act, "fullchain.pem", chain, err) < 0 ||
        stage_key(act, err) < 0)
        return -1;
    return act->kind == PKI_CLIENT ? stage_pkcs12(act, err) : 0;
}

static int audit(const struct act *act, struct err *err)
{
    struct pki_act line = {
        .act = "issue",
        .kind = kind_text(act->kind),
        .name = act->options->name,
        .serial = act->out->serial,
        .not_after_s = act->out->not_after_s,
    };
    return pki_audit(act->profile, &line, err);
}

static int audit_superseded(const struct act *act, const struct pki_entry *entry, struct err *err)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    snprintf(serial, sizeof serial, "%.*s", SLICE_ARG(entry->serial));
    struct pki_act line = {
        .act = "revoke",
        .kind = kind_text(act->kind),
        .name = act->options->name,
        .serial = serial,
        .reason = pki_reason_text(PKI_REASON_SUPERSEDED),
    };
    return pki_audit(act->profile, &line, err);
}

/* Revoke the valid certificates of this name and kind but the one just made. */
static int supersede(struct act *act, struct err *err)
{
    int result = -1;
    struct pki_found found;
    struct pki_filter filter = {.name = act->options->name, .kind = act->kind};
    int64_t now_s = pki_now(act->profile);
    struct pki_database *database = &act->issuer->database;
    if (pki_find(database, 'V', now_s, &filter, &found, err) < 0)
        goto out;
    for (size_t i = 0; i < found.count; i++) {
        if (slice_equal_text(found.entries[i]->serial, act->out->serial))
            continue;
        if (pki_database_revoke(database, found.entries[i], now_s, PKI_REASON_SUPERSEDED, err) < 0 ||
            audit_superseded(act, found.entries[i], err) < 0)
            goto out;
        act->out->superseded++;
    }
    result = 0;
    if (act->out->superseded > 0)
        result = pki_change_begin(act->profile, err) < 0 ? -1 : pki_change_publish(act->profile, err);
out:
    pki_found_clear(&found);
    return result;
}

static void name_files(struct act *act)
{
    char file[256];
    struct pki_issued *out = act->out;
    out->directory = xstrdup(act->delivery.target);
    out->certificate = pki_path(out->directory, "cert.pem");
    out->fullchain = pki_path(out->directory, "fullchain.pem");
    out->key = pki_path(out->directory, "key.pem");
    snprintf(file, sizeof file, "%s.p12", act->options->name);
    if (act->kind == PKI_CLIENT)
        out->pkcs12 = pki_path(out->directory, file);
}

static int run(struct act *act, struct err *err)
{
    if (check_options(act, err) < 0 || collect_names(act, err) < 0)
        return -1;
    if (pki_authority_unlock(act->issuer, act->options->ca_passphrase, err) < 0 ||
        pki_authority_need_database(act->issuer, err) < 0)
        return -1;
    if (make_certificate(act, err) < 0 || stage(act, err) < 0)
        return -1;
    if (pki_database_add(&act->issuer->database, act->certificate, err) < 0 ||
        pki_database_save(&act->issuer->database, err) < 0)
        return -1;
    if (audit(act, err) < 0 || pki_delivery_commit(&act->delivery, err) < 0)
        return -1;
    name_files(act);
    return supersede(act, err);
}

int pki_issue(struct pki_profile *profile, enum pki_kind kind, const struct pki_issue_options *options,
              struct pki_issued *out, struct err *err)
{
    *out = (struct pki_issued){0};
    struct act act = {
        .profile = profile,
        .issuer = pki_profile_issuer(profile),
        .options = options,
        .kind = kind,
        .out = out,
    };
    int result = run(&act, err);
    pki_delivery_clear(&act.delivery);
    X509_free(act.certificate);
    EVP_PKEY_free(act.key);
    GENERAL_NAMES_free(act.names);
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
