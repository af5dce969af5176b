/* The value of a configured identity field: literal text with `${name}` variables, checked and cut into parts
 * once, when the configuration is parsed. `$$` stands for one `$`. Literal text is printable ASCII, so that a
 * rendered value is a field value if its variables are (RFC 9110 §5.5). Immutable; any thread. */
#ifndef POSTERN_CONFIG_TEMPLATE_H
#define POSTERN_CONFIG_TEMPLATE_H

#include <stddef.h>

#include "postern/base/arena.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

/* enumerator, name in ${}, what it stands for (docs/identity.md has the exact forms) */
/* clang-format off */
#define TEMPLATE_VARIABLES(row)                                                             \
    row(TEMPLATE_SUBJECT,     "subject",     "subject DN, RFC 2253")                        \
    row(TEMPLATE_ISSUER,      "issuer",      "issuer DN, RFC 2253")                         \
    row(TEMPLATE_CN,          "cn",          "common name")                                 \
    row(TEMPLATE_OU,          "ou",          "organisational units, joined by ','")         \
    row(TEMPLATE_O,           "o",           "organisation")                                \
    row(TEMPLATE_SERIAL,      "serial",      "serial number, upper-case hex")               \
    row(TEMPLATE_FINGERPRINT, "fingerprint", "SHA-256 of the certificate, lower-case hex")  \
    row(TEMPLATE_NOT_AFTER,   "not_after",   "end of validity, 2026-03-01T12:00:00Z")       \
    row(TEMPLATE_SAN_DNS,     "san_dns",     "DNS names, joined by ','")                    \
    row(TEMPLATE_SAN_URI,     "san_uri",     "URIs, joined by ','")                         \
    row(TEMPLATE_SAN_EMAIL,   "san_email",   "email addresses, joined by ','")              \
    row(TEMPLATE_SAN_IP,      "san_ip",      "IP addresses, joined by ','")                 \
    row(TEMPLATE_SPIFFE_ID,   "spiffe_id",   "the one spiffe:// URI")                       \
    row(TEMPLATE_VERIFY,      "verify",      "SUCCESS")                                     \
    row(TEMPLATE_PEM,         "pem",         "the certificate as PEM, percent-encoded")
/* clang-format on */

enum template_variable {
    TEMPLATE_LITERAL = 0, /* no variable: text */
#define TEMPLATE_ENUMERATOR(variable, name, help) variable,
    TEMPLATE_VARIABLES(TEMPLATE_ENUMERATOR)
#undef TEMPLATE_ENUMERATOR
        TEMPLATE_VARIABLE_COUNT,
};

struct template_part {
    enum template_variable variable;
    struct slice literal; /* of TEMPLATE_LITERAL only */
};

struct template
{
    const struct template_part *parts; /* at least one; literals may follow one another */
    size_t part_count;
};

/* Cut a value into parts.
 *   text   as it stands behind the '='; borrows
 *   arena  keeps the parts and their literals
 * Returns 0; or -1 with err's text (no place): empty, a lone '$', an unclosed or unknown variable (the known
 * ones are listed, the nearest proposed), a byte outside printable ASCII, the arena's limit. */
NODISCARD int template_parse(struct slice text, struct arena *arena, struct template *out, struct err *err);

/* The name in ${}; "" of TEMPLATE_LITERAL. What it stands for, for the manual. Literals. */
const char *template_variable_name(enum template_variable variable);
const char *template_variable_help(enum template_variable variable);

#endif
