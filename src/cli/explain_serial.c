#include "explain_serial.h"

#include <stdio.h>
#include <string.h>

#include "colour.h"
#include "explanation.h"
#include "options.h"

enum { JSON_MAX = 1024 * 1024 };

struct answer {
    const struct trust *trust;
    int64_t now_s;
    bool colour;
    struct json *json; /* NULL: text */
    unsigned revoked, current, denied;
};

static void on_crl(void *context, const struct examined_crl *crl)
{
    struct answer *answer = context;
    answer->revoked += crl->entry != NULL;
    /* A pending one was not verified: nobody has presented its CA here. */
    answer->current += crl->standing == TRUST_ADMITTED && (crl->record->flags & CRL_PENDING) == 0;
    if (answer->json != NULL)
        explanation_json_crl(answer->json, answer->trust, crl, answer->now_s);
    else
        explanation_print_crl(answer->trust, crl, answer->now_s, answer->colour);
}

static void on_denied(void *context, const struct deny_match *match)
{
    struct answer *answer = context;
    answer->denied++;
    if (answer->json == NULL) {
        printf("denied by line %u of %s: %.*s\n", match->number, match->source, SLICE_ARG(match->line));
        return;
    }
    json_object_begin(answer->json, NULL);
    json_text(answer->json, "source", match->source);
    json_uint(answer->json, "line", match->number);
    json_slice(answer->json, "entry", match->line);
    json_object_end(answer->json);
}

/* "0x4A:3F" as people copy it from openssl. */
static struct slice plain_serial(const char *typed, char *out, size_t size)
{
    size_t length = 0;
    if (typed[0] == '0' && (typed[1] == 'x' || typed[1] == 'X'))
        typed += 2;
    for (; *typed != '\0' && length < size; typed++)
        if (*typed != ':')
            out[length++] = *typed;
    return slice_of(out, *typed == '\0' ? length : 0);
}

static int conclude(const struct answer *answer, int found)
{
    if (found < 0)
        return STATUS_USAGE;
    if (answer->revoked > 0 || answer->denied > 0)
        return STATUS_FAILED;
    return answer->current > 0 ? STATUS_DONE : STATUS_UNSURE;
}

static const char *conclusion_text(const struct answer *answer, int status)
{
    static const char *const texts[] = {"not revoked", "revoked", "not a serial number", "cannot tell"};
    return answer->denied == 0 ? texts[status] : answer->revoked > 0 ? "revoked, and denied" : "denied";
}

static int answer_json(struct answer *answer, struct slice serial, const char *issuer, const char *origin)
{
    struct buffer out;
    struct json json;
    buffer_init(&out, JSON_MAX);
    json_init(&json, &out);
    answer->json = &json;
    json_object_begin(&json, NULL);
    json_slice(&json, "serial", serial);
    json_array_begin(&json, "crls");
    int found = trust_examine_serial(answer->trust, serial, issuer, answer->now_s, on_crl, answer);
    json_array_end(&json);
    json_array_begin(&json, "denied");
    (void)trust_examine_denied(answer->trust, serial, answer->now_s, on_denied, answer);
    json_array_end(&json);
    int status = conclude(answer, found);
    json_text(&json, "verdict", conclusion_text(answer, status));
    json_text(&json, "judged_by", origin);
    json_object_end(&json);
    if (json_end(&json) && found >= 0)
        printf("%.*s\n", SLICE_ARG(buffer_view(&out)));
    buffer_clear(&out);
    return status;
}

int explain_serial(const struct judging *judging, const char *typed, const char *issuer, bool as_json)
{
    char digits[64];
    struct slice serial = plain_serial(typed, digits, sizeof(digits));
    struct answer answer = {.trust = generation_trust(judging->generation),
                            .now_s = clock_wall_s(clock_system()),
                            .colour = !as_json && colour_is_wanted(stdout)};
    int status;
    issuer = issuer != NULL ? issuer : "";
    if (as_json) {
        status = answer_json(&answer, serial, issuer, judging->origin);
    } else {
        int found = trust_examine_serial(answer.trust, serial, issuer, answer.now_s, on_crl, &answer);
        (void)trust_examine_denied(answer.trust, serial, answer.now_s, on_denied, &answer);
        status = conclude(&answer, found);
        if (found == 0)
            printf("no CRL of such an issuer is loaded\n");
        if (found >= 0)
            printf("serial %.*s: %s\njudged by %s\n", SLICE_ARG(serial), conclusion_text(&answer, status),
                   judging->origin);
    }
    if (status == STATUS_USAGE)
        fprintf(stderr, "postern explain: %s is no serial number: up to 40 hex digits\n", typed);
    return status;
}
