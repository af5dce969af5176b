#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "format.h"
#include "nearest.h"

/* Where a key stood, or its section. */
static unsigned line_of(const struct draft *draft, enum section_id id, const char *name)
{
    unsigned line = draft->key_lines[key_index(key_find(id, slice_text(name)))];
    if (line != 0)
        return line;
    return draft->section_lines[id] != 0 ? draft->section_lines[id] : 1;
}

static bool is_given(const struct draft *draft, enum section_id id, const char *name)
{
    return draft->key_lines[key_index(key_find(id, slice_text(name)))] != 0;
}

static int check_pairs(const struct draft *draft)
{
    const struct config *config = draft->config;
    for (size_t i = 0; i < config->tls.pair_count; i++) {
        const struct config_tls_pair *pair = &config->tls.pairs[i];
        if (pair->private_key.path == NULL)
            return config_error(
                draft->err, config, "tls", "certificate", pair->certificate.line,
                "has no private_key; one private_key for each certificate, in the same order, "
                "would be right");
        if (pair->certificate.path == NULL)
            return config_error(
                draft->err, config, "tls", "private_key", pair->private_key.line,
                "has no certificate; one private_key for each certificate, in the same order, "
                "would be right");
    }
    return 0;
}

static int check_versions(const struct draft *draft)
{
    const struct config_tls *tls = &draft->config->tls;
    if (tls->min_version <= tls->max_version)
        return 0;
    return config_error(draft->err, draft->config, "tls", "max_version",
                        line_of(draft, SECTION_TLS, "max_version"),
                        "'1.2' is below min_version, '1.3'; the same or more would be right");
}

/* A lifetime that was left out follows the rotation; one that was given must fit it. */
static int check_tickets(const struct draft *draft)
{
    char right[FORMAT_SIZE];
    struct config_tls *tls = &draft->config->tls;
    if (!tls->session_tickets && tls->ticket_secret.path != NULL)
        return config_error(draft->err, draft->config, "tls", "ticket_secret", tls->ticket_secret.line,
                            "has no effect with session_tickets = no; leave one of them out");
    if (tls->ticket_lifetime_ms <= tls->ticket_rotation_ms)
        return 0;
    if (is_given(draft, SECTION_TLS, "ticket_lifetime"))
        return config_error(draft->err, draft->config, "tls", "ticket_lifetime",
                            line_of(draft, SECTION_TLS, "ticket_lifetime"),
                            "is more than ticket_rotation; %s or less would be right",
                            duration_format((uint64_t)tls->ticket_rotation_ms, right));
    tls->ticket_lifetime_ms = tls->ticket_rotation_ms;
    return 0;
}

static int check_client_auth(const struct draft *draft)
{
    const struct config_client_auth *auth = &draft->config->client_auth;
    if (auth->crl.path == NULL && auth->publishes_no_crl.count != 0)
        return config_error(
            draft->err, draft->config, "client_auth", "crl_publishes_none",
            auth->publishes_no_crl.items[0].line,
            "has no effect, since there is no crl and nothing is checked; a crl for the other CAs "
            "would be right");
    return 0;
}

static int check_option(const struct draft *draft, bool is_on, enum preset preset, const char *option)
{
    if (!is_on || draft->config->identity.presets[preset])
        return 0;
    return config_error(
        draft->err, draft->config, "identity", option, line_of(draft, SECTION_IDENTITY, option),
        "has no effect without its preset; 'preset = %s' beside it would be right", preset_name(preset));
}

static int check_identity(const struct draft *draft)
{
    const struct config_identity *identity = &draft->config->identity;
    if (check_option(draft, identity->xfcc_cert, PRESET_XFCC, "xfcc_cert") != 0 ||
        check_option(draft, identity->xfcc_chain, PRESET_XFCC, "xfcc_chain") != 0)
        return -1;
    return check_option(draft, identity->client_cert_chain, PRESET_RFC9440, "client_cert_chain");
}

/* A limit that was left out follows head_size; one that was given must fit it. */
static int check_limits(const struct draft *draft)
{
    char right[FORMAT_SIZE];
    struct config_limits *limits = &draft->config->limits;
    size_t head_size = limits->head_size_bytes;
    if (limits->target_size_bytes > head_size && is_given(draft, SECTION_LIMITS, "target_size"))
        return config_error(
            draft->err, draft->config, "limits", "target_size", line_of(draft, SECTION_LIMITS, "target_size"),
            "is more than head_size; %s or less would be right", size_format(head_size, right));
    if (limits->connection_memory_bytes / 2 < head_size &&
        is_given(draft, SECTION_LIMITS, "connection_memory"))
        return config_error(draft->err, draft->config, "limits", "connection_memory",
                            line_of(draft, SECTION_LIMITS, "connection_memory"),
                            "is less than twice head_size; %s or more would be right",
                            size_format(2 * head_size, right));
    if (limits->target_size_bytes > head_size)
        limits->target_size_bytes = head_size;
    if (limits->connection_memory_bytes / 2 < head_size)
        limits->connection_memory_bytes = 2 * head_size;
    return 0;
}

static int unknown_backend(const struct draft *draft, const struct config_route *route)
{
    char section[CONFIG_SECTION_MAX + 1];
    const char *name = route->backend_name.text;
    struct nearest nearest;
    snprintf(section, sizeof(section), "route %.*s", SLICE_ARG(route->path));
    nearest_init(&nearest, slice_text(name));
    for (size_t i = 0; i < draft->config->backend_count; i++)
        nearest_offer(&nearest, slice_text(draft->backends[i].name));
    if (nearest.best.length != 0)
        return config_error(draft->err, draft->config, section, "backend", route->backend_name.line,
                            "there is no [backend %.64s]; did you mean '%.*s'?", name,
                            SLICE_ARG(nearest.best));
    return config_error(
        draft->err, draft->config, section, "backend", route->backend_name.line,
        "there is no [backend %.64s]; such a section with its server, or the name of another, "
        "would be right",
        name);
}

/* The longest path first, so that the first that matches is the right one. */
static int compare_routes(const void *left, const void *right)
{
    const struct config_route *a = left, *b = right;
    if (a->path.length != b->path.length)
        return a->path.length > b->path.length ? -1 : 1;
    return memcmp(a->path.data, b->path.data, a->path.length);
}

static int connect_routes(struct draft *draft)
{
    struct config *config = draft->config;
    config->backends = draft->backends;
    if (config->route_count == 0)
        return config_error(
            draft->err, config, "route /", NULL, 1,
            "there is no route, so nothing would be served; [route /] with backend = NAME would be "
            "right");
    for (size_t i = 0; i < config->route_count; i++) {
        struct config_route *route = &draft->routes[i];
        for (size_t k = 0; k < config->backend_count && route->backend == NULL; k++)
            if (strcmp(route->backend_name.text, config->backends[k].name) == 0)
                route->backend = &config->backends[k];
        if (route->backend == NULL)
            return unknown_backend(draft, route);
    }
    qsort(draft->routes, config->route_count, sizeof(*draft->routes), compare_routes);
    for (size_t i = 0; i < config->route_count; i++)
        draft->routes[i].index = i;
    config->routes = draft->routes;
    return 0;
}

int draft_check(struct draft *draft)
{
    if (check_pairs(draft) != 0 || check_versions(draft) != 0 || check_tickets(draft) != 0 ||
        check_client_auth(draft) != 0 || check_identity(draft) != 0 || check_limits(draft) != 0)
        return -1;
    return connect_routes(draft);
}
