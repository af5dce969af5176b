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

static void print_head(struct slice answer, const char *reason, bool colour)
{
    char *detail = live_member(answer, "detail");
    printf("%srefused: %s%s\n", colour_begin(colour, COLOUR_BAD), reason, colour_end(colour));
    if (detail != NULL && detail[0] != '\0')
        printf("  %s\n", detail);
    putchar('\n');
    free(detail);
}

/* A reason of the handshake itself ("handshake_failed") has no rule of ours. */
static void print_advice(const char *code)
{
    enum trust_reason reason;
    if (trust_reason_parse(slice_text(code), &reason))
        printf("rule       %s\nwhat to do %s;\n           with its certificate at hand `postern explain "
               "--live` names "
               "file and CA\n",
               explanation_rule(reason), trust_reason_advice(reason));
    else
        printf("what to do the handshake did not come as far as a verdict: look at the client's TLS "
               "versions, and "
               "whether it speaks TLS at all\n");
}

static void print(struct slice answer, bool colour)
{
    char *reason = live_member(answer, "reason");
    const char *code = reason != NULL ? reason : "?";
    print_head(answer, code, colour);
    print_member(answer, "when", "time");
    print_member(answer, "from", "client");
    print_member(answer, "who", "subject");
    print_member(answer, "serial", "serial");
    print_member(answer, "generation", "generation");
    print_member(answer, "worker", "worker");
    print_advice(code);
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
