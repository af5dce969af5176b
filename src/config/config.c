#include "postern/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "owned_names.h"
#include "postern/base/memory.h"

/* A file of CONFIG_FILE_MAX needs far less. */
#define MEMORY_MAX (32u * 1024 * 1024)

int config_error(struct err *err, const struct config *config, const char *section, const char *key,
                 unsigned line, const char *format, ...)
{
    char message[sizeof(((struct err *)NULL)->text)];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return err_set_at(err, config->path, line, "[%s]%s%.64s: %s", section, key != NULL ? " " : "",
                      key != NULL ? key : "", message);
}

static int parse(struct config *config, const char *path, struct slice bytes, struct err *err)
{
    struct draft draft;
    config->path = arena_copy(&config->arena, slice_text(path));
    if (config->path == NULL)
        return err_set_at(err, path, 0, "there is no memory to read the configuration");
    if (draft_read(&draft, config, bytes, err) != 0 || draft_check(&draft) != 0)
        return -1;
    config->owned = owned_names_new(&config->arena, &config->identity);
    if (config->owned == NULL)
        return err_set_at(err, path, 0, "there is no memory to read the configuration");
    return 0;
}

struct config *config_parse(const char *path, struct slice bytes, struct err *err)
{
    struct config *config = xcalloc(1, sizeof(*config));
    arena_init(&config->arena, MEMORY_MAX);
    if (parse(config, path, bytes, err) == 0)
        return config;
    config_free(config);
    return NULL;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    arena_clear(&config->arena);
    free(config);
}
