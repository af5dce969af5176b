#include "explain_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "colour.h"
#include "explanation.h"
#include "options.h"

enum { REQUEST_ID_LENGTH = 32 };

static bool is_request_id(const char *text)
{
    return strlen(text) == REQUEST_ID_LENGTH && strspn(text, "0123456789abcdef") == REQUEST_ID_LENGTH;
}

static void print_member(struct slice answer, const char *title, const char *name)
{
    char *value = live_member(answer, name);
    if (value != NULL && value[0] != '\0')
        printf("%-11s%s\n", title, value);
    free(value);
}

static long status_of(struct slice answer)
{
    char *text = live_member(answer, "status");
    long status = text != NULL ? strtol(text, NULL, 10) : 0;
    free(text);
    return status;
}

static void print_head(struct slice answer, const char *reason, bool colour)
{
    char *detail = live_member(answer, "detail");
    printf("%s%s: %s%s\n", colour_begin(colour, COLOUR_BAD), status_of(answer) >= 500 ? "failed" : "refused",
           reason, colour_end(colour));
    if (detail != NULL && detail[0] != '\0')
        printf("  %s\n", detail);
    putchar('\n');
    free(detail);
}

/* What is no verdict on a certificate: the first of these that fits. */
static const struct {
    const char *code; /* NULL: any */
    int status_min;
    const char *text;
} advices[] = {
    {"upstream_unreachable", 0, "start the backend, or mend its address in [backend ...] server"},
    {"upstream_unresolved", 0, "mend the name in [backend ...] server, or the resolver of this machine"},
    {"upstream_busy", 0, "the backend is too slow for what it gets, or [backend ...] connections too low"},
    {"connect_timeout", 0, "look whether the backend hangs, or a packet filter swallows what goes there"},
    {"first_byte_timeout", 0, "look why the backend is slow; [timeouts] first_byte says how long it may be"},
    {"upstream_stalled", 0, "look why the backend is slow; [timeouts] stall says how long it may pause"},
    {"no_route", 0, "mend the client's path, or add a [route PATH]"},
    {"target_too_long", 0, "[limits] target_size is in the way, or the client sends what it should not"},
    {"head_too_large", 0, "[limits] head_size is in the way, or the client sends what it should not"},
    {"too_many_fields", 0, "[limits] field_count is in the way, or the client sends what it should not"},
    {NULL, 500, "look into the backend's log: it came as far as that; the access log has the rest"},
    {NULL, 400, "mend the client: its request is not one that all would read alike, so it goes nowhere"},
    {NULL, 0,
     "the handshake did not come as far as a verdict: look at the client's TLS versions, and whether it "
     "speaks TLS at all"},
};

static const char *advice_of(const char *code, long status)
{
    size_t i = 0;
    while (advices[i].code != NULL ? strcmp(advices[i].code, code) != 0 : status < advices[i].status_min)
        i++;
    return advices[i].text;
}

static void print_advice(const char *code, long status)
{
    enum trust_reason reason;
    if (trust_reason_parse(slice_text(code), &reason))
        printf("rule       %s\nwhat to do %s;\n           with its certificate at hand `postern explain "
               "--live` names "
               "file and CA\n",
               explanation_rule(reason), trust_reason_advice(reason));
    else
        printf("what to do %s\n", advice_of(code, status));
}

static void print(struct slice answer, bool colour)
{
    char *reason = live_member(answer, "reason");
    const char *code = reason != NULL ? reason : "?";
    print_head(answer, code, colour);
    print_member(answer, "when", "time");
    print_member(answer, "from", "client");
    if (status_of(answer) != 0)
        print_member(answer, "status", "status");
    print_member(answer, "who", "subject");
    print_member(answer, "serial", "serial");
    print_member(answer, "generation", "generation");
    print_member(answer, "worker", "worker");
    print_advice(code, status_of(answer));
    free(reason);
}

int explain_refusal(const struct live *gateway, const char *request_id)
{
    struct err err = {.line = 0};
    struct buffer answer;
    char text[sizeof(err.path) + sizeof(err.text) + 32], extra[64];
    if (!is_request_id(request_id)) {
        fprintf(stderr, "postern explain: %s is no request id: 32 hex digits in lower case\n", request_id);
        return STATUS_USAGE;
    }
    snprintf(extra, sizeof(extra), ",\"request_id\":\"%s\"", request_id);
    int result = live_request(gateway, "refusal", extra, &answer, NULL, &err);
    struct slice view = buffer_view(&answer);
    if (result != 0)
        fprintf(stderr, "cannot tell: %s\n", err_format(&err, text, sizeof(text)));
    else if (gateway->as_json)
        printf("%.*s\n", SLICE_ARG(view));
    else
        print(view, colour_is_wanted(stdout));
    buffer_clear(&answer);
    return result == 0 ? STATUS_FAILED : STATUS_UNSURE;
}
