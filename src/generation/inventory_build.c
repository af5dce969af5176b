#include "inventory_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deny_lists.h"
#include "postern/generation/deny.h"
#include "postern/generation/keys.h"
#include "postern/trust/certificate.h"
#include "postern/trust/deny.h"
#include "postern/trust/reason.h"

enum { CHAIN_MOST = 32 }; /* certificates of one pair, as many as anybody sends */

struct building {
    const struct generation *generation;
    int64_t now_s;
    char *out;
    size_t count, most;
};

size_t inventory_room(const struct inputs *inputs, const struct trust_bundle *bundle,
                      const struct crl_set *crls)
{
    size_t cas = trust_bundle_count(bundle);
    size_t items = inputs->count + KEYS_MAX * CHAIN_MOST + 2 * cas +
                   (crls != NULL ? crl_set_count(crls) : 0) + DENY_LISTS_MAX;
    return items * sizeof(struct inventory_item);
}

static void add(struct building *building, const struct inventory_item *item)
{
    if (building->count < building->most)
        memcpy(building->out + building->count++ * sizeof(*item), item, sizeof(*item));
}

static void copy(char *out, size_t size, struct slice text)
{
    snprintf(out, size, "%.*s", SLICE_ARG(text));
}

static void add_server(void *context, const struct tls_certificate_info *info)
{
    struct building *building = context;
    struct inventory_item item = {.kind = info->is_leaf ? INVENTORY_SERVER : INVENTORY_SERVER_CA,
                                  .begin_s = info->not_before,
                                  .end_s = info->not_after};
    copy(item.name, sizeof(item.name), slice_text(info->subject));
    copy(item.detail, sizeof(item.detail), slice_text(info->key));
    add(building, &item);
}

static void add_ca(struct building *building, const struct trust_bundle *bundle, size_t index)
{
    struct certificate_info info;
    certificate_describe(trust_bundle_certificate(bundle, index), &info);
    struct inventory_item item = {.kind = trust_bundle_is_root(bundle, index) ? INVENTORY_ROOT
                                                                              : INVENTORY_INTERMEDIATE,
                                  .begin_s = info.not_before,
                                  .end_s = info.not_after};
    copy(item.name, sizeof(item.name), slice_text(info.subject));
    copy(item.detail, sizeof(item.detail), slice_text(info.key));
    add(building, &item);
}

static void add_crl(struct building *building, const struct crl_record *record)
{
    const struct crl_index *index = building->generation->crls;
    int64_t grace_s = trust_get_policy(building->generation->trust)->crl_grace_s;
    char number[CRL_NUMBER_TEXT_SIZE];
    struct inventory_item item = {.kind = INVENTORY_CRL,
                                  .flags = (record->flags & CRL_PENDING) != 0 ? INVENTORY_PENDING : 0,
                                  .begin_s = record->this_update,
                                  .end_s = record->next_update,
                                  .deadline_s = record->next_update,
                                  .count = record->entry_count};
    if (record->next_update < INT64_MAX - grace_s)
        item.deadline_s += grace_s;
    copy(item.name, sizeof(item.name), crl_record_issuer(index, record));
    copy(item.detail, sizeof(item.detail), slice_text(crl_record_number_text(record, number)));
    copy(item.source, sizeof(item.source), crl_record_source(index, record));
    memcpy(item.digest, record->digest,
           record->digest_length < sizeof(item.digest) ? record->digest_length : sizeof(item.digest));
    add(building, &item);
}

static void add_missing(void *context, const struct trust_issuer_report *report)
{
    struct building *building = context;
    struct inventory_item item = {.kind = INVENTORY_NO_CRL,
                                  .flags = report->tolerated ? INVENTORY_TOLERATED : 0};
    if (report->reason != TRUST_CRL_MISSING)
        return;
    copy(item.name, sizeof(item.name), slice_text(report->issuer));
    add(building, &item);
}

static void add_file(struct building *building, const struct input *input)
{
    struct inventory_item item = {.kind = INVENTORY_FILE, .count = input->length};
    copy(item.name, sizeof(item.name), slice_text(input->path));
    memcpy(item.digest, input->digest, sizeof(item.digest));
    add(building, &item);
}

/* The kept one also while it is empty: a change fills it in. */
static void add_deny_list(struct building *building, uint32_t list, const char *path)
{
    struct slice text = pack_section(&building->generation->pack, PACK_DENY, list);
    int count = deny_text_each(text, "", NULL, NULL, NULL);
    struct inventory_item item = {.kind = INVENTORY_DENY,
                                  .flags = list == DENY_KEPT ? INVENTORY_KEPT : 0,
                                  .count = count > 0 ? (uint64_t)count : 0};
    copy(item.name, sizeof(item.name), slice_text(path));
    add(building, &item);
}

static void add_deny_lists(struct building *building)
{
    const struct config *config = building->generation->config;
    char *kept = deny_kept_path(config);
    if (config->client_auth.deny.path != NULL)
        add_deny_list(building, DENY_FILE, config->client_auth.deny.path);
    if (kept != NULL)
        add_deny_list(building, DENY_KEPT, kept);
    free(kept);
}

void inventory_build(const struct generation *generation, const struct inputs *inputs,
                     const struct trust_bundle *bundle, int64_t now_s, void *out, size_t size)
{
    static const unsigned char none[TRUST_DIGEST_SIZE];
    struct building building = {generation, now_s, out, 0, size / sizeof(struct inventory_item)};
    for (size_t i = 0; i < inputs->count; i++)
        if (memcmp(inputs->items[i].digest, none, sizeof(none)) != 0) /* a directory has none */
            add_file(&building, &inputs->items[i]);
    tls_server_describe(generation->server, add_server, &building);
    for (size_t i = 0; i < trust_bundle_count(bundle); i++)
        add_ca(&building, bundle, i);
    for (size_t i = 0; generation->crls != NULL && i < crl_index_count(generation->crls); i++)
        add_crl(&building, crl_index_record(generation->crls, i));
    trust_report_issuers(generation->trust, now_s, add_missing, &building);
    add_deny_lists(&building);
}
