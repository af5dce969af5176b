#include "explanation.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "colour.h"
#include "postern/trust/crl_record.h"

const char *explanation_time(int64_t at_s, int64_t now_s, char out[EXPLANATION_TIME_SIZE])
{
    char time[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE];
    clock_format(at_s, time);
    clock_span(at_s - now_s, span);
    snprintf(out, EXPLANATION_TIME_SIZE, "%s (%s%s)", time, span, at_s < now_s ? " ago" : " left");
    return out;
}

static void print_outcome(const struct examined_crl *crl, bool colour)
{
    char day[CLOCK_TEXT_SIZE];
    if (crl->entry != NULL) {
        int64_t day_s = crl_entry_day(crl->entry);
        printf("      %s-> REVOKED%s%.10s, %s%s\n", colour_begin(colour, COLOUR_BAD),
               day_s != 0 ? " on " : "", day_s != 0 ? clock_format(day_s, day) : "",
               crl_entry_reason_text(crl->entry->reason), colour_end(colour));
    } else if (!crl->is_in_scope) {
        printf("      -> does not speak of this certificate (issuing distribution point)\n");
    } else if (crl->standing != TRUST_ADMITTED) {
        printf("      %s-> does not count: %s%s\n", colour_begin(colour, COLOUR_WARNING),
               trust_reason_text(crl->standing), colour_end(colour));
    } else {
        printf("      -> not listed\n");
    }
}

void explanation_print_crl(const struct trust *trust, const struct examined_crl *crl, int64_t now_s,
                           bool colour)
{
    const struct crl_index *index = trust_crl_index(trust);
    const struct crl_record *record = crl->record;
    char number[CRL_NUMBER_TEXT_SIZE], begin[CLOCK_TEXT_SIZE], end[EXPLANATION_TIME_SIZE];
    struct slice issuer = crl_record_issuer(index, record), source = crl_record_source(index, record);
    printf("      CRL of %.*s, number %s%s\n", SLICE_ARG(issuer), crl_record_number_text(record, number),
           (record->flags & CRL_PENDING) != 0 ? " (its CA is not in the bundle)" : "");
    printf("        %s to %s, %" PRIu64 " revoked, from %.*s", clock_format(record->this_update, begin),
           explanation_time(record->next_update, now_s, end), record->entry_count, SLICE_ARG(source));
    if (record->line != 0)
        printf(":%u", record->line);
    putchar('\n');
    print_outcome(crl, colour);
}

/* Why there is no CRL to show, or what the policy made of it. */
static void print_policy(const struct examined *examined, bool colour)
{
    const char *begin = colour_begin(colour, COLOUR_WARNING), *end = colour_end(colour);
    if (!examined->is_asked)
        return;
    if ((examined->notes & TRUST_NOTE_CRL_MISSING) != 0)
        printf("      %s-> no CRL of its issuer: let pass by crl_missing = allow%s\n", begin, end);
    else if ((examined->notes & TRUST_NOTE_CRL_GRACE) != 0)
        printf("      %s-> by a CRL in its grace: crl_expired = grace%s\n", begin, end);
    else if (examined->crl_count == 0 && examined->revocation == TRUST_ADMITTED)
        printf("      -> its issuer publishes no CRL: let pass by crl_publishes_none\n");
    else if (examined->crl_count == 0)
        printf("      %s-> no CRL of its issuer%s\n", begin, end);
}

static void print_certificate(const struct explanation *explanation, size_t i, bool colour)
{
    const struct examination *examination = &explanation->examination;
    const struct examined *examined = &examination->certificates[i];
    bool is_anchor = examination->reaches_anchor && i + 1 == examination->count;
    char begin[CLOCK_TEXT_SIZE], end[EXPLANATION_TIME_SIZE];
    printf("  [%zu] %s%s%s, %s\n", i, colour_begin(colour, COLOUR_STRONG), examined->info.subject,
           colour_end(colour),
           is_anchor                ? "trust anchor"
           : examined->is_presented ? "sent by the client"
                                    : "from the trust bundle");
    printf("      serial %s, %s, %s to %s\n", examined->info.serial, examined->info.key,
           clock_format(examined->info.not_before, begin),
           explanation_time(examined->info.not_after, explanation->now_s, end));
    if (!is_anchor)
        printf("      %s%s%ssigned by %s\n", i == 0 ? "for " : "", i == 0 ? examined->info.purposes : "",
               i == 0 ? ", " : "", examined->info.issuer);
    for (size_t k = 0; k < examined->crl_count; k++)
        explanation_print_crl(generation_trust(explanation->judging->generation), &examined->crls[k],
                              explanation->now_s, colour);
    print_policy(examined, colour);
}

static void print_path(const struct explanation *explanation, bool colour)
{
    const struct examination *examination = &explanation->examination;
    printf("\npath\n");
    for (size_t i = 0; i < examination->count; i++)
        print_certificate(explanation, i, colour);
    if (examination->count == 0)
        printf("  none\n");
    else if (!examination->reaches_anchor)
        printf("      %s-> no CA of this name%s in the trust bundle: the path ends here%s\n",
               colour_begin(colour, COLOUR_BAD), examination->has_namesake ? " and key" : "",
               colour_end(colour));
    if (examination->path.count == 0)
        printf("  CRLs were not asked: the certificates were refused before\n");
    else if ((examination->verdict.notes & TRUST_NOTE_UNCHECKED) != 0)
        printf("  %sno crl is configured: revocation is not checked%s\n",
               colour_begin(colour, COLOUR_WARNING), colour_end(colour));
}

void explanation_print(const struct explanation *explanation, bool colour)
{
    const struct trust_verdict *verdict = &explanation->examination.verdict;
    bool admitted = verdict->reason == TRUST_ADMITTED;
    char advice[2048], until[EXPLANATION_TIME_SIZE];
    if (admitted && verdict->recheck_at != TRUST_NEVER)
        printf("%sadmitted%s, and asked again at %s\n", colour_begin(colour, COLOUR_GOOD), colour_end(colour),
               explanation_time(verdict->recheck_at, explanation->now_s, until));
    else if (admitted)
        printf("%sadmitted%s\n", colour_begin(colour, COLOUR_GOOD), colour_end(colour));
    else
        printf("%srefused: %s%s\n  %s\n", colour_begin(colour, COLOUR_BAD),
               trust_reason_code(verdict->reason), colour_end(colour),
               verdict->detail[0] != '\0' ? verdict->detail : trust_reason_text(verdict->reason));
    print_path(explanation, colour);
    printf("\nrule       %s\n", explanation_rule(verdict->reason));
    if (!admitted)
        printf("what to do %s\n", explanation_advice(explanation, advice, sizeof(advice)));
    printf("judged by  %s\n", explanation->judging->origin);
}
