#include "postern/observe/access_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/base/buffer.h"
#include "postern/base/json.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"

enum {
    FLUSH_AT = 32 * 1024,       /* bytes gathered before a write is tried at once */
    GATHERED_MAX = 1024 * 1024, /* bytes held for a slow sink before lines are dropped */
    TEXT_VALUE_MAX = 1024,      /* bytes of one value from outside; a longer one is cut and marked "..." */
};

struct access_log {
    int fd;
    enum log_format format;
    struct buffer gathered;
    int error_number; /* of the last write, if the sink refuses; 0 */
    uint64_t dropped;
    uint64_t dropped_told; /* of these, in a line that was written */
    int64_t second;        /* of stamp */
    char stamp[CLOCK_TEXT_SIZE];
};

struct access_log *access_log_new(int fd, enum log_format format)
{
    struct access_log *log = xcalloc(1, sizeof *log);
    log->fd = fd;
    log->format = format;
    buffer_init(&log->gathered, GATHERED_MAX);
    return log;
}

void access_log_free(struct access_log *log)
{
    if (log == NULL)
        return;
    access_log_flush(log);
    buffer_clear(&log->gathered);
    free(log);
}

void access_log_set_fd(struct access_log *log, int fd)
{
    access_log_flush(log);
    log->error_number = 0;
    log->fd = fd;
}

static void json_value(struct json *json, const char *name, struct slice value)
{
    if (value.length == 0)
        json_null(json, name);
    else
        json_slice(json, name,
                   slice_before(value, value.length < TEXT_VALUE_MAX ? value.length : TEXT_VALUE_MAX));
}

static void json_ms(struct json *json, const char *name, int64_t us)
{
    if (us < 0)
        json_null(json, name);
    else
        json_thousandths(json, name, us);
}

/* Most lines are of the same second as the one before: then only the milliseconds are new. */
static const char *stamp_of(struct access_log *log, int64_t time_ms)
{
    int64_t second = time_ms >= 0 ? time_ms / 1000 : -1;
    if (second < 0 || second != log->second || log->stamp[0] == '\0') {
        log->second = second;
        return clock_format_ms(time_ms, log->stamp);
    }
    char *digits = log->stamp + strlen(log->stamp) - strlen("000Z");
    for (int place = 100, rest = (int)(time_ms % 1000); place > 0; place /= 10, digits++)
        *digits = (char)('0' + rest / place % 10);
    return log->stamp;
}

static bool render_json(struct buffer *line, const struct access_record *record, const char *stamp)
{
    struct json json;
    json_init(&json, line);
    json_object_begin(&json, NULL);
    json_text(&json, "time", stamp);
    json_text(&json, "request_id", record->request_id);
    json_text(&json, "client", record->client);
    json_value(&json, "cn", record->common_name);
    json_value(&json, "serial", record->serial);
    json_value(&json, "subject", record->subject);
    json_value(&json, "method", record->method);
    json_value(&json, "target", record->target);
    json_value(&json, "host", record->host);
    if (record->status == 0)
        json_null(&json, "status");
    else
        json_int(&json, "status", record->status);
    json_ms(&json, "duration_ms", record->duration_us);
    json_ms(&json, "upstream_ms", record->upstream_us);
    json_uint(&json, "bytes_in", record->bytes_in);
    json_uint(&json, "bytes_out", record->bytes_out);
    json_text(&json, "verdict", record->verdict);
    json_text(&json, "reason", record->reason);
    json_text(&json, "detail", record->detail);
    json_text(&json, "tls_version", record->tls_version);
    json_text(&json, "cipher", record->cipher);
    if (record->session == ACCESS_NO_SESSION)
        json_null(&json, "resumed");
    else
        json_bool(&json, "resumed", record->session == ACCESS_RESUMED);
    json_text(&json, "upstream", record->upstream);
    json_value(&json, "user_agent", record->user_agent);
    json_uint(&json, "generation", record->generation);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(line, "\n");
}

static bool text_word(struct buffer *line, const char *value)
{
    return buffer_append_text(line, " ") &&
           buffer_append_text(line, value != NULL && *value != '\0' ? value : "-");
}

static bool text_quoted(struct buffer *line, const char *name, struct slice value)
{
    bool cut = value.length > TEXT_VALUE_MAX;
    if (value.length == 0)
        return buffer_printf(line, " %s=-", name);
    return buffer_printf(line, " %s=\"", name) &&
           text_append_escaped(line, cut ? slice_before(value, TEXT_VALUE_MAX) : value) &&
           buffer_append_text(line, cut ? "...\"" : "\"");
}

static bool text_ms(struct buffer *line, const char *name, int64_t us)
{
    if (us < 0)
        return buffer_printf(line, " %s=-", name);
    return buffer_printf(line, " %s=%" PRId64 ".%03d", name, us / 1000, (int)(us % 1000));
}

static bool render_text(struct buffer *line, const struct access_record *record, const char *stamp)
{
    static const char *const resumed[] = {
        [ACCESS_NO_SESSION] = "-", [ACCESS_FULL] = "no", [ACCESS_RESUMED] = "yes"};
    return buffer_append_text(line, stamp) && text_word(line, record->client) &&
           text_quoted(line, "cn", record->common_name) && text_quoted(line, "serial", record->serial) &&
           text_quoted(line, "method", record->method) && text_quoted(line, "target", record->target) &&
           buffer_printf(line, " status=%d", record->status) &&
           text_ms(line, "duration_ms", record->duration_us) &&
           text_ms(line, "upstream_ms", record->upstream_us) &&
           buffer_printf(line, " bytes_in=%" PRIu64 " bytes_out=%" PRIu64, record->bytes_in,
                         record->bytes_out) &&
           buffer_append_text(line, " verdict=") &&
           buffer_append_text(line, record->verdict != NULL ? record->verdict : "-") &&
           text_quoted(line, "reason", slice_text(record->reason)) &&
           text_quoted(line, "detail", slice_text(record->detail)) && buffer_append_text(line, " tls=") &&
           buffer_append_text(line, record->tls_version ? record->tls_version : "-") &&
           buffer_append_text(line, " cipher=") &&
           buffer_append_text(line, record->cipher ? record->cipher : "-") &&
           buffer_printf(line, " resumed=%s", resumed[record->session]) &&
           text_quoted(line, "upstream", slice_text(record->upstream)) &&
           buffer_append_text(line, " request_id=") &&
           buffer_append_text(line, record->request_id ? record->request_id : "-") &&
           buffer_printf(line, " generation=%" PRIu64 "\n", record->generation);
}

void access_log_write(struct access_log *log, const struct access_record *record)
{
    if (log == NULL || log->fd < 0)
        return;
    size_t before = buffer_length(&log->gathered);
    const char *stamp = stamp_of(log, record->time_ms);
    bool fitted = log->format == LOG_JSON ? render_json(&log->gathered, record, stamp)
                                          : render_text(&log->gathered, record, stamp);
    if (!fitted) {
        buffer_drop_tail(&log->gathered, buffer_length(&log->gathered) - before);
        log->dropped++;
    }
    if (buffer_length(&log->gathered) >= FLUSH_AT)
        access_log_flush(log);
}

static void tell_dropped(struct access_log *log)
{
    uint64_t count = log->dropped - log->dropped_told;
    if (count == 0 || !buffer_is_empty(&log->gathered))
        return;
    if (log->format == LOG_JSON
            ? buffer_printf(&log->gathered, "{\"access_log_dropped\":%" PRIu64 "}\n", count)
            : buffer_printf(&log->gathered, "- access_log_dropped=%" PRIu64 "\n", count))
        log->dropped_told = log->dropped;
}

static bool write_gathered(struct access_log *log)
{
    while (!buffer_is_empty(&log->gathered)) {
        struct slice bytes = buffer_view(&log->gathered);
        ssize_t written = write(log->fd, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            log->error_number = written < 0 && errno != EAGAIN ? errno : 0;
            return false;
        }
        log->error_number = 0;
        buffer_consume(&log->gathered, (size_t)written);
    }
    return true;
}

void access_log_flush(struct access_log *log)
{
    if (log == NULL || log->fd < 0)
        return;
    if (write_gathered(log)) {
        tell_dropped(log);
        (void)write_gathered(log);
    }
}

bool access_log_is_pending(const struct access_log *log)
{
    return log != NULL && !buffer_is_empty(&log->gathered);
}

int access_log_error(const struct access_log *log)
{
    return log == NULL ? 0 : log->error_number;
}

uint64_t access_log_dropped(const struct access_log *log)
{
    return log == NULL ? 0 : log->dropped;
}
