#include "postern/observe/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/base/buffer.h"
#include "postern/base/json.h"
#include "postern/base/memory.h"
#include "postern/base/slice.h"
#include "postern/base/text.h"

enum {
    SENTENCE_MAX = 2048, /* bytes before escaping; longer ones end with "..." */
    LINE_MAX_BYTES = 16384,
};

struct log {
    int fd;
    enum log_format format;
    enum log_level level;
    char *name;
    const struct clock *clock;
    uint64_t dropped;
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

struct log *log_new(int fd, enum log_format format, enum log_level level, const char *name,
                    const struct clock *clock)
{
    struct log *log = xcalloc(1, sizeof *log);
    log->fd = fd;
    log->format = format;
    log->level = level;
    log->name = xstrdup(name);
    log->clock = clock;
    return log;
}

void log_free(struct log *log)
{
    if (log == NULL)
        return;
    free(log->name);
    free(log);
}

void log_set_fd(struct log *log, int fd)
{
    log->fd = fd;
}

static bool field_is_bare(const char *value)
{
    for (const char *byte = value; *byte != '\0'; byte++)
        if (*byte <= ' ' || *byte >= 0x7f || *byte == '"' || *byte == '\\' || *byte == '=')
            return false;
    return *value != '\0';
}

static bool append_text_field(struct buffer *line, const struct log_field *field)
{
    struct slice value = slice_text(field->value);
    if (field_is_bare(field->value))
        return buffer_printf(line, " %s=%s", field->name, field->value);
    return buffer_printf(line, " %s=\"", field->name) && text_append_escaped(line, value) &&
           buffer_append_text(line, "\"");
}

/* Quotation marks are ours as often as not in a sentence, so only what could forge or hide a line is escaped.
 */
static bool append_sentence(struct buffer *line, const char *sentence)
{
    struct slice rest = slice_text(sentence);
    while (rest.length > 0) {
        size_t plain = 0;
        while (plain < rest.length && rest.data[plain] >= ' ' && rest.data[plain] < 0x7f &&
               rest.data[plain] != '\\')
            plain++;
        if (!buffer_append_slice(line, slice_before(rest, plain)))
            return false;
        rest = slice_after(rest, plain);
        if (rest.length > 0) {
            if (!text_append_escaped(line, slice_before(rest, 1)))
                return false;
            rest = slice_after(rest, 1);
        }
    }
    return true;
}

static bool render_text(struct buffer *line, const struct log *log, enum log_level level,
                        const struct log_field *fields, const char *sentence)
{
    char time[CLOCK_TEXT_SIZE];
    clock_format_ms(clock_wall_ms(log->clock), time);
    bool ok = buffer_printf(line, "%s %-7s %s: ", time, level_names[level], log->name) &&
              append_sentence(line, sentence);
    for (; ok && fields != NULL && fields->name != NULL; fields++)
        if (fields->value != NULL)
            ok = append_text_field(line, fields);
    if (ok && log->dropped > 0)
        ok = buffer_printf(line, " log_lines_dropped=%llu", (unsigned long long)log->dropped);
    return ok && buffer_append_text(line, "\n");
}

static bool render_json(struct buffer *line, const struct log *log, enum log_level level,
                        const struct log_field *fields, const char *sentence)
{
    char time[CLOCK_TEXT_SIZE];
    struct json json;
    json_init(&json, line);
    json_object_begin(&json, NULL);
    json_text(&json, "time", clock_format_ms(clock_wall_ms(log->clock), time));
    json_text(&json, "level", level_names[level]);
    json_text(&json, "process", log->name);
    json_text(&json, "event", sentence);
    for (; fields != NULL && fields->name != NULL; fields++)
        if (fields->value != NULL)
            json_text(&json, fields->name, fields->value);
    if (log->dropped > 0)
        json_uint(&json, "log_lines_dropped", log->dropped);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(line, "\n");
}

static void write_line(struct log *log, const struct buffer *line)
{
    struct slice bytes = buffer_view(line);
    ssize_t written;
    do
        written = write(log->fd, bytes.data, bytes.length);
    while (written < 0 && errno == EINTR);
    /* A part of a line can only be left by a full pipe or disk; what follows then begins a line of its own.
     */
    if (written < 0 || (size_t)written != bytes.length)
        log->dropped++;
    else
        log->dropped = 0;
}

static PRINTF_LIKE(4, 0) void log_values(struct log *log, enum log_level level,
                                         const struct log_field *fields, const char *format, va_list values)
{
    if (log == NULL || log->fd < 0 || level < log->level)
        return;
    char sentence[SENTENCE_MAX];
    int length = vsnprintf(sentence, sizeof sentence, format, values);
    if (length < 0)
        return;
    if ((size_t)length >= sizeof sentence)
        memcpy(sentence + sizeof sentence - 4, "...", 4);

    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    bool rendered = log->format == LOG_JSON ? render_json(&line, log, level, fields, sentence)
                                            : render_text(&line, log, level, fields, sentence);
    if (rendered)
        write_line(log, &line);
    else
        log->dropped++;
    buffer_clear(&line);
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    log_values(log, level, NULL, format, values);
    va_end(values);
}

void log_event(struct log *log, enum log_level level, const struct log_field *fields, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    log_values(log, level, fields, format, values);
    va_end(values);
}
