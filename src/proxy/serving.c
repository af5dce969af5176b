#include "serving.h"

#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/trust/digest.h"

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
        .identity_rules = generation_identity_rules(generation),
        .number = generation_number(generation),
        .judge = judge,
    };
    return serving;
}

bool serving_same_fields(const struct serving *left, const struct serving *right)
{
    return left->identity_rules != NULL && right->identity_rules != NULL &&
           memcmp(left->identity_rules, right->identity_rules, TRUST_DIGEST_SIZE) == 0;
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
