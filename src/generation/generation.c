#include "postern/generation/generation.h"

#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/generation/deny.h"
#include "postern/generation/handover.h"
#include "postern/generation/keys.h"
#include "postern/identity/identity.h"
#include "postern/trust/reason.h"

enum { TLS_CA_NAMES_FEW = 20 };

/* What went wrong in a file, said at the key that names the file. */
static int wrong(struct err *err, const struct generation *generation, const char *section, const char *key,
                 unsigned line, const struct err *inner)
{
    char text[sizeof(inner->path) + sizeof(inner->text) + 16];
    return config_error(err, generation->config, section, key, line, "%s",
                        err_format(inner, text, sizeof(text)));
}

static int parse_config(struct generation *generation, struct err *err)
{
    struct slice path = pack_section(&generation->pack, PACK_CONFIG_PATH, 0);
    struct slice text = pack_section(&generation->pack, PACK_CONFIG, 0);
    char *name = xstrndup(path.data != NULL ? path.data : "", path.length);
    generation->config = config_parse(name, text, err);
    free(name);
    return generation->config != NULL ? 0 : -1;
}

static int open_crls(struct generation *generation, struct err *err)
{
    const struct config_path *crl = &generation->config->client_auth.crl;
    struct slice section = pack_section(&generation->pack, PACK_CRLS, 0);
    struct err inner = {.line = 0};
    if ((crl->path != NULL) != (section.data != NULL))
        return err_set(err, "generation: CRLs and configuration do not agree");
    if (crl->path == NULL)
        return 0;
    generation->crls = crl_index_open(section.data, section.length, &inner);
    return generation->crls != NULL ? 0 : wrong(err, generation, "client_auth", "crl", crl->line, &inner);
}

static int open_deny(struct generation *generation, struct err *err)
{
    const struct config_path *file = &generation->config->client_auth.deny;
    struct err inner = {.line = 0};
    generation->deny = deny_new();
    if (deny_add(generation->deny, pack_section(&generation->pack, PACK_DENY, DENY_FILE),
                 file->path != NULL ? file->path : "no file", &inner) != 0 ||
        deny_add(generation->deny, pack_section(&generation->pack, PACK_DENY, DENY_KEPT), DENY_KEPT_SOURCE,
                 &inner) != 0)
        return wrong(err, generation, "client_auth", "deny", file->line, &inner);
    deny_seal(generation->deny);
    return 0;
}

static void fill_policy(struct generation *generation, struct trust_policy *policy)
{
    const struct config_client_auth *auth = &generation->config->client_auth;
    const struct config_texts *names = &auth->publishes_no_crl;
    generation->publishes_none = xcalloc(names->count + 1, sizeof(*generation->publishes_none));
    for (size_t i = 0; i < names->count; i++)
        generation->publishes_none[i] = names->items[i].text;
    *policy = (struct trust_policy){
        .check_revocation = auth->crl.path != NULL,
        .crl_missing_allow = auth->crl_missing == CONFIG_MISSING_ALLOW,
        .crl_grace_s = auth->crl_grace_s,
        .max_depth = auth->max_depth,
        .require_eku = auth->require_eku,
        .partial_chain = auth->partial_chain,
        .publishes_none = generation->publishes_none,
        .publishes_none_count = names->count,
        .deny = generation->deny,
    };
}

static int build_trust(struct generation *generation, struct err *err)
{
    const struct config_path *path = &generation->config->client_auth.trust;
    struct slice section = pack_section(&generation->pack, PACK_BUNDLE, 0);
    struct trust_bundle *bundle = trust_bundle_new();
    struct trust_policy policy;
    struct err inner = {.line = 0};
    fill_policy(generation, &policy);
    if (context_of(generation->config, section, &generation->context) != 0)
        err_set(&inner, "no memory");
    else if (trust_bundle_add(bundle, section, TRUST_DER, path->path, &inner) == 0)
        generation->trust = trust_new(&policy, bundle, generation->crls, &inner);
    trust_bundle_free(bundle);
    return generation->trust != NULL ? 0 : wrong(err, generation, "client_auth", "trust", path->line, &inner);
}

static bool wants_ca_names(const struct generation *generation)
{
    switch (generation->config->client_auth.ca_names) {
    case CONFIG_CA_NAMES_YES:
        return true;
    case CONFIG_CA_NAMES_NO:
        return false;
    case CONFIG_CA_NAMES_AUTO:
        break;
    }
    return trust_ca_name_count(generation->trust) <= TLS_CA_NAMES_FEW;
}

/* The secret of the file, or that of the start: the first behind the keys. */
static struct tls_ticket_options ticket_options(const struct generation *generation, const struct slice *keys,
                                                size_t key_count)
{
    const struct config_tls *tls = &generation->config->tls;
    bool has_secret = tls->session_tickets && key_count > tls->pair_count;
    return (struct tls_ticket_options){
        .secret = has_secret ? keys[tls->pair_count] : slice_of(NULL, 0),
        .context = generation->context.tickets,
        .lifetime_s = tls->ticket_lifetime_ms / 1000,
        .max_age_s = tls->ticket_max_age_ms / 1000,
        .rotation_s = tls->ticket_rotation_ms / 1000,
        /* A secret of a file is there for others to resume what was begun here. */
        .sessions = tls->ticket_secret.path == NULL ? generation->sessions : NULL,
        .sessions_size = HANDOVER_SESSIONS_SIZE,
        .needs_record = identity_needs_chain(generation->config),
    };
}

static struct tls_server *new_server(const struct generation *generation, const struct tls_pair *pairs,
                                     size_t count, const struct tls_ticket_options *tickets,
                                     const struct clock *clock, struct err *err)
{
    const struct config *config = generation->config;
    const struct tls_server_options options = {
        .pairs = pairs,
        .pair_count = count,
        .min_version = (int)config->tls.min_version,
        .max_version = (int)config->tls.max_version,
        .ciphers = config->tls.ciphers.text,
        .groups = config->tls.groups.text,
        .refuse_with_page = config->client_auth.on_refusal == CONFIG_REFUSE_BY_PAGE,
        .send_ca_names = wants_ca_names(generation),
        .admit_ended = generation->admit_ended,
        .tickets = *tickets,
        .clock = clock,
    };
    return tls_server_new(&options, generation->trust, err);
}

/* All pairs together are refused: say it at the first that is refused alone, or at the section. */
static int blame_pair(const struct generation *generation, const struct tls_pair *pairs,
                      const struct clock *clock, const struct err *all, struct err *err)
{
    const struct config_tls *tls = &generation->config->tls;
    for (size_t i = 0; i < tls->pair_count; i++) {
        const struct tls_ticket_options no_tickets = {.rotation_s = 0};
        struct err inner = {.line = 0};
        struct tls_server *alone = new_server(generation, &pairs[i], 1, &no_tickets, clock, &inner);
        tls_server_free(alone);
        if (alone != NULL)
            continue;
        if (inner.path[0] == '\0')
            snprintf(inner.path, sizeof(inner.path), "%s", tls->pairs[i].certificate.path);
        return wrong(err, generation, "tls", "certificate", tls->pairs[i].certificate.line, &inner);
    }
    return wrong(err, generation, "tls", "certificate", tls->line, all);
}

static int build_server(struct generation *generation, const struct slice *keys, size_t key_count,
                        const struct clock *clock, struct err *err)
{
    const struct config_tls *tls = &generation->config->tls;
    struct tls_pair pairs[KEYS_MAX] = {{.key = NULL}};
    int result = 0;
    size_t needed = tls->pair_count + (tls->ticket_secret.path != NULL);
    if (tls->pair_count > KEYS_PAIRS_MAX || key_count < needed || key_count > needed + 1 ||
        tls->pair_count != pack_count(&generation->pack, PACK_CHAIN))
        return err_set(err, "generation: keys and certificates do not agree");
    for (size_t i = 0; result == 0 && i < tls->pair_count; i++) {
        struct err inner = {.line = 0};
        const struct config_path *path = &tls->pairs[i].private_key;
        pairs[i].chain = pack_section(&generation->pack, PACK_CHAIN, (uint32_t)i);
        pairs[i].key = tls_key_parse(keys[i], &inner);
        if (pairs[i].key == NULL) {
            snprintf(inner.path, sizeof(inner.path), "%s", path->path);
            result = wrong(err, generation, "tls", "private_key", path->line, &inner);
        }
    }
    if (result == 0) {
        const struct tls_ticket_options tickets = ticket_options(generation, keys, key_count);
        struct err inner = {.line = 0};
        generation->server = new_server(generation, pairs, tls->pair_count, &tickets, clock, &inner);
        if (generation->server == NULL)
            result = blame_pair(generation, pairs, clock, &inner, err);
    }
    for (size_t i = 0; i < KEYS_MAX; i++)
        tls_key_free(pairs[i].key);
    return result;
}

struct generation *generation_build(struct pack *pack, const struct slice *keys, size_t key_count,
                                    void *sessions, const struct clock *clock, bool admit_ended,
                                    struct err *err)
{
    struct generation *generation = xcalloc(1, sizeof(*generation));
    generation->references = 1;
    generation->sessions = sessions;
    generation->admit_ended = admit_ended;
    generation->pack = *pack;
    if (parse_config(generation, err) != 0 || open_crls(generation, err) != 0 ||
        open_deny(generation, err) != 0 || build_trust(generation, err) != 0 ||
        (keys != NULL && build_server(generation, keys, key_count, clock, err) != 0)) {
        generation->pack.mapped = NULL; /* still the caller's */
        generation_unref(generation);
        return NULL;
    }
    *pack = (struct pack){.size = 0};
    return generation;
}

static struct generation *open_pack(int pack_fd, const struct slice *keys, size_t key_count, void *sessions,
                                    const struct clock *clock, struct err *err)
{
    struct pack pack;
    if (pack_open(&pack, pack_fd, err) != 0)
        return NULL;
    /* The loader has judged the dates. A worker that starts again years later must come up all the same. */
    struct generation *generation = generation_build(&pack, keys, key_count, sessions, clock, true, err);
    if (generation == NULL)
        pack_close(&pack);
    return generation;
}

struct generation *generation_open(int pack_fd, const struct slice *keys, size_t key_count, void *sessions,
                                   const struct clock *clock, struct err *err)
{
    ASSERT(keys != NULL);
    return open_pack(pack_fd, keys, key_count, sessions, clock, err);
}

struct generation *generation_open_judge(int pack_fd, const struct clock *clock, struct err *err)
{
    return open_pack(pack_fd, NULL, 0, NULL, clock, err);
}

struct generation *generation_ref(struct generation *generation)
{
    generation->references++;
    return generation;
}

void generation_unref(struct generation *generation)
{
    if (generation == NULL)
        return;
    ASSERT(generation->references > 0);
    if (--generation->references > 0)
        return;
    tls_server_free(generation->server);
    trust_free(generation->trust);
    crl_index_free(generation->crls);
    deny_free(generation->deny);
    config_free(generation->config);
    free(generation->publishes_none);
    pack_close(&generation->pack);
    free(generation);
}

void generation_inherit(struct generation *generation, const struct generation *older)
{
    trust_inherit(generation->trust, older->trust);
}

uint64_t generation_number(const struct generation *generation)
{
    return generation->pack.number;
}

const struct config *generation_config(const struct generation *generation)
{
    return generation->config;
}

const struct trust *generation_trust(const struct generation *generation)
{
    return generation->trust;
}

const struct tls_server *generation_server(const struct generation *generation)
{
    return generation->server;
}

const unsigned char *generation_identity_rules(const struct generation *generation)
{
    return generation->context.identity_rules;
}

const char *generation_reason_code(unsigned reason)
{
    return reason < (unsigned)TRUST_REASON_COUNT ? trust_reason_code((enum trust_reason)reason) : NULL;
}
