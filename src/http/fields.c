#include "postern/http/fields.h"

#include "bytes.h"
#include "postern/base/attributes.h"

const struct http_field *http_fields_first(const struct http_fields *fields, struct slice name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (slice_equal_nocase(fields->items[i].name, name))
            return &fields->items[i];
    return NULL;
}

struct slice http_fields_value(const struct http_fields *fields, struct slice name)
{
    const struct http_field *field = http_fields_first(fields, name);
    return field != NULL ? field->value : slice_text("");
}

size_t http_fields_count_of(const struct http_fields *fields, struct slice name)
{
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++)
        if (slice_equal_nocase(fields->items[i].name, name))
            count++;
    return count;
}

void http_list_init(struct http_list *list, const struct http_fields *fields, struct slice name)
{
    *list = (struct http_list){.fields = fields, .name = name, .rest = slice_text("")};
}

/* On to the value of the next field of the name. */
static bool next_value(struct http_list *list)
{
    while (list->next < list->fields->count) {
        const struct http_field *field = &list->fields->items[list->next++];
        if (slice_equal_nocase(field->name, list->name)) {
            list->rest = field->value;
            return true;
        }
    }
    return false;
}

bool http_list_next(struct http_list *list, struct slice *element)
{
    do {
        while (slice_split(&list->rest, ',', element)) {
            *element = slice_trim(*element);
            if (element->length != 0)
                return true;
        }
    } while (next_value(list));
    return false;
}

bool http_list_has(const struct http_fields *fields, struct slice name, struct slice token)
{
    struct http_list list;
    struct slice element;
    http_list_init(&list, fields, name);
    while (http_list_next(&list, &element))
        if (slice_equal_nocase(element, token))
            return true;
    return false;
}

bool http_fields_connection_nominates(const struct http_fields *fields, struct slice name)
{
    return http_list_has(fields, SLICE_LITERAL("connection"), name);
}

/* Equal in any case, and with any byte but a letter or digit for '-': a gateway interface such as CGI turns
 * them into the same variable. */
static bool same_for_backends(struct slice name, struct slice lower)
{
    if (name.length != lower.length)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        byte = ascii_is_alpha(byte) || ascii_is_digit(byte) ? ascii_lower(byte) : '-';
        if (byte != lower.data[i])
            return false;
    }
    return true;
}

static bool is_one_of(struct slice name, const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same_for_backends(name, names[i]))
            return true;
    return false;
}

bool http_field_is_hop_by_hop(struct slice name)
{
    static const struct slice names[] = {
        SLICE_CONSTANT("connection"),
        SLICE_CONSTANT("keep-alive"),
        SLICE_CONSTANT("proxy-connection"),
        SLICE_CONSTANT("te"),
        SLICE_CONSTANT("trailer"),
        SLICE_CONSTANT("transfer-encoding"),
        SLICE_CONSTANT("upgrade"),
        SLICE_CONSTANT("http2-settings"),
        SLICE_CONSTANT("proxy-authenticate"),
        SLICE_CONSTANT("proxy-authorization"),
    };
    return is_one_of(name, names, LENGTH_OF(names));
}

bool http_field_is_framing(struct slice name)
{
    static const struct slice names[] = {SLICE_CONSTANT("content-length"),
                                         SLICE_CONSTANT("transfer-encoding")};
    return is_one_of(name, names, LENGTH_OF(names));
}

bool http_is_token(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!byte_is(text.data[i], BYTE_TOKEN))
            return false;
    return text.length != 0;
}

bool http_is_field_value(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!byte_is(text.data[i], BYTE_VALUE))
            return false;
    return true;
}
