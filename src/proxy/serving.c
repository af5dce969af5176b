#include "serving.h"

#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"

static enum trust_reason judge(const struct serving *serving, const struct trust_path *path, int64_t now_s,
                               struct trust_verdict *verdict)
{
    return trust_verdict(serving->trust, path, now_s, verdict);
}

struct serving *serving_new(struct generation *generation)
{
    struct serving *serving = xcalloc(1, sizeof(*serving));
    *serving = (struct serving){
        .references = 1,
        .generation = generation_ref(generation),
        .config = generation_config(generation),
        .server = generation_server(generation),
        .trust = generation_trust(generation),
        .number = generation_number(generation),
        .judge = judge,
    };
    return serving;
}

struct serving *serving_ref(struct serving *serving)
{
    serving->references++;
    return serving;
}

void serving_unref(struct serving *serving)
{
    if (serving == NULL)
        return;
    ASSERT(serving->references > 0);
    if (--serving->references > 0)
        return;
    if (serving->generation != NULL)
        generation_unref(serving->generation);
    free(serving);
}
