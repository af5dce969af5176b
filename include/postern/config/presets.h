/* Presets: sets of identity fields under the names that backends already know; and the question whether a
 * field of a request has a name that carries identity, which only Postern may write. The names owned are
 * those of every preset, chosen or not, and the configured ones. Immutable; any thread. */
#ifndef POSTERN_CONFIG_PRESETS_H
#define POSTERN_CONFIG_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/slice.h"
#include "postern/config/template.h"

struct config;

enum preset { PRESET_POSTERN, PRESET_CERTWIZ, PRESET_XFCC, PRESET_RFC9440, PRESET_COUNT };

/* What stands in a preset's field: one template variable, or a form of its own. */
enum preset_form {
    PRESET_FORM_VARIABLE,
    PRESET_FORM_XFCC,        /* X-Forwarded-Client-Cert: Hash, Subject, URI, DNS; Cert, Chain by option */
    PRESET_FORM_CLIENT_CERT, /* RFC 9440 §2.2 */
    PRESET_FORM_CLIENT_CERT_CHAIN, /* RFC 9440 §2.3; only with client_cert_chain = yes */
};

struct preset_field {
    enum preset preset;
    const char *name; /* as it is sent */
    enum preset_form form;
    enum template_variable variable; /* of PRESET_FORM_VARIABLE */
};

/* "postern", "certwiz", "xfcc", "rfc9440". */
const char *preset_name(enum preset preset);
/* All fields of all presets, in the order in which they are sent. Two presets may share a name with the same
 * value: it is sent once. */
const struct preset_field *preset_fields(size_t *count);

/* True if a field of this name carries identity: a name of any preset or of [identity], in any ASCII case and
 * with '_' or any other byte that is no letter or digit for '-', since CGI, WSGI and their like fold those.
 * What a client or an upstream sends under it is dropped. Asked for each field of each request: most names
 * are answered by their first byte and length. Allocates nothing. */
bool config_owned_name(const struct config *config, struct slice name);
/* True for X-Forwarded-For, -Proto, -Host, X-Real-IP and X-Request-ID, compared in the same way: what the
 * client sent is replaced. */
bool config_forwarding_name(struct slice name);
/* The same name as far as a backend can tell: equal but for ASCII case, and with all bytes alike that
 * are neither letter nor digit. */
bool config_same_name(struct slice left, struct slice right);

#endif
