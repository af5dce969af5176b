#include <stdio.h>

#include "explanation.h"
#include "postern/trust/crl_record.h"

enum { JSON_MAX = 1024 * 1024 };

static void add_time(struct json *json, const char *name, int64_t at_s)
{
    char text[CLOCK_TEXT_SIZE];
    json_text(json, name, clock_format(at_s, text));
}

void explanation_json_crl(struct json *json, const struct trust *trust, const struct examined_crl *crl,
                          int64_t now_s)
{
    const struct crl_index *index = trust_crl_index(trust);
    const struct crl_record *record = crl->record;
    char number[CRL_NUMBER_TEXT_SIZE], day[CLOCK_TEXT_SIZE];
    json_object_begin(json, NULL);
    json_slice(json, "issuer", crl_record_issuer(index, record));
    json_text(json, "number", crl_record_number_text(record, number));
    add_time(json, "this_update", record->this_update);
    add_time(json, "next_update", record->next_update);
    json_int(json, "left_s", record->next_update - now_s);
    json_uint(json, "entries", record->entry_count);
    json_slice(json, "source", crl_record_source(index, record));
    json_uint(json, "line", record->line);
    json_bool(json, "in_scope", crl->is_in_scope);
    json_text(json, "standing", trust_reason_code(crl->standing));
    json_bool(json, "revoked", crl->entry != NULL);
    if (crl->entry != NULL) {
        int64_t day_s = crl_entry_day(crl->entry);
        json_slice(json, "revoked_on", day_s != 0 ? slice_of(clock_format(day_s, day), 10) : slice_of("", 0));
        json_text(json, "revocation_reason", crl_entry_reason_text(crl->entry->reason));
    }
    json_object_end(json);
}

static void add_certificate(struct json *json, const struct explanation *explanation, size_t i)
{
    const struct examination *examination = &explanation->examination;
    const struct examined *examined = &examination->certificates[i];
    json_object_begin(json, NULL);
    json_text(json, "subject", examined->info.subject);
    json_text(json, "issuer", examined->info.issuer);
    json_text(json, "serial", examined->info.serial);
    json_text(json, "key", examined->info.key);
    json_text(json, "purposes", examined->info.purposes);
    json_text(json, "fingerprint", examined->info.fingerprint);
    add_time(json, "not_before", examined->info.not_before);
    add_time(json, "not_after", examined->info.not_after);
    json_int(json, "left_s", examined->info.not_after - explanation->now_s);
    json_bool(json, "presented", examined->is_presented);
    json_bool(json, "anchor", examination->reaches_anchor && i + 1 == examination->count);
    json_text(json, "revocation", examined->is_asked ? trust_reason_code(examined->revocation) : NULL);
    json_array_begin(json, "crls");
    for (size_t k = 0; k < examined->crl_count; k++)
        explanation_json_crl(json, generation_trust(explanation->judging->generation), &examined->crls[k],
                             explanation->now_s);
    json_array_end(json);
    json_object_end(json);
}

static void add_verdict(struct json *json, const struct explanation *explanation)
{
    const struct trust_verdict *verdict = &explanation->examination.verdict;
    char advice[2048];
    json_text(json, "verdict", verdict->reason == TRUST_ADMITTED ? "admitted" : "refused");
    json_text(json, "reason", trust_reason_code(verdict->reason));
    json_text(json, "detail", verdict->detail);
    json_uint(json, "depth", verdict->depth);
    json_text(json, "rule", explanation_rule(verdict->reason));
    json_text(json, "advice", explanation_advice(explanation, advice, sizeof(advice)));
    if (verdict->reason == TRUST_ADMITTED && verdict->recheck_at != TRUST_NEVER)
        add_time(json, "recheck_at", verdict->recheck_at);
    json_bool(json, "revocation_checked", (verdict->notes & TRUST_NOTE_UNCHECKED) == 0);
    json_bool(json, "by_grace", (verdict->notes & TRUST_NOTE_CRL_GRACE) != 0);
    json_bool(json, "without_crl", (verdict->notes & TRUST_NOTE_CRL_MISSING) != 0);
}

void explanation_print_json(const struct explanation *explanation)
{
    struct buffer out;
    struct json json;
    buffer_init(&out, JSON_MAX);
    json_init(&json, &out);
    json_object_begin(&json, NULL);
    add_verdict(&json, explanation);
    json_array_begin(&json, "path");
    for (size_t i = 0; i < explanation->examination.count; i++)
        add_certificate(&json, explanation, i);
    json_array_end(&json);
    json_bool(&json, "reaches_anchor", explanation->examination.reaches_anchor);
    json_text(&json, "judged_by", explanation->judging->origin);
    json_uint(&json, "generation", generation_number(explanation->judging->generation));
    json_object_end(&json);
    if (json_end(&json))
        printf("%.*s\n", SLICE_ARG(buffer_view(&out)));
    buffer_clear(&out);
}
