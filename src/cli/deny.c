/* postern deny: refuse a client at once, without a CA. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "live.h"
#include "options.h"
#include "postern/base/clock.h"
#include "postern/base/file.h"
#include "postern/base/json.h"
#include "postern/base/text.h"
#include "postern/config/config.h"
#include "postern/generation/deny.h"
#include "postern/generation/pack.h"
#include "postern/supervisor/control.h"
#include "postern/trust/deny.h"

enum { WAIT_MS = 70000 };

struct deny_order {
    struct live live;
    const char *serial, *issuer, *fingerprint, *cn, *duration, *reason;
    bool is_list, is_removal;
};

/* "90s", "30m", "12h", "7d". */
static bool parse_duration(const char *text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t count;
    size_t length = strlen(text);
    for (size_t i = 0; length > 1 && i < LENGTH_OF(units); i++) {
        if (text[length - 1] != units[i].unit || !slice_to_u64(slice_of(text, length - 1), 1000000, &count))
            continue;
        *seconds = (int64_t)count * units[i].seconds;
        return count > 0;
    }
    return false;
}

static bool append_pair(struct buffer *line, const char *key, const char *value)
{
    if (value == NULL)
        return true;
    bool fits = buffer_printf(line, "%s=\"", key);
    for (; fits && *value != '\0'; value++)
        fits = ((*value != '"' && *value != '\\') || buffer_append(line, "\\", 1)) &&
               buffer_append(line, value, 1);
    return fits && buffer_append_text(line, "\" ");
}

/* What was asked for, by the parser of the list. */
static int make_entry(const struct deny_order *order, struct deny_entry *out, struct err *err)
{
    struct buffer line;
    int64_t seconds = 0;
    buffer_init(&line, DENY_LINE_MAX);
    bool fits = append_pair(&line, "serial", order->serial) && append_pair(&line, "issuer", order->issuer) &&
                append_pair(&line, "fingerprint", order->fingerprint) &&
                append_pair(&line, "cn", order->cn) && append_pair(&line, "reason", order->reason);
    int result = fits ? deny_entry_parse(buffer_view(&line), out, err)
                      : err_set(err, "too long; give shorter names");
    buffer_clear(&line);
    if (result == 1 && order->duration != NULL) {
        if (!parse_duration(order->duration, &seconds))
            return err_set(err, "--for %s is no duration; give 30m, 12h or 7d", order->duration);
        out->until_s = clock_wall_s(clock_system()) + seconds;
    }
    return result;
}

/* Ask the gateway, which waits until it is in force everywhere and open connections have been cut. */
static int change(const struct deny_order *order, const struct deny_entry *entry)
{
    struct buffer line, extra;
    struct json json;
    buffer_init(&line, DENY_LINE_MAX + 16);
    buffer_init(&extra, CONTROL_REQUEST_MAX);
    bool fits = buffer_append_text(&line, order->is_removal ? "remove " : "add ") &&
                deny_entry_write(entry, &line);
    int status = STATUS_FAILED;
    if (fits)
        buffer_drop_tail(&line, 1);
    json_init(&json, &extra);
    json.comma = true; /* members stand before */
    json_slice(&json, "change", buffer_view(&line));
    if (fits && json_end(&json) && buffer_append(&extra, "", 1))
        status = live_ask(&order->live, "deny", buffer_view(&extra).data);
    else
        fprintf(stderr, "postern deny: too long; give shorter names\n");
    buffer_clear(&extra);
    buffer_clear(&line);
    return status;
}

/* The list on its way to standard output. */
struct listing {
    const char *source;
    bool is_kept;
    int64_t now_s;
    struct json *json; /* NULL: for people */
    unsigned count;
};

static const char *whom(const struct deny_entry *entry, char *out, size_t size)
{
    char hex[2 * TRUST_FINGERPRINT_SIZE + 1];
    if (entry->kind == DENY_SERIAL)
        snprintf(out, size, "serial %s%s%s", text_hex(hex, entry->serial.bytes, entry->serial.length, true),
                 entry->issuer[0] != '\0' ? " of " : "", entry->issuer);
    else if (entry->kind == DENY_FINGERPRINT)
        snprintf(out, size, "fingerprint %s",
                 text_hex(hex, entry->fingerprint, sizeof(entry->fingerprint), false));
    else
        snprintf(out, size, "cn %s", entry->common_name);
    return out;
}

static void print_text(const struct listing *listing, const struct deny_entry *entry, unsigned line)
{
    char name[2 * DENY_NAME_MAX], until[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE];
    printf("%s", whom(entry, name, sizeof(name)));
    if (entry->until_s == DENY_FOR_EVER)
        printf(", until it is removed");
    else if (entry->until_s <= listing->now_s)
        printf(", ended %s", clock_format(entry->until_s, until));
    else
        printf(", until %s (%s)", clock_format(entry->until_s, until),
               clock_span(entry->until_s - listing->now_s, span));
    if (entry->reason[0] != '\0')
        printf(": %s", entry->reason);
    if (listing->is_kept)
        printf("\n");
    else
        printf(" [%s:%u]\n", listing->source, line);
}

static void print_json(const struct listing *listing, const struct deny_entry *entry, unsigned line)
{
    char hex[2 * TRUST_FINGERPRINT_SIZE + 1], time[CLOCK_TEXT_SIZE];
    struct json *json = listing->json;
    json_object_begin(json, NULL);
    if (entry->kind == DENY_SERIAL)
        json_text(json, "serial", text_hex(hex, entry->serial.bytes, entry->serial.length, true));
    if (entry->issuer[0] != '\0')
        json_text(json, "issuer", entry->issuer);
    if (entry->kind == DENY_FINGERPRINT)
        json_text(json, "fingerprint", text_hex(hex, entry->fingerprint, sizeof(entry->fingerprint), false));
    if (entry->kind == DENY_COMMON_NAME)
        json_text(json, "cn", entry->common_name);
    json_text(json, "until", entry->until_s == DENY_FOR_EVER ? NULL : clock_format(entry->until_s, time));
    json_text(json, "added", entry->added_s == 0 ? NULL : clock_format(entry->added_s, time));
    json_text(json, "reason", entry->reason[0] != '\0' ? entry->reason : NULL);
    json_bool(json, "in_force", entry->until_s > listing->now_s);
    json_text(json, "source", listing->source);
    json_uint(json, "line", line);
    json_object_end(json);
}

static void print_entry(void *context, const struct deny_entry *entry, unsigned line)
{
    struct listing *listing = context;
    listing->count++;
    if (listing->json != NULL)
        print_json(listing, entry, line);
    else
        print_text(listing, entry, line);
}

/* What the generation in force holds, which is what counts. */
static int print_lists(const struct pack *pack, struct json *json, struct err *err)
{
    struct listing listing = {.now_s = clock_wall_s(clock_system()), .json = json};
    struct slice path = pack_section(pack, PACK_CONFIG_PATH, 0);
    char name[4096];
    snprintf(name, sizeof(name), "%.*s", SLICE_ARG(path));
    struct config *config = config_parse(name, pack_section(pack, PACK_CONFIG, 0), err);
    if (config == NULL)
        return -1;
    int result = 0;
    for (uint32_t i = 0; i < DENY_LISTS_MAX && result >= 0; i++) {
        listing.is_kept = i == DENY_KEPT;
        listing.source = listing.is_kept ? DENY_KEPT_SOURCE : config->client_auth.deny.path;
        result = deny_text_each(pack_section(pack, PACK_DENY, i),
                                listing.source != NULL ? listing.source : "", print_entry, &listing, err);
    }
    config_free(config);
    if (listing.count == 0 && json == NULL && result >= 0)
        printf("nobody is denied\n");
    return result < 0 ? -1 : 0;
}

static int print_pack(const struct deny_order *order, int pack_fd, struct err *err)
{
    struct pack pack;
    struct buffer out;
    struct json json;
    if (pack_open(&pack, pack_fd, err) != 0)
        return -1;
    buffer_init(&out, 16 * DENY_TEXT_MAX);
    json_init(&json, &out);
    json_array_begin(&json, NULL);
    int result = print_lists(&pack, order->live.as_json ? &json : NULL, err);
    json_array_end(&json);
    if (result == 0 && order->live.as_json && json_end(&json))
        printf("%.*s\n", SLICE_ARG(buffer_view(&out)));
    buffer_clear(&out);
    pack_close(&pack);
    return result;
}

static int list(const struct deny_order *order)
{
    struct err err = {.line = 0};
    struct buffer answer;
    char text[sizeof(err.path) + sizeof(err.text) + 32];
    int pack_fd = -1, result = -1;
    char *path = live_socket(&order->live, &err);
    if (path != NULL &&
        control_ask_fd(path, "generation", "", order->live.wait_ms, &answer, &pack_fd, &err) == 0) {
        result = print_pack(order, pack_fd, &err);
        buffer_clear(&answer);
    }
    fd_close(&pack_fd);
    free(path);
    if (result != 0)
        fprintf(stderr, "%s\n", err_format(&err, text, sizeof(text)));
    return result == 0 ? STATUS_DONE : STATUS_FAILED;
}

static int run(const struct command *command, const struct deny_order *order)
{
    struct err err = {.line = 0};
    struct deny_entry entry;
    bool names_somebody = order->serial != NULL || order->fingerprint != NULL || order->cn != NULL;
    if ((order->live.config == NULL) == (order->live.control == NULL))
        return options_misuse(command, "one of --config and --control is needed", "");
    if (order->is_list && (names_somebody || order->is_removal))
        return options_misuse(command, "--list stands alone", "");
    if (order->is_list)
        return list(order);
    if (order->is_removal && (order->duration != NULL || order->reason != NULL))
        return options_misuse(command, "--for and --reason do not go with --remove", "");
    if (make_entry(order, &entry, &err) != 1)
        return options_misuse(
            command, err_is_set(&err) ? err.text : "one of --serial, --fingerprint and --cn is needed", "");
    return change(order, &entry);
}

int cli_deny(int argc, char **argv)
{
    struct deny_order order = {.live = {.wait_ms = WAIT_MS}};
    const struct option_row rows[] = {
        {"serial", "HEX", "a serial number, of the client or of a CA on its path", &order.serial, NULL},
        {"issuer", "NAME", "with --serial: only of this CA, named as postern check does", &order.issuer,
         NULL},
        {"fingerprint", "HEX", "SHA-256 of the client's certificate", &order.fingerprint, NULL},
        {"cn", "NAME", "the client's common name", &order.cn, NULL},
        {"for", "TIME", "30m, 12h, 7d: then it ends by itself; without it, until it is removed",
         &order.duration, NULL},
        {"reason", "TEXT", "for the log and for whoever reads the list", &order.reason, NULL},
        {"remove", NULL, "let the client in again", NULL, &order.is_removal},
        {"list", NULL, "show who is denied", NULL, &order.is_list},
        {"config", "FILE", "the gateway that runs with this configuration", &order.live.config, NULL},
        {"control", "SOCKET", "the gateway that listens there", &order.live.control, NULL},
        {"json", NULL, "one line of JSON", NULL, &order.live.as_json},
    };
    const struct command command = {
        "deny",
        "(--serial HEX [--issuer NAME] | --fingerprint HEX | --cn NAME) [--for TIME] [--reason TEXT]\n"
        "                    [--remove] (--config FILE | --control SOCKET) [--json]\n"
        "       postern deny --list (--config FILE | --control SOCKET) [--json]",
        "Refuse a client at once, without a CA: in new handshakes, and on the connections that it holds "
        "open.\n"
        "Waits until it is in force, and says how many connections were cut. Kept over a restart, in "
        "[state]\n"
        "directory. Reads no other file of the gateway, so it works while one of them is broken.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    return status >= 0 ? status : run(&command, &order);
}
