#include "postern/generation/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/clock.h"
#include "postern/base/text.h"

enum { DAY_S = 86400, WARN_DAYS = 30, LAST_DAYS = 7 };

const char *inventory_kind_name(uint32_t kind)
{
    static const char *const names[INVENTORY_KINDS] = {"end",          "file", "server", "server_ca", "root",
                                                       "intermediate", "crl",  "no_crl", "deny"};
    return kind < INVENTORY_KINDS ? names[kind] : "?";
}

bool inventory_read(struct slice section, size_t index, struct inventory_item *out)
{
    if (index >= section.length / sizeof(*out))
        return false;
    memcpy(out, section.data + index * sizeof(*out), sizeof(*out));
    out->name[sizeof(out->name) - 1] = '\0';
    out->detail[sizeof(out->detail) - 1] = '\0';
    out->source[sizeof(out->source) - 1] = '\0';
    return out->kind > INVENTORY_END && out->kind < INVENTORY_KINDS;
}

/* "until 2026-03-01T12:00:00Z, 89 days left" */
static const char *until(int64_t end_s, int64_t now_s, char *out, size_t size)
{
    char time[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE];
    clock_format(end_s, time);
    clock_span(end_s - now_s, span);
    snprintf(out, size, end_s < now_s ? "until %s, that is %s ago" : "until %s, %s left", time, span);
    return out;
}

static void tell_file(const struct inventory_item *item, char out[INVENTORY_LINE_SIZE])
{
    char digest[17];
    text_hex(digest, item->digest, 8, false);
    if (item->count > 0)
        snprintf(out, INVENTORY_LINE_SIZE, "%s, %" PRIu64 " bytes, sha256 %s...", item->name, item->count,
                 digest);
    else /* a private key, of which nothing else is kept */
        snprintf(out, INVENTORY_LINE_SIZE, "%s, sha256 %s...", item->name, digest);
}

const char *inventory_line(const struct inventory_item *item, int64_t now_s, char out[INVENTORY_LINE_SIZE])
{
    static const char *const titles[INVENTORY_KINDS] = {
        "", "", "server certificate", "server intermediate", "trusted root", "intermediate", "", "", ""};
    char end[96];
    until(item->end_s, now_s, end, sizeof(end));
    if (item->kind == INVENTORY_FILE)
        tell_file(item, out);
    else if (item->kind == INVENTORY_CRL)
        snprintf(out, INVENTORY_LINE_SIZE, "CRL: %s, number %s, %" PRIu64 " revoked, %s, from %s%s",
                 item->name, item->detail, item->count, end, item->source,
                 (item->flags & INVENTORY_PENDING) != 0 ? ", whose CA clients bring" : "");
    else if (item->kind == INVENTORY_NO_CRL)
        snprintf(out, INVENTORY_LINE_SIZE, "no CRL: %s", item->name);
    else if (item->kind == INVENTORY_DENY)
        snprintf(out, INVENTORY_LINE_SIZE, "deny list: %" PRIu64 " entr%s, %s%s", item->count,
                 item->count == 1 ? "y" : "ies", item->name,
                 (item->flags & INVENTORY_KEPT) != 0 ? ", kept by postern deny" : "");
    else
        snprintf(out, INVENTORY_LINE_SIZE, "%s: %s, %s, %s", titles[item->kind % INVENTORY_KINDS], item->name,
                 item->detail, end);
    return out;
}

/* A week is left; or a third of its life, and not more than a month. */
static bool is_ending(const struct inventory_item *item, int64_t now_s)
{
    int64_t left_s = item->end_s - now_s;
    return left_s < LAST_DAYS * DAY_S ||
           (left_s < (item->end_s - item->begin_s) / 3 && left_s < WARN_DAYS * DAY_S);
}

static bool warn_certificate(const struct inventory_item *item, int64_t now_s, char *out)
{
    bool is_server = item->kind == INVENTORY_SERVER || item->kind == INVENTORY_SERVER_CA;
    const char *what = is_server ? "server certificate" : "CA",
               *then = is_server ? "" : ": its clients are refused";
    char span[CLOCK_TEXT_SIZE];
    if (item->end_s <= now_s)
        snprintf(out, INVENTORY_LINE_SIZE, "%s %s expired %s ago%s; renew it", what, item->name,
                 clock_span(now_s - item->end_s, span), then);
    else if (item->begin_s > now_s)
        snprintf(out, INVENTORY_LINE_SIZE, "%s %s is not valid yet%s; check the clock", what, item->name,
                 then);
    else if (is_ending(item, now_s))
        snprintf(out, INVENTORY_LINE_SIZE, "%s %s expires in %s; renew it", what, item->name,
                 clock_span(item->end_s - now_s, span));
    return out[0] != '\0';
}

static bool warn_crl(const struct inventory_item *item, int64_t now_s, char *out)
{
    char span[CLOCK_TEXT_SIZE], rest[CLOCK_TEXT_SIZE];
    if (now_s >= item->end_s && now_s < item->deadline_s)
        snprintf(
            out, INVENTORY_LINE_SIZE,
            "CRL of %s expired %s ago: in its grace for %s more, then its clients are refused; publish a "
            "fresh one",
            item->name, clock_span(now_s - item->end_s, span), clock_span(item->deadline_s - now_s, rest));
    else if (now_s >= item->end_s)
        snprintf(out, INVENTORY_LINE_SIZE,
                 "CRL of %s expired %s ago: its clients are refused; publish a fresh one", item->name,
                 clock_span(now_s - item->end_s, span));
    else if (item->end_s - now_s < (item->end_s - item->begin_s) / 3)
        snprintf(out, INVENTORY_LINE_SIZE, "CRL of %s expires in %s; publish the next one", item->name,
                 clock_span(item->end_s - now_s, span));
    return out[0] != '\0';
}

bool inventory_warning(const struct inventory_item *item, int64_t now_s, char out[INVENTORY_LINE_SIZE],
                       bool *bites)
{
    bool is_tolerated = (item->flags & INVENTORY_TOLERATED) != 0;
    out[0] = '\0';
    *bites = false;
    switch (item->kind) {
    case INVENTORY_SERVER:
    case INVENTORY_SERVER_CA:
    case INVENTORY_ROOT:
    case INVENTORY_INTERMEDIATE:
        *bites = warn_certificate(item, now_s, out);
        break;
    case INVENTORY_CRL:
        *bites = warn_crl(item, now_s, out);
        break;
    case INVENTORY_NO_CRL:
        snprintf(out, INVENTORY_LINE_SIZE, "CRL of %s missing: its clients are %s; add it to crl", item->name,
                 is_tolerated ? "admitted all the same" : "refused");
        *bites = !is_tolerated;
        break;
    default:
        break;
    }
    return out[0] != '\0';
}
