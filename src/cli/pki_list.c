/* postern pki list and show: they only read, and take no lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki_order.h"
#include "postern/base/clock.h"
#include "postern/base/json.h"
#include "postern/pki/describe.h"
#include "postern/pki/find.h"
#include "postern/pki/name.h"
#include "postern/pki/profile.h"

#define OBJECT_MAX (256u * 1024)
#define DAY_S      INT64_C(86400)

struct listing {
    struct pki_profile *profile;
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t issuer_count;
    int64_t now_s;
    bool json;
    size_t count; /* printed so far */
};

static int open_listing(struct listing *listing, const struct pki_order *order, struct err *err)
{
    *listing = (struct listing){.json = (order->given & OPTION_JSON) != 0};
    if (pki_profile_open(order->directory, PKI_READ, NULL, &listing->profile, err) < 0)
        return -1;
    listing->issuer_count = pki_profile_issuers(listing->profile, listing->issuers);
    listing->now_s = clock_wall_s(listing->profile->clock);
    for (size_t i = 0; i < listing->issuer_count; i++)
        if (pki_authority_need_database(listing->issuers[i], err) < 0)
            return -1;
    return 0;
}

static void attribute(struct json *json, const char *name, const struct pki_entry *entry, const char *type)
{
    struct buffer text;
    struct slice value = pki_entry_attribute(entry, type);
    buffer_init(&text, OBJECT_MAX);
    if (value.data && pki_append_unescaped(&text, value))
        json_slice(json, name, buffer_view(&text));
    else
        json_null(json, name);
    buffer_clear(&text);
}

/* The CN as people write it; one of foreign make that would upset a terminal stays escaped. */
static void print_name(const struct pki_entry *entry)
{
    struct buffer text;
    struct slice name = pki_entry_attribute(entry, "CN");
    buffer_init(&text, OBJECT_MAX);
    if (pki_append_unescaped(&text, name) && pki_name_check_attribute(buffer_view(&text), "name", NULL) == 0)
        name = buffer_view(&text);
    printf("%.*s\n", SLICE_ARG(name));
    buffer_clear(&text);
}

static void add_entry(struct json *json, const struct listing *listing, const struct pki_entry *entry)
{
    struct pki_revocation revocation;
    char when[CLOCK_TEXT_SIZE];
    json_text(json, "status", pki_status_text(entry, listing->now_s));
    json_slice(json, "serial", entry->serial);
    attribute(json, "name", entry, "CN");
    attribute(json, "ou", entry, "OU");
    json_text(json, "not_after", clock_format(pki_entry_expires(entry), when));
    if (!pki_entry_revocation(entry, &revocation))
        return;
    json_text(json, "revoked_at", clock_format(revocation.when_s, when));
    json_text(json, "reason", pki_reason_text(revocation.reason));
}

static void add_description(struct json *json, const struct pki_description *description)
{
    char when[CLOCK_TEXT_SIZE];
    json_text(json, "kind",
              description->kind == PKI_SERVER   ? "server"
              : description->kind == PKI_CLIENT ? "client"
                                                : "other");
    json_text(json, "subject", description->subject);
    json_text(json, "issuer", description->issuer);
    json_text(json, "names", description->names);
    json_text(json, "key", description->key);
    json_text(json, "fingerprint", description->fingerprint);
    json_text(json, "not_before", clock_format(description->not_before_s, when));
}

/* One object of the array. A description may be NULL. */
static int print_json(struct listing *listing, const struct pki_entry *entry,
                      const struct pki_description *description, struct err *err)
{
    struct buffer text;
    struct json json;
    int result = 0;
    buffer_init(&text, OBJECT_MAX);
    json_init(&json, &text);
    json_object_begin(&json, NULL);
    add_entry(&json, listing, entry);
    if (description)
        add_description(&json, description);
    json_object_end(&json);
    struct slice view = buffer_view(&text);
    if (json_end(&json))
        printf("%s\n%.*s", listing->count++ ? "," : "", SLICE_ARG(view));
    else
        result = err_set(err, "the entry of serial %.*s is over %u bytes", SLICE_ARG(entry->serial),
                         OBJECT_MAX);
    buffer_clear(&text);
    return result;
}

static void print_line(struct listing *listing, const struct pki_entry *entry)
{
    char when[CLOCK_TEXT_SIZE];
    if (listing->count++ == 0)
        printf("%-8s %-20s  %-32s  %s\n", "STATUS", "ENDS", "SERIAL", "NAME");
    printf("%-8s %-20s  %-32.*s  ", pki_status_text(entry, listing->now_s),
           clock_format(pki_entry_expires(entry), when), SLICE_ARG(entry->serial));
    print_name(entry);
}

static bool is_wanted(const struct listing *listing, const struct pki_order *order,
                      const struct pki_entry *entry)
{
    if (!(order->given & OPTION_EXPIRING))
        return true;
    return pki_entry_is_valid(entry, listing->now_s) &&
           pki_entry_expires(entry) - listing->now_s < (int64_t)order->expiring_days * DAY_S;
}

static int list(struct listing *listing, const struct pki_order *order, const struct pki_database *database,
                struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < database->count; i++) {
        const struct pki_entry *entry = &database->entries[i];
        if (!is_wanted(listing, order, entry))
            continue;
        if (listing->json)
            result = print_json(listing, entry, NULL, err);
        else
            print_line(listing, entry);
    }
    return result;
}

int pki_list_run(const struct pki_order *order, struct err *err)
{
    struct listing listing;
    int result = open_listing(&listing, order, err);
    if (result == 0 && listing.json)
        printf("[");
    for (size_t i = listing.issuer_count; result == 0 && i > 0; i--) /* the older first */
        result = list(&listing, order, &listing.issuers[i - 1]->database, err);
    if (result == 0 && listing.json)
        printf("%s]\n", listing.count ? "\n" : "");
    pki_profile_close(listing.profile);
    return result == 0 ? STATUS_DONE : STATUS_FAILED;
}

static void print_description(const struct pki_description *description)
{
    char when[CLOCK_TEXT_SIZE];
    printf("%-13s %s\n", "subject:", description->subject);
    printf("%-13s %s\n", "issuer:", description->issuer);
    if (*description->names)
        printf("%-13s %s\n", "names:", description->names);
    printf("%-13s %s\n", "kind:",
           description->kind == PKI_SERVER   ? "server"
           : description->kind == PKI_CLIENT ? "client"
                                             : "other");
    printf("%-13s %s\n", "key:", description->key);
    printf("%-13s %s\n", "fingerprint:", description->fingerprint);
    printf("%-13s %s\n", "begins:", clock_format(description->not_before_s, when));
}

static void print_text(struct listing *listing, const struct pki_entry *entry,
                       const struct pki_description *description)
{
    struct pki_revocation revocation;
    char when[CLOCK_TEXT_SIZE];
    printf("%s%-13s ", listing->count++ ? "\n" : "", "name:");
    print_name(entry);
    printf("%-13s %s\n", "status:", pki_status_text(entry, listing->now_s));
    printf("%-13s %.*s\n", "serial:", SLICE_ARG(entry->serial));
    if (description)
        print_description(description);
    printf("%-13s %s\n", "ends:", clock_format(pki_entry_expires(entry), when));
    if (pki_entry_revocation(entry, &revocation))
        printf("%-13s %s (%s)\n", "revoked:", clock_format(revocation.when_s, when),
               pki_reason_text(revocation.reason));
}

static int show_entry(struct listing *listing, const struct pki_database *database,
                      const struct pki_entry *entry, struct err *err)
{
    struct x509_st *certificate = NULL;
    struct pki_description description = {0};
    int result = pki_database_certificate(database, entry, &certificate, err);
    if (result == 0 && certificate)
        result = pki_describe(certificate, &description, err);
    const struct pki_description *known = certificate ? &description : NULL;
    if (result == 0 && listing->json)
        result = print_json(listing, entry, known, err);
    else if (result == 0)
        print_text(listing, entry, known);
    pki_description_clear(&description);
    pki_certificate_free(certificate);
    return result;
}

static int show_named(struct listing *listing, const struct pki_database *database, const char *name,
                      struct err *err)
{
    struct pki_found found;
    struct pki_filter filter = {.name = name};
    int result = pki_find(database, PKI_STATE_ANY, listing->now_s, &filter, &found, err);
    for (size_t i = found.count; i > 0 && result == 0; i--)
        result = show_entry(listing, database, found.entries[i - 1], err);
    pki_found_clear(&found);
    return result;
}

static int show(struct listing *listing, const struct pki_order *order, struct err *err)
{
    int result = 0;
    if (listing->json)
        printf("[");
    for (size_t i = 0; i < listing->issuer_count && result == 0; i++) {
        const struct pki_database *database = &listing->issuers[i]->database;
        const struct pki_entry *entry = order->serial ? pki_database_find(database, slice_text(order->serial))
                                                      : NULL;
        if (order->name)
            result = show_named(listing, database, order->name, err);
        else if (entry)
            result = show_entry(listing, database, entry, err);
    }
    if (listing->json)
        printf("%s]\n", listing->count ? "\n" : "");
    if (result == 0 && listing->count == 0)
        result = err_set(err, "%s: no certificate; \"postern pki list\" shows what there is",
                         order->serial ? order->serial : order->name);
    return result;
}

int pki_show_run(const struct pki_order *order, struct err *err)
{
    struct listing listing;
    if (!order->name == !order->serial) {
        fprintf(stderr, "postern pki show: say one of NAME, --serial; see \"postern pki show --help\"\n");
        return STATUS_USAGE;
    }
    int result = open_listing(&listing, order, err);
    if (result == 0)
        result = show(&listing, order, err);
    pki_profile_close(listing.profile);
    return result == 0 ? STATUS_DONE : STATUS_FAILED;
}
