#include "markup.h"

#include <stdarg.h>
#include <stdio.h>

void markup_init(struct markup *markup, struct buffer *out)
{
    *markup = (struct markup){.out = out};
}

void markup_print(struct markup *markup, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text) || !buffer_append(markup->out, text, (size_t)length))
        markup->overflow = true;
}

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\t':
    case '\n':
    case '\r':
        return " ";
    default:
        return (unsigned char)byte < 0x20 || byte == 0x7f ? "?" : NULL;
    }
}

void markup_text(struct markup *markup, const char *text)
{
    for (; *text; text++) {
        const char *entity = entity_of(*text);
        bool fits = entity ? buffer_append_text(markup->out, entity) : buffer_append(markup->out, text, 1);
        markup->overflow = markup->overflow || !fits;
    }
}

bool markup_end(const struct markup *markup)
{
    return !markup->overflow;
}
