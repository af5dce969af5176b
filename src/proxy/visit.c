#include "visit.h"

#include <string.h>

static bool tell(struct session *session, int64_t now_s)
{
    const struct proxy_environment *environment = &session->proxy->environment;
    char path[TRUST_PATH_PACKED_MAX];
    size_t length = trust_path_pack(session->path, path, sizeof(path));
    struct seen seen = {.last_s = now_s, .open = 1, .path = slice_of(path, length)};
    memcpy(seen.fingerprint, session->path->fingerprint, sizeof(seen.fingerprint));
    if (session->identity != NULL)
        seen.name = identity_common_name(session->identity);
    return length > 0 && environment->on_seen(environment->context, &seen);
}

void visit_begin(struct session *session)
{
    const struct proxy_environment *environment = &session->proxy->environment;
    int64_t now_s = loop_wall_s(environment->loop);
    if (environment->records == NULL || session->path == NULL)
        return;
    struct visit *visit = visits_arrive(&environment->records->visits, session->path->fingerprint, now_s);
    session->visiting = visit != NULL;
    if (visit != NULL && environment->on_seen != NULL && visit_is_untold(visit, now_s) &&
        tell(session, now_s))
        visit_told(visit, now_s);
}

void visit_end(struct session *session)
{
    const struct proxy_environment *environment = &session->proxy->environment;
    if (session->visiting)
        visits_leave(&environment->records->visits, session->path->fingerprint,
                     loop_wall_s(environment->loop));
    session->visiting = false;
}
