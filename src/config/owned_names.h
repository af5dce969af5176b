/* The set behind config_owned_name(): an open-addressed hash table, at most half full, built once. */
#ifndef CONFIG_OWNED_NAMES_H
#define CONFIG_OWNED_NAMES_H

#include "postern/base/arena.h"
#include "postern/base/attributes.h"
#include "postern/config/config.h"

/* Of all presets and the configured fields, in the arena. NULL without memory. */
NODISCARD struct owned_names *owned_names_new(struct arena *arena, const struct config_identity *identity);

#endif
