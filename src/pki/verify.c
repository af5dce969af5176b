#include "postern/pki/verify.h"

#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "certificate.h"
#include "change.h"
#include "postern/base/text.h"
#include "postern/pki/crl.h"
#include "postern/pki/issue.h"
#include "postern/pki/profile.h"
#include "postern/pki/revoke.h"
#include "probe.h"

#define SERVER_MARGIN_DAYS 14
#define STEP_MS            100
#define REFUSED_BY_PAGE    400

struct run {
    const struct pki_verify_options *options;
    struct pki_profile *profile;
    SSL_CTX *context;
    SSL_SESSION *session; /* the canary's last ticket */
    enum pki_outcome outcome;
};

static void report(struct run *run, const char *name, enum pki_outcome outcome, const char *advice,
                   const char *format, ...) PRINTF_LIKE(5, 6);

static void report(struct run *run, const char *name, enum pki_outcome outcome, const char *advice,
                   const char *format, ...)
{
    char detail[512];
    va_list values;
    va_start(values, format);
    vsnprintf(detail, sizeof detail, format, values);
    va_end(values);
    if (outcome == PKI_VERIFY_BAD || run->outcome == PKI_VERIFY_GOOD)
        run->outcome = outcome;
    const struct pki_finding finding = {name, outcome, detail, outcome == PKI_VERIFY_GOOD ? "" : advice};
    run->options->each(run->options->context, &finding);
}

static enum pki_outcome good_if(bool good)
{
    return good ? PKI_VERIFY_GOOD : PKI_VERIFY_BAD;
}

static void check_crl(struct run *run, const char *name, const struct pki_authority *authority)
{
    struct pki_crl_facts facts;
    char span[CLOCK_TEXT_SIZE];
    int64_t now_s = pki_now(run->profile);
    if (pki_crl_facts(authority, &facts, NULL) < 0) {
        report(run, name, PKI_VERIFY_BAD, "postern pki crl", "there is none that can be read");
        return;
    }
    int64_t left = facts.next_update_s - now_s;
    report(run, name, good_if(left > (facts.next_update_s - facts.this_update_s) / 3),
           "postern pki crl, and a timer for postern pki cron", "number %s, %s %s", facts.number,
           left > 0 ? "ends in" : "has ended, since", clock_span(left, span));
}

static void check_key(struct run *run, const char *name, const struct pki_authority *authority)
{
    struct stat status;
    char path[4096];
    snprintf(path, sizeof path, "%s/private/ca.key", authority->directory);
    if (stat(path, &status) != 0)
        report(run, name, PKI_VERIFY_GOOD, "", "not here");
    else
        report(run, name, good_if((status.st_mode & 077) == 0), "chmod 400 the file", "mode %03o",
               (unsigned)status.st_mode & 0777u);
}

static void check_files(struct run *run)
{
    const struct pki_profile *profile = run->profile;
    check_crl(run, "root crl", &profile->root);
    check_key(run, "root key", &profile->root);
    if (!profile->has_intermediate)
        return;
    check_crl(run, "intermediate crl", &profile->intermediate);
    check_key(run, "intermediate key", &profile->intermediate);
}

/* Returns whether anybody answers there. */
static bool check_server(struct run *run)
{
    const struct pki_verify_options *options = run->options;
    struct probe probe;
    char span[CLOCK_TEXT_SIZE];
    probe_open(&probe, run->context, options->host, options->port, NULL);
    bool answers = probe.fd >= 0 && probe.sent > 0;
    int status = probe_ask(&probe, options->host);
    if (!answers) {
        report(run, "gateway", PKI_VERIFY_UNKNOWN, "is it running, and is this its address?",
               "no TLS server answers at %s:%s", options->host, options->port);
    } else {
        int64_t left = probe.server_end - pki_now(run->profile);
        report(run, "server certificate", good_if(probe.verified == X509_V_OK),
               "issue one: postern pki server, with the name or address as --san", "%s",
               X509_verify_cert_error_string(probe.verified));
        report(run, "server chain", good_if(!run->profile->has_intermediate || probe.sent > 1),
               "give the gateway fullchain.pem", "%d certificates sent", probe.sent);
        report(run, "server expiry", good_if(left > SERVER_MARGIN_DAYS * PKI_DAY_S), "postern pki server",
               "ends in %s", clock_span(left, span));
        report(run, "no certificate refused", good_if(status == 0 || status == REFUSED_BY_PAGE),
               "the gateway must demand client certificates", status == 0 ? "by alert" : "status %d", status);
    }
    probe_close(&probe);
    return answers;
}

static bool is_refused(struct run *run, SSL_SESSION *session, int *status)
{
    struct probe probe;
    probe_open(&probe, run->context, run->options->host, run->options->port, session);
    *status = probe_ask(&probe, run->options->host);
    bool answers = probe.fd >= 0;
    probe_close(&probe);
    return answers && (*status == 0 || *status == REFUSED_BY_PAGE);
}

static int revoke_canary(struct run *run, const char *name, struct err *err)
{
    struct pki_revoked revoked;
    const struct pki_revoke_options options = {.directory = run->options->directory,
                                               .name = name,
                                               .kind = PKI_CLIENT,
                                               .reason = PKI_REASON_CESSATION_OF_OPERATION,
                                               .ca_passphrase = run->options->ca_passphrase};
    if (pki_revoke(&options, &revoked, err) < 0)
        return -1;
    pki_revoked_clear(&revoked);
    return 0;
}

static void check_after(struct run *run, struct probe *open)
{
    int status = 0;
    int64_t began_ms = clock_monotonic_ms(run->profile->clock), waited_ms = 0;
    bool refused = is_refused(run, NULL, &status);
    while (!refused && waited_ms < (int64_t)run->options->within_s * 1000) {
        (void)poll(NULL, 0, STEP_MS);
        refused = is_refused(run, NULL, &status);
        waited_ms = clock_monotonic_ms(run->profile->clock) - began_ms;
    }
    report(run, "revoked refused", good_if(refused),
           "does the gateway read this profile's crl-bundle.pem? postern status there lists its files",
           refused ? "after about %lld ms" : "not yet after %lld ms", (long long)waited_ms);
    /* One cause is enough to mend. */
    const char *before = refused ? NULL : "as before: the revocation is not in force there";
    status = probe_ask(open, run->options->host);
    report(run, "open connection cut", good_if(status == 0), before != NULL ? before : "set on_revoke = cut",
           status == 0 ? "it is over" : "it is not over (status %d)", status);
    if (run->session == NULL) {
        report(run, "resumed session refused", PKI_VERIFY_GOOD, "", "no session was offered");
        return;
    }
    refused = is_refused(run, run->session, &status);
    report(run, "resumed session refused", good_if(refused),
           before != NULL ? before : "resumption must be checked against revocation",
           refused ? "it is" : "answered with status %d", status);
}

static void use_canary(struct run *run, const char *name)
{
    struct err err = {0};
    struct probe open;
    probe_open(&open, run->context, run->options->host, run->options->port, NULL);
    int status = probe_ask(&open, run->options->host);
    bool admitted = status > 0 && status != REFUSED_BY_PAGE;
    report(run, "valid accepted", good_if(admitted),
           "does the gateway read this profile's client-ca-bundle.pem? its log has the reason",
           admitted ? "status %d" : "refused (status %d)", status);
    if (open.ssl != NULL)
        run->session = SSL_get1_session(open.ssl);
    if (run->session != NULL && SSL_SESSION_is_resumable(run->session) != 1) {
        SSL_SESSION_free(run->session);
        run->session = NULL;
    }
    if (revoke_canary(run, name, &err) < 0)
        report(run, "revoked refused", PKI_VERIFY_UNKNOWN, "revoke the canary by hand", "%s", err.text);
    else if (admitted)
        check_after(run, &open);
    probe_close(&open);
    SSL_SESSION_free(run->session);
}

/* Its folder has a key that nobody needs any more. */
static void remove_canary(const struct pki_issued *issued)
{
    (void)remove(issued->certificate);
    (void)remove(issued->fullchain);
    (void)remove(issued->key);
    (void)remove(issued->pkcs12);
    (void)remove(issued->directory);
}

static void check_canary(struct run *run)
{
    struct err err = {0};
    struct pki_issued issued;
    unsigned char random[8] = {0};
    char name[64], hex[2 * sizeof random + 1];
    if (RAND_bytes(random, sizeof random) != 1)
        return;
    snprintf(name, sizeof name, "postern-canary-%s", text_hex(hex, random, sizeof random, false));
    const struct pki_issue_options options = {.directory = run->options->directory,
                                              .name = name,
                                              .days = 1,
                                              .no_passphrase = true,
                                              .ca_passphrase = run->options->ca_passphrase};
    if (pki_issue_client(&options, &issued, &err) < 0) {
        report(run, "canary", PKI_VERIFY_UNKNOWN, "--read-only checks without one", "%s", err.text);
        return;
    }
    if (SSL_CTX_use_certificate_chain_file(run->context, issued.fullchain) != 1 ||
        SSL_CTX_use_PrivateKey_file(run->context, issued.key, SSL_FILETYPE_PEM) != 1)
        report(run, "canary", PKI_VERIFY_UNKNOWN, "", "its key and certificate cannot be used");
    else
        use_canary(run, name);
    remove_canary(&issued);
    pki_issued_clear(&issued);
}

static int trust_root(struct run *run, struct err *err)
{
    run->context = SSL_CTX_new(TLS_client_method());
    X509_STORE *store = run->context ? SSL_CTX_get_cert_store(run->context) : NULL;
    if (!store || X509_STORE_add_cert(store, run->profile->root.certificate) != 1)
        return err_set(err, "TLS cannot be set up");
    SSL_CTX_set_session_cache_mode(run->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    return 0;
}

int pki_verify(const struct pki_verify_options *options, enum pki_outcome *outcome, struct err *err)
{
    struct run run = {.options = options};
    if (pki_profile_open(options->directory, PKI_READ, NULL, &run.profile, err) < 0)
        return -1;
    int result = trust_root(&run, err);
    if (result == 0) {
        check_files(&run);
        if (check_server(&run) && !options->read_only)
            check_canary(&run);
    }
    SSL_CTX_free(run.context);
    pki_profile_close(run.profile);
    *outcome = run.outcome;
    return result;
}
