/* The INI loader. What is taken must hold what its doors promise.
 * Covers: src/config/lines.c src/config/draft.c src/config/value.c src/config/value_address.c
 * src/config/value_identity.c src/config/template.c src/config/format.c src/config/check.c
 * src/config/nearest.c
 */
#include <stdint.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/config/config.h"
#include "postern/config/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_taken(const struct config *config)
{
    ASSERT(config->tls.pair_count != 0 && config->route_count != 0 && config->listener.addresses.count != 0);
    ASSERT(config->limits.target_size_bytes <= config->limits.head_size_bytes);
    for (size_t i = 0; i < config->tls.pair_count; i++)
        ASSERT(config->tls.pairs[i].certificate.path != NULL &&
               config->tls.pairs[i].private_key.path != NULL);
    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_route *route = &config->routes[i];
        ASSERT(route->backend != NULL && route->backend->server_count != 0);
        ASSERT(config_route_find(config, route->path) == route);
    }
    for (size_t i = 0; i < config->identity.field_count; i++) {
        const struct config_field *field = &config->identity.fields[i];
        ASSERT(field->value.part_count != 0 && config_owned_name(config, slice_text(field->name)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.line = 0};
    struct config *config = config_parse("/etc/postern/postern.ini", slice_of((const char *)data, size),
                                         &err);
    ASSERT((config == NULL) == err_is_set(&err));
    if (config != NULL) {
        check_taken(config);
        struct config *again = config_parse(config->path, slice_of((const char *)data, size), &err);
        ASSERT(again != NULL && !config_needs_restart(config, again, NULL));
        config_free(again);
    }
    config_free(config);
    return 0;
}
