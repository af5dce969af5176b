#include <stdlib.h>
#include <string.h>

#include "private.h"

#include "postern/config/presets.h"

enum { FIELDS_MAX = 16 * 1024 };

static enum name_result append_template(const struct identity *identity, const struct template *value,
                                        struct buffer *out)
{
    size_t before = buffer_length(out);
    for (size_t i = 0; i < value->part_count; i++) {
        const struct template_part *part = &value->parts[i];
        enum name_result result;
        if (part->variable == TEMPLATE_LITERAL)
            result = buffer_append_slice(out, part->literal) ? NAME_WRITTEN : NAME_TOO_LONG;
        else
            result = identity_append_variable(identity, part->variable, out);
        /* One absent attribute makes the field absent: half a name would be another's. */
        if (result != NAME_WRITTEN) {
            buffer_drop_tail(out, buffer_length(out) - before);
            return result;
        }
    }
    return NAME_WRITTEN;
}

static enum name_result append_preset(const struct identity *identity, const struct config_identity *config,
                                      const struct preset_field *field, struct buffer *out)
{
    switch (field->form) {
    case PRESET_FORM_VARIABLE:
        return identity_append_variable(identity, field->variable, out);
    case PRESET_FORM_XFCC:
        return identity_append_xfcc(identity, config->xfcc_cert, config->xfcc_chain, out);
    case PRESET_FORM_CLIENT_CERT:
        return identity_append_client_cert(identity, out);
    case PRESET_FORM_CLIENT_CERT_CHAIN:
        return config->client_cert_chain ? identity_append_client_cert_chain(identity, out) : NAME_ABSENT;
    }
    return NAME_ABSENT;
}

/* The last door before the wire: whatever the code above did, only printable ASCII leaves. RFC 9110 §5.5 */
static bool is_field_value(struct slice value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e)
            return false;
    return true;
}

struct lines {
    struct buffer out;
    bool failed;
};

/* Write "name: " and leave the value to the caller; where it stands is returned. */
static size_t begin_line(struct lines *lines, const char *name)
{
    size_t before = buffer_length(&lines->out);
    if (!buffer_printf(&lines->out, "%s: ", name))
        lines->failed = true;
    return before;
}

static void end_line(struct lines *lines, size_t before, size_t value_at, enum name_result result)
{
    if (result == NAME_ABSENT) {
        buffer_drop_tail(&lines->out, buffer_length(&lines->out) - before);
        return;
    }
    struct slice value = slice_after(buffer_view(&lines->out), value_at);
    if (result != NAME_WRITTEN || !is_field_value(value) || !buffer_append_text(&lines->out, "\r\n"))
        lines->failed = true;
}

static bool is_configured(const struct config_identity *config, const char *name)
{
    for (size_t i = 0; i < config->field_count; i++)
        if (config_same_name(slice_text(config->fields[i].name), slice_text(name)))
            return true;
    return false;
}

static bool sent_before(const struct config_identity *config, const struct preset_field *fields, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (config->presets[fields[i].preset] && strcmp(fields[i].name, fields[index].name) == 0)
            return true;
    return false;
}

static void render_presets(struct lines *lines, const struct identity *identity,
                           const struct config_identity *config)
{
    size_t count;
    const struct preset_field *fields = preset_fields(&count);
    for (size_t i = 0; i < count && !lines->failed; i++) {
        if (!config->presets[fields[i].preset] || is_configured(config, fields[i].name) ||
            sent_before(config, fields, i))
            continue;
        size_t before = begin_line(lines, fields[i].name);
        size_t value_at = buffer_length(&lines->out);
        end_line(lines, before, value_at, append_preset(identity, config, &fields[i], &lines->out));
    }
}

static void render_configured(struct lines *lines, const struct identity *identity,
                              const struct config_identity *config)
{
    for (size_t i = 0; i < config->field_count && !lines->failed; i++) {
        size_t before = begin_line(lines, config->fields[i].name);
        size_t value_at = buffer_length(&lines->out);
        end_line(lines, before, value_at, append_template(identity, &config->fields[i].value, &lines->out));
    }
}

int identity_render(const struct identity *identity, const struct config *config, char **out, size_t *length)
{
    struct lines lines = {.failed = identity->leaf == NULL};
    buffer_init(&lines.out, FIELDS_MAX);
    if (!lines.failed)
        render_presets(&lines, identity, &config->identity);
    if (!lines.failed)
        render_configured(&lines, identity, &config->identity);

    struct slice text = buffer_view(&lines.out);
    char *copy = lines.failed ? NULL : malloc(text.length + 1);
    if (copy != NULL) {
        if (text.length > 0)
            memcpy(copy, text.data, text.length);
        copy[text.length] = '\0';
        *out = copy;
        *length = text.length;
    }
    buffer_clear(&lines.out);
    return copy != NULL ? 0 : -1;
}
