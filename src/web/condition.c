#include "postern/web/condition.h"

#include "postern/web/date.h"

/* Whether the list of one field has the tag. Commas may stand inside of quotes, so it is walked by hand; what
 * is no entity tag ends the walk. */
static bool list_has_tag(struct slice list, struct slice tag)
{
    for (;;) {
        while (list.length > 0 && (list.data[0] == ',' || list.data[0] == ' ' || list.data[0] == '\t'))
            list = slice_after(list, 1);
        if (slice_starts_with(list, SLICE_LITERAL("W/")))
            list = slice_after(list, 2);
        if (list.length == 0 || list.data[0] != '"')
            return false;
        size_t end = slice_find(slice_after(list, 1), '"') + 2;
        if (end > list.length)
            return false;
        if (slice_equal(slice_before(list, end), tag))
            return true;
        list = slice_after(list, end);
    }
}

bool web_is_not_modified(const struct http_fields *fields, struct slice tag, int64_t changed_s)
{
    static const struct slice name = SLICE_CONSTANT("If-None-Match");
    int64_t since_s;
    if (http_fields_count_of(fields, name) == 0)
        return web_date_parse(http_fields_value(fields, SLICE_LITERAL("If-Modified-Since")), &since_s) &&
               changed_s <= since_s;
    for (size_t i = 0; i < fields->count; i++)
        if (slice_equal_nocase(fields->items[i].name, name) &&
            (slice_equal_text(fields->items[i].value, "*") || list_has_tag(fields->items[i].value, tag)))
            return true;
    return false;
}
