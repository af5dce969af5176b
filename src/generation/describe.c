#include "describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "postern/trust/certificate.h"
#include "postern/trust/reason.h"

enum { DAY_S = 86400, WARN_DAYS = 30, LAST_DAYS = 7 };

struct context {
    const struct generation *generation;
    struct report *report;
    int64_t now_s;
    const struct trust_bundle *bundle;
    char sent_alone[CERTIFICATE_NAME_MAX]; /* issuer of a server certificate behind which nothing came yet */
};

/* "until 2026-03-01T12:00:00Z, 89 days left" */
static const char *until(int64_t end_s, int64_t now_s, char *out, size_t size)
{
    char time[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE];
    clock_format(end_s, time);
    clock_span(end_s - now_s, span);
    snprintf(out, size, end_s < now_s ? "until %s, that is %s ago" : "until %s, %s left", time, span);
    return out;
}

/* A week is left; or a third of its life, and not more than a month. */
static bool is_ending(int64_t begin_s, int64_t end_s, int64_t now_s)
{
    int64_t left_s = end_s - now_s;
    return left_s < LAST_DAYS * DAY_S || (left_s < (end_s - begin_s) / 3 && left_s < WARN_DAYS * DAY_S);
}

/* What holds whatever the time is. */
PRINTF_LIKE(2, 3)
static void warn_always(struct context *context, const char *format, ...)
{
    char text[2 * CERTIFICATE_NAME_MAX];
    va_list values;
    bool is_timed = context->report->is_timed;
    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    context->report->is_timed = false;
    report_warn(context->report, "%s", text);
    context->report->is_timed = is_timed;
}

/* Whose issuer is an intermediate as far as we know: our own clients' CAs are mostly our own CAs. */
static void end_chain(struct context *context)
{
    struct certificate_info info;
    for (size_t i = 0; context->sent_alone[0] != '\0' && i < trust_bundle_count(context->bundle); i++) {
        certificate_describe(trust_bundle_certificate(context->bundle, i), &info);
        if (!trust_bundle_is_root(context->bundle, i) && strcmp(info.subject, context->sent_alone) == 0)
            warn_always(
                context,
                "the intermediate %s is not sent along with the server certificate: clients that know "
                "the root only will not go on; give the full chain",
                info.subject);
    }
    context->sent_alone[0] = '\0';
}

static void describe_server_certificate(void *data, const struct tls_certificate_info *info)
{
    struct context *context = data;
    if (info->is_leaf)
        end_chain(context);
    snprintf(context->sent_alone, sizeof(context->sent_alone), "%s", info->is_leaf ? info->issuer : "");
    if (info->is_leaf && info->names[0] == '\0')
        warn_always(context,
                    "server certificate %s has no alternative names: browsers and many other clients will "
                    "not go on; issue one that has",
                    info->subject);
    char end[96], span[CLOCK_TEXT_SIZE];
    until(info->not_after, context->now_s, end, sizeof(end));
    if (info->is_leaf)
        report_found(context->report, "server certificate: %s, %s, names %s, issued by %s, %s", info->subject,
                     info->key, info->names[0] != '\0' ? info->names : "none", info->issuer, end);
    else
        report_found(context->report, "server intermediate: %s, %s", info->subject, end);
    if (info->not_after < context->now_s)
        report_warn(context->report, "server %s %s has expired: clients will not go on; renew it",
                    info->is_leaf ? "certificate" : "intermediate", info->subject);
    else if (is_ending(info->not_before, info->not_after, context->now_s))
        report_warn(context->report, "server %s %s expires in %s; renew it",
                    info->is_leaf ? "certificate" : "intermediate", info->subject,
                    clock_span(info->not_after - context->now_s, span));
}

static void describe_ca(struct context *context, const struct trust_bundle *bundle, size_t index)
{
    struct certificate_info info;
    char end[96], span[CLOCK_TEXT_SIZE];
    certificate_describe(trust_bundle_certificate(bundle, index), &info);
    report_found(context->report, "%s: %s, %s, %s",
                 trust_bundle_is_root(bundle, index) ? "trusted root" : "intermediate", info.subject,
                 info.key, until(info.not_after, context->now_s, end, sizeof(end)));
    if (info.not_after < context->now_s)
        report_warn(context->report, "CA %s has expired: its clients are refused; renew it", info.subject);
    else if (info.not_before > context->now_s)
        report_warn(context->report, "CA %s is not valid yet: its clients are refused; check the clock",
                    info.subject);
    else if (is_ending(info.not_before, info.not_after, context->now_s))
        report_warn(context->report, "CA %s expires in %s; renew it", info.subject,
                    clock_span(info.not_after - context->now_s, span));
}

static void describe_crl(struct context *context, const struct crl_index *index,
                         const struct crl_record *record)
{
    char number[CRL_NUMBER_TEXT_SIZE], end[96];
    struct slice issuer = crl_record_issuer(index, record), source = crl_record_source(index, record);
    report_found(context->report, "CRL: %.*s, number %s, %" PRIu64 " revoked, %s, from %.*s",
                 SLICE_ARG(issuer), crl_record_number_text(record, number), record->entry_count,
                 until(record->next_update, context->now_s, end, sizeof(end)), SLICE_ARG(source));
}

static void describe_issuer(void *data, const struct trust_issuer_report *issuer)
{
    struct context *context = data;
    const char *then = issuer->tolerated ? "its clients are admitted all the same"
                                         : "its clients will be refused";
    char span[CLOCK_TEXT_SIZE];
    switch (issuer->reason) {
    case TRUST_ADMITTED:
        if (issuer->record == NULL)
            return;
        int64_t left = issuer->record->next_update - context->now_s;
        if (left < (issuer->record->next_update - issuer->record->this_update) / 3)
            report_warn(context->report, "CRL of %s expires in %s; publish the next one", issuer->issuer,
                        clock_span(left, span));
        return;
    case TRUST_CRL_MISSING:
        report_warn(context->report, "CRL of %s missing: %s; add it to crl", issuer->issuer, then);
        return;
    case TRUST_CRL_EXPIRED:
        report_warn(context->report, "CRL of %s expired %s ago: %s; publish a fresh one", issuer->issuer,
                    issuer->record == NULL ? "long"
                                           : clock_span(context->now_s - issuer->record->next_update, span),
                    then);
        return;
    default:
        report_warn(context->report, "CRL of %s: %s: %s", issuer->issuer,
                    trust_reason_text((enum trust_reason)issuer->reason), then);
    }
}

static void describe_revocation(struct context *context, const struct crl_set *crls)
{
    const struct crl_index *index = context->generation->crls;
    if (index == NULL) {
        context->report->is_timed = false;
        report_warn(
            context->report,
            "no crl: revocation is not checked, and a stolen key is good until its certificate expires");
        return;
    }
    for (size_t i = 0; i < crl_index_count(index); i++)
        describe_crl(context, index, crl_index_record(index, i));
    context->report->is_timed = false;
    for (size_t i = 0; crls != NULL && i < crl_set_count(crls); i++)
        if (crl_set_remark(crls, i)[0] != '\0')
            report_warn(context->report, "CRL of %s: %s", crl_set_issuer(crls, i), crl_set_remark(crls, i));
    context->report->is_timed = true;
    trust_report_issuers(context->generation->trust, context->now_s, describe_issuer, context);
}

static void describe_routes(struct context *context)
{
    const struct config *config = context->generation->config;
    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_backend *backend = config->routes[i].backend;
        for (size_t k = 0; k < backend->server_count; k++)
            report_found(context->report, "route %.*s: backend %s, %s", SLICE_ARG(config->routes[i].path),
                         backend->name, backend->servers[k].text);
    }
}

void describe_generation(const struct generation *generation, const struct trust_bundle *bundle,
                         const struct crl_set *crls, int64_t now_s, struct report *report)
{
    struct context context = {generation, report, now_s, bundle, ""};
    for (size_t i = 0; i < generation->config->listener.addresses.count; i++)
        report_found(report, "listener: %s", generation->config->listener.addresses.items[i].text);
    report->is_timed = true;
    tls_server_describe(generation->server, describe_server_certificate, &context);
    end_chain(&context);
    for (size_t i = 0; i < trust_bundle_count(bundle); i++)
        describe_ca(&context, bundle, i);
    describe_revocation(&context, crls);
    report->is_timed = false;
    describe_routes(&context);
}
