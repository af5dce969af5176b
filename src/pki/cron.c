#include "postern/pki/cron.h"

#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "certificate.h"
#include "change.h"
#include "postern/pki/crl.h"
#include "postern/pki/describe.h"
#include "postern/pki/ocsp_signer.h"
#include "postern/pki/profile.h"
#include "timestamp.h"

struct run {
    const struct pki_cron_options *options;
    struct pki_profile *profile;
    int64_t now_s;
    int warnings;
};

static void tell(struct run *run, bool is_warning, const char *format, ...) PRINTF_LIKE(3, 4);

static void tell(struct run *run, bool is_warning, const char *format, ...)
{
    char text[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    run->warnings += is_warning;
    run->options->tell(run->options->context, is_warning, text);
}

static const char *role_of(const struct run *run, const struct pki_authority *authority)
{
    if (!run->profile->has_intermediate)
        return "authority";
    return authority == &run->profile->root ? "root" : "intermediate";
}

/* A list that is missing or damaged is due, too. */
static bool is_due(const struct pki_authority *authority, int64_t now_s)
{
    struct pki_crl_facts facts;
    if (pki_crl_facts(authority, &facts, NULL) < 0)
        return true;
    return now_s - facts.this_update_s >= (facts.next_update_s - facts.this_update_s) / 3 * 2;
}

static int decide(struct run *run, bool *due, struct err *err)
{
    if (pki_profile_open(run->options->directory, PKI_READ, run->options->clock, &run->profile, err) < 0)
        return -1;
    const struct pki_profile *profile = run->profile;
    run->now_s = pki_now(profile);
    /* A Root without its key here is nobody's reason to make a new Intermediate's list each time. */
    bool root_due = is_due(&profile->root, run->now_s) &&
                    (!profile->has_intermediate || pki_authority_has_key_file(&profile->root));
    *due = run->options->always || profile->is_unfinished || root_due ||
           (profile->has_intermediate && is_due(&profile->intermediate, run->now_s));
    pki_profile_close(run->profile);
    run->profile = NULL;
    return 0;
}

static int refresh(struct run *run, struct err *err)
{
    char when[CLOCK_TEXT_SIZE];
    struct pki_refreshed refreshed;
    const struct pki_refresh_options options = {.directory = run->options->directory,
                                                .ca_passphrase = run->options->ca_passphrase,
                                                .clock = run->options->clock};
    if (pki_refresh(&options, &refreshed, err) < 0)
        return -1;
    const struct pki_crl_facts *facts = refreshed.has_intermediate ? &refreshed.intermediate
                                                                   : &refreshed.root;
    tell(run, false, "new CRLs: number %s, %zu revoked, next update %s", facts->number, facts->count,
         clock_format(facts->next_update_s, when));
    pki_refreshed_clear(&refreshed);
    return 0;
}

/* An authority whose key is away or locked has no signer renewed here, which is as it should be for a Root:
 * its own CRL says all there is to say. */
static int renew_signer(struct run *run, struct pki_authority *authority, struct err *err)
{
    struct err away = {0};
    bool renewed = false;
    if (pki_authority_unlock(authority, run->options->ca_passphrase, &away) < 0)
        return authority == pki_profile_issuer(run->profile)
                   ? err_set_at(err, away.path, away.line, "%s", away.text)
                   : 0;
    if (pki_authority_need_database(authority, err) < 0 ||
        pki_ocsp_signer_renew(run->profile, authority, &renewed, err) < 0)
        return -1;
    if (renewed)
        tell(run, false, "new certificate for signing OCSP answers of the %s", role_of(run, authority));
    return 0;
}

static void warn_of_authority(struct run *run, struct pki_authority *authority)
{
    char when[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE];
    struct pki_crl_facts facts;
    int64_t end = pki_timestamp_of(X509_get0_notAfter(authority->certificate));
    const char *role = role_of(run, authority);
    if (end - run->now_s < PKI_CRON_AUTHORITY_DAYS * PKI_DAY_S)
        tell(run, true, "the certificate of the %s %s %s (%s); replace it before its clients notice", role,
             end > run->now_s ? "ends in" : "has ended, since", clock_span(end - run->now_s, span),
             clock_format(end, when));
    if (pki_crl_facts(authority, &facts, NULL) < 0)
        tell(run, true, "the %s has no CRL that can be read; \"postern pki crl\" makes one", role);
    else if (facts.next_update_s - run->now_s <= (facts.next_update_s - facts.this_update_s) / 3)
        tell(run, true, "the CRL of the %s %s %s (%s); bring its key, and \"postern pki crl\"", role,
             facts.next_update_s > run->now_s ? "ends in" : "has ended, since",
             clock_span(facts.next_update_s - run->now_s, span), clock_format(facts.next_update_s, when));
}

/* Is there another certificate for the same subject that lasts longer? */
static bool has_successor(const struct pki_database *database, const struct pki_entry *entry)
{
    int64_t end = pki_entry_expires(entry);
    for (size_t i = 0; i < database->count; i++) {
        const struct pki_entry *other = &database->entries[i];
        if (other != entry && other->state != 'R' && slice_equal(other->subject, entry->subject) &&
            pki_entry_expires(other) > end)
            return true;
    }
    return false;
}

/* Servers and clients only: authorities and OCSP signers are looked after above. */
static const char *kind_of(const struct pki_database *database, const struct pki_entry *entry)
{
    X509 *certificate = NULL;
    enum pki_kind kind = PKI_ANY;
    if (pki_database_certificate(database, entry, &certificate, NULL) == 0 && certificate)
        kind = pki_certificate_kind(certificate);
    X509_free(certificate);
    return kind == PKI_SERVER ? "server" : kind == PKI_CLIENT ? "client" : NULL;
}

/* What ended lately counts: the timer may have been off, and somebody may still wonder. */
static void warn_of_certificates(struct run *run)
{
    const struct pki_database *database = &pki_profile_issuer(run->profile)->database;
    int64_t margin_s = (int64_t)run->options->days * PKI_DAY_S;
    size_t count = 0;
    char when[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < database->count; i++) {
        const struct pki_entry *entry = &database->entries[i];
        int64_t end = pki_entry_expires(entry);
        if (entry->state == 'R' || end > run->now_s + margin_s || end < run->now_s - margin_s ||
            has_successor(database, entry))
            continue;
        const char *kind = kind_of(database, entry);
        if (kind && ++count <= PKI_CRON_NAMES_TOLD)
            tell(run, true, "%s \"%.*s\" %s at %s", kind, SLICE_ARG(pki_entry_attribute(entry, "CN")),
                 end > run->now_s ? "ends" : "has ended", clock_format(end, when));
    }
    if (count > PKI_CRON_NAMES_TOLD)
        tell(run, true, "and %zu more; \"postern pki list --expiring %llud\" lists them",
             count - PKI_CRON_NAMES_TOLD, (unsigned long long)run->options->days);
}

static int look_after(struct run *run, struct err *err)
{
    struct pki_profile *profile = run->profile;
    if (renew_signer(run, pki_profile_issuer(profile), err) < 0 ||
        (profile->has_intermediate && renew_signer(run, &profile->root, err) < 0))
        return -1;
    warn_of_authority(run, &profile->root);
    if (profile->has_intermediate)
        warn_of_authority(run, &profile->intermediate);
    warn_of_certificates(run);
    return 0;
}

int pki_cron(const struct pki_cron_options *options, struct err *err)
{
    struct run run = {.options = options};
    bool due = false;
    if (decide(&run, &due, err) < 0 || (due && refresh(&run, err) < 0))
        return -1;
    if (!due)
        tell(&run, false, "the CRLs are young enough");
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &run.profile,
                                 err);
    if (result == 0)
        result = look_after(&run, err);
    pki_profile_close(run.profile);
    return result < 0 ? -1 : run.warnings;
}
