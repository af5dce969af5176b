#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "value.h"

#define FIELD_NAME_MAX 64
#define FIELDS_MAX     64

/* The next pair that lacks this half, or a new one. */
static struct config_tls_pair *next_pair(const struct value *value, struct config_tls *tls, bool is_key)
{
    struct config_tls_pair *pairs = value_append(value, tls->pairs, tls->pair_count, sizeof(*pairs));
    if (pairs == NULL)
        return NULL;
    tls->pairs = pairs;
    for (size_t i = 0; i < tls->pair_count; i++)
        if ((is_key ? pairs[i].private_key.path : pairs[i].certificate.path) == NULL)
            return &pairs[i];
    pairs[tls->pair_count] = (struct config_tls_pair){.certificate = {.line = 0}};
    return &pairs[tls->pair_count++];
}

int value_set_certificate(const struct value *value, void *target)
{
    struct config_tls_pair *pair = next_pair(value, target, false);
    if (pair == NULL)
        return -1;
    pair->certificate = (struct config_path){value_path(value, value->text), value->line};
    return pair->certificate.path != NULL ? 0 : -1;
}

int value_set_private_key(const struct value *value, void *target)
{
    struct config_tls_pair *pair = next_pair(value, target, true);
    if (pair == NULL)
        return -1;
    pair->private_key = (struct config_path){value_path(value, value->text), value->line};
    return pair->private_key.path != NULL ? 0 : -1;
}

/* Only its form: which CA it names is found out where there are certificates. RFC 2253 §3. */
int value_set_dn(const struct value *value, void *target)
{
    struct slice text = value->text;
    size_t equals = slice_find(text, '=');
    bool is_dn = equals != 0 && equals + 1 < text.length && text.data[0] != '/';
    for (size_t i = 0; i < equals && is_dn; i++)
        is_dn = ascii_is_alpha(text.data[i]) || ascii_is_digit(text.data[i]) || text.data[i] == '.';
    for (size_t i = 0; i < text.length && is_dn; i++)
        is_dn = text.data[i] >= ' ' && text.data[i] <= '~';
    if (!is_dn)
        return value_error(value,
                           "is no distinguished name; one like CN=Offline Root,O=Example, as 'openssl x509 "
                           "-noout -subject -nameopt RFC2253' prints it, would be right");
    return value_append_text(value, target);
}

int value_set_preset(const struct value *value, void *target)
{
    struct config_identity *identity = target;
    for (unsigned preset = 0; preset < PRESET_COUNT; preset++) {
        if (!slice_equal_text(value->text, preset_name(preset)))
            continue;
        if (identity->presets[preset])
            return value_error(value, "is here a second time; once would be right");
        if (identity->has_no_preset)
            return value_error(value, "stands beside 'none'; one of the two would be right");
        identity->presets[preset] = true;
        return 0;
    }
    if (slice_equal_text(value->text, "none")) {
        for (unsigned preset = 0; preset < PRESET_COUNT; preset++)
            if (identity->presets[preset])
                return value_error(value, "stands beside '%s'; one of the two would be right",
                                   preset_name(preset));
        if (identity->has_no_preset)
            return value_error(value, "is here a second time; once would be right");
        identity->has_no_preset = true;
        return 0;
    }
    struct nearest nearest;
    nearest_init(&nearest, value->text);
    nearest_offer_words(&nearest, value->key->words);
    if (nearest.best.length != 0)
        return value_error(value, "is not known; did you mean '%.*s'?", SLICE_ARG(nearest.best));
    return value_error(value, "is not known; postern, certwiz, xfcc, rfc9440 or none would be right");
}

/* STRICT: of the tchars (RFC 9110 §5.6.2) only letters, digits and '-': the others are mapped onto one
 * another by what stands behind a gateway (CGI, WSGI). */
static bool is_field_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!ascii_is_alpha(name.data[i]) && !ascii_is_digit(name.data[i]) && name.data[i] != '-')
            return false;
    return name.length <= FIELD_NAME_MAX;
}

static int check_field_name(const struct value *value, const struct config_identity *identity,
                            struct slice name)
{
    if (!is_field_name(name))
        return value_error_plain(
            value,
            "is no name for a field here; X- and letters, digits and '-', up to %d bytes, "
            "would be right",
            FIELD_NAME_MAX);
    if (config_forwarding_name(name))
        return value_error_plain(value, "Postern writes this field itself; another name would be right");
    if (config_same_name(name, slice_text("X-Forwarded-Client-Cert")))
        return value_error_plain(value, "this field has a form of its own; 'preset = xfcc' would be right");
    for (size_t i = 0; i < identity->field_count; i++)
        if (config_same_name(name, slice_text(identity->fields[i].name)))
            return value_error_plain(value, "is here a second time; line %u has it already",
                                     identity->fields[i].line);
    if (identity->field_count >= FIELDS_MAX)
        return value_error_plain(value, "there are more than %d fields; fewer would be right", FIELDS_MAX);
    return 0;
}

int value_set_field(const struct value *value, void *target)
{
    struct config_identity *identity = target;
    struct slice name = slice_text(value->name);
    struct config_field field = {.line = value->line};
    struct err problem = {.line = 0};
    if (check_field_name(value, identity, name) != 0)
        return -1;
    if (template_parse(value->text, &value->config->arena, &field.value, &problem) != 0)
        return value_error_plain(value, "%s", problem.text);
    field.name = value_copy(value, name);
    struct config_field *fields = value_append(value, identity->fields, identity->field_count, sizeof(field));
    if (field.name == NULL || fields == NULL)
        return -1;
    fields[identity->field_count++] = field;
    identity->fields = fields;
    return 0;
}
