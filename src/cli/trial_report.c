#include "trial_report.h"

#include <stdio.h>

#include "colour.h"
#include "postern/base/clock.h"
#include "postern/base/json.h"
#include "postern/base/text.h"

enum { CELL_MAX = 64, JSON_PIECE_MAX = 16 * 1024 };

/* A name came from a certificate; printable ASCII, and not longer than its column. */
static const char *cell(struct slice text, char out[CELL_MAX])
{
    struct buffer escaped;
    buffer_init(&escaped, CELL_MAX * 8);
    if (text.length > CELL_MAX / 2)
        text.length = CELL_MAX / 2;
    if (!text_append_escaped(&escaped, text))
        buffer_clear(&escaped);
    struct slice view = buffer_view(&escaped);
    snprintf(out, CELL_MAX, "%.*s", SLICE_ARG(view));
    buffer_clear(&escaped);
    return text.length > 0 ? out : "-";
}

static const char *serial_of(const struct trial_case *found, char out[2 * TRUST_SERIAL_MAX + 1])
{
    return found->serial.length > 0 ? text_hex(out, found->serial.bytes, found->serial.length, true) : "-";
}

static void print_row(const struct trial_case *found, int64_t now_s, bool colour)
{
    char name[CELL_MAX], serial[2 * TRUST_SERIAL_MAX + 1], span[CLOCK_TEXT_SIZE], seen[48];
    snprintf(seen, sizeof(seen), "%s ago", clock_span(now_s - found->seen.last_s, span));
    if (found->seen.open > 0)
        snprintf(seen, sizeof(seen), "connected (%u)", found->seen.open);
    enum colour tone = found->outcome == TRIAL_REFUSED ? COLOUR_BAD : COLOUR_WARNING;
    printf("%-24s %-18s %-15s %s%s%s\n", cell(found->seen.name, name), serial_of(found, serial), seen,
           colour_begin(colour, tone),
           found->outcome == TRIAL_REFUSED   ? trust_reason_code(found->reason)
           : found->outcome == TRIAL_ALREADY ? "refused already"
                                             : "cannot tell",
           colour_end(colour));
    if (found->detail[0] != '\0')
        printf("    %s\n", found->detail);
}

void trial_print(const struct trial *trial, const char *what, int64_t now_s, bool all, bool colour)
{
    size_t rows = all || trial->count < TRIAL_ROWS ? trial->count : TRIAL_ROWS;
    if (rows > 0)
        printf("%s%-24s %-18s %-15s %s%s\n", colour_begin(colour, COLOUR_STRONG), "CLIENT", "SERIAL", "SEEN",
               "REASON", colour_end(colour));
    for (size_t i = 0; i < rows; i++)
        print_row(&trial->cases[i], now_s, colour);
    if (rows < trial->count)
        printf("and %zu more: --all\n", trial->count - rows);
    printf("%s%s: of %zu clients seen within 24 hours %zu would be refused, %zu of them connected now",
           rows > 0 ? "\n" : "", what, trial->clients, trial->counts[TRIAL_REFUSED], trial->connected);
    if (trial->counts[TRIAL_ALREADY] > 0)
        printf("; %zu are refused already", trial->counts[TRIAL_ALREADY]);
    if (trial->counts[TRIAL_UNSURE] > 0)
        printf("; of %zu it cannot be told", trial->counts[TRIAL_UNSURE]);
    putchar('\n');
}

/* In pieces: there may be a hundred thousand. */
static void print_piece(struct buffer *out)
{
    struct slice view = buffer_view(out);
    fwrite(view.data, 1, view.length, stdout);
    buffer_consume(out, view.length);
}

static void add_case(struct json *json, const struct trial_case *found)
{
    char serial[2 * TRUST_SERIAL_MAX + 1], fingerprint[2 * FINGERPRINT_SIZE + 1], time[CLOCK_TEXT_SIZE];
    json_object_begin(json, NULL);
    json_text(json, "outcome", trial_outcome_code(found->outcome));
    json_text(json, "reason", trust_reason_code(found->reason));
    json_text(json, "detail", found->detail);
    json_slice(json, "cn", found->seen.name);
    json_text(json, "serial", found->serial.length > 0 ? serial_of(found, serial) : NULL);
    json_text(json, "fingerprint", text_hex(fingerprint, found->seen.fingerprint, FINGERPRINT_SIZE, false));
    json_text(json, "last_seen", clock_format(found->seen.last_s, time));
    json_uint(json, "connections", found->seen.open);
    json_object_end(json);
}

void trial_print_json(const struct trial *trial, const char *what)
{
    struct buffer out;
    struct json json;
    buffer_init(&out, JSON_PIECE_MAX);
    json_init(&json, &out);
    json_object_begin(&json, NULL);
    json_text(&json, "tried", what);
    json_uint(&json, "clients", trial->clients);
    json_uint(&json, "refused", trial->counts[TRIAL_REFUSED]);
    json_uint(&json, "connected", trial->connected);
    json_uint(&json, "already_refused", trial->counts[TRIAL_ALREADY]);
    json_uint(&json, "cannot_tell", trial->counts[TRIAL_UNSURE]);
    json_array_begin(&json, "cases");
    for (size_t i = 0; i < trial->count; i++) {
        add_case(&json, &trial->cases[i]);
        print_piece(&out);
    }
    json_array_end(&json);
    json_object_end(&json);
    print_piece(&out);
    putchar('\n');
    buffer_clear(&out);
}
