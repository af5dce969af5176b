#include "postern/config/route.h"

static bool matches(struct slice route, struct slice path)
{
    if (route.length == 1)
        return true;
    if (!slice_starts_with(path, route))
        return false;
    return path.length == route.length || path.data[route.length] == '/';
}

/* The longest comes first in the list. */
const struct config_route *config_route_find(const struct config *config, struct slice path)
{
    for (size_t i = 0; i < config->route_count; i++)
        if (matches(config->routes[i].path, path))
            return &config->routes[i];
    return NULL;
}
