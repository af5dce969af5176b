/* What `postern explain` has found out about a certificate, and how it is told: as text, as JSON, with the
 * rule that decided and what to do about it. */
#ifndef POSTERN_CLI_EXPLANATION_H
#define POSTERN_CLI_EXPLANATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judging.h"
#include "postern/base/json.h"
#include "postern/trust/examine.h"

struct explanation {
    const struct judging *judging;
    int64_t now_s;
    struct examination examination;
};

/* Both to standard output. */
void explanation_print(const struct explanation *explanation, bool colour);
void explanation_print_json(const struct explanation *explanation);

/* The rule behind a verdict, for people, with its source. Gives a literal for every reason. */
const char *explanation_rule(enum trust_reason reason);
/* What to do, naming the certificate, CA and file that it is about. Returns out. */
const char *explanation_advice(const struct explanation *explanation, char *out, size_t size);

/* "2026-03-01T12:00:00Z (3 days left)", "... (5 h ago)". Returns out. */
#define EXPLANATION_TIME_SIZE 64
const char *explanation_time(int64_t at_s, int64_t now_s, char out[EXPLANATION_TIME_SIZE]);
/* One CRL that was consulted, and what it said. */
void explanation_print_crl(const struct trust *trust, const struct examined_crl *crl, int64_t now_s,
                           bool colour);
void explanation_json_crl(struct json *json, const struct trust *trust, const struct examined_crl *crl,
                          int64_t now_s);

#endif
