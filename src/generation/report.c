#include "postern/generation/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 2048, END_ROOM = 128 };

void report_init(struct report *report)
{
    *report = (struct report){.warnings = 0};
    buffer_init(&report->text, REPORT_SIZE);
}

void report_clear(struct report *report)
{
    buffer_clear(&report->text);
}

PRINTF_LIKE(3, 0)
static void add(struct report *report, char mark, const char *format, va_list values)
{
    char line[LINE_SIZE];
    line[0] = mark;
    vsnprintf(line + 1, sizeof(line) - 1, format, values);
    for (char *byte = line; *byte != '\0'; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            *byte = '?';
    if (buffer_room(&report->text) < LINE_SIZE + END_ROOM || !buffer_printf(&report->text, "%s\n", line))
        report->dropped++;
}

void report_found(struct report *report, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add(report, report->is_timed ? ',' : '.', format, values);
    va_end(values);
}

void report_warn(struct report *report, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add(report, report->is_timed ? ';' : '!', format, values);
    va_end(values);
    report->warnings++;
}

void report_end(struct report *report)
{
    if (report->dropped != 0 && !buffer_printf(&report->text, "!and %zu lines more\n", report->dropped))
        report->dropped++;
}

struct slice report_gist(const struct report_line *line)
{
    static const char date[] = ", until 0000-00-00T00:00:00Z";
    const struct slice mark = slice_of(date, strlen(", until "));
    if (!line->is_timed || line->text.length < strlen(date))
        return line->text;
    for (size_t at = line->text.length - strlen(date) + 1; at-- > 0;)
        if (slice_starts_with(slice_after(line->text, at), mark))
            return slice_before(line->text, at + strlen(date));
    return line->text;
}

bool report_next(struct slice *rest, struct report_line *line)
{
    struct slice text;
    while (slice_split(rest, '\n', &text)) {
        if (text.length < 1 || memchr(".!,;", text.data[0], 4) == NULL)
            continue; /* the unused end of the section is NULs */
        *line = (struct report_line){text.data[0] == '!' || text.data[0] == ';',
                                     text.data[0] == ',' || text.data[0] == ';', slice_after(text, 1)};
        return true;
    }
    return false;
}
