#include "upstream_seek.h"

#include <errno.h>
#include <string.h>

#include "postern/base/slice.h"
#include "upstream_pool.h"

void upstream_seek_init(struct upstream_seek *seek, struct upstream_group *group, bool fresh,
                        void (*on_ready)(void *), void *context)
{
    *seek = (struct upstream_seek){.group = upstream_group_ref(group),
                                   .fresh = fresh,
                                   .failure = CAUSE_UPSTREAM_UNREACHABLE,
                                   .why = "no address",
                                   .on_ready = on_ready,
                                   .context = context};
    list_init(&seek->link);
}

void upstream_seek_clear(struct upstream_seek *seek)
{
    if (seek->group == NULL)
        return;
    if (seek->query != NULL)
        resolver_cancel(seek->query);
    upstream_free(seek->upstream);
    struct upstream_group *group = seek->group;
    if (seek->state == SEEK_QUEUED) {
        /* The place that it was woken for may be another's now. */
        list_remove(&seek->link);
        upstream_group_wake(group);
    }
    *seek = (struct upstream_seek){0};
    upstream_group_unref(group);
}

void upstream_seek_wake(struct upstream_seek *seek)
{
    seek->on_ready(seek->context);
}

static void on_resolved(void *context, const struct address *addresses, size_t count, const char *error)
{
    struct upstream_seek *seek = context;
    seek->query = NULL;
    seek->address_count = count < SEEK_ADDRESSES_MAX ? count : SEEK_ADDRESSES_MAX;
    seek->next_address = 0;
    for (size_t i = 0; i < seek->address_count; i++)
        seek->addresses[i] = addresses[i];
    if (count == 0) {
        seek->failure = CAUSE_UPSTREAM_UNRESOLVED;
        seek->why = error;
    }
    seek->state = SEEK_RESOLVED;
    if (!seek->asking)
        seek->on_ready(seek->context);
}

static void choose_server(struct upstream_seek *seek)
{
    seek->server = upstream_group_next_server(seek->group);
    seek->servers_tried++;
    seek->next_address = 0;
    const struct upstream_server *server = &seek->group->servers[seek->server];
    if (server->is_known || server->host == NULL) {
        seek->address_count = server->is_known ? 1 : 0;
        seek->addresses[0] = server->address;
        seek->state = SEEK_RESOLVED;
        return;
    }
    seek->state = SEEK_RESOLVING;
    seek->asking = true;
    seek->query = resolver_ask(seek->group->pool->resolver, slice_text(server->host), server->port,
                               on_resolved, seek);
    seek->asking = false;
    /* Answered from the cache: there is no query to cancel. */
    if (seek->state == SEEK_RESOLVED)
        seek->query = NULL;
}

static bool connect_next(struct upstream_seek *seek)
{
    while (seek->next_address < seek->address_count) {
        const struct address *address = &seek->addresses[seek->next_address++];
        struct stream *stream = stream_connect(seek->group->pool->loop, address);
        if (stream == NULL) {
            seek->why = strerror(errno);
            continue;
        }
        stream_set_owner(stream, seek->on_ready, seek->context);
        seek->upstream = upstream_new(seek->group, seek->server, stream);
        seek->state = SEEK_CONNECTING;
        return true;
    }
    return false;
}

/* No address of this server accepts. False when all servers have been tried. */
static bool next_server(struct upstream_seek *seek)
{
    upstream_group_server_failed(seek->group, seek->server, seek->why);
    if (seek->servers_tried >= seek->group->server_count)
        return false;
    choose_server(seek);
    return true;
}

static enum seek_status step_connecting(struct upstream_seek *seek, struct upstream **upstream)
{
    enum stream_status status = stream_handshake(seek->upstream->stream);
    if (status == STREAM_WAIT)
        return SEEK_WAIT;
    if (status == STREAM_OK) {
        upstream_group_server_answered(seek->group, seek->server);
        metric_add(seek->group->pool->metrics, METRIC_upstream_connects, 1);
        *upstream = seek->upstream;
        seek->upstream = NULL;
        return SEEK_FOUND;
    }
    seek->why = stream_error(seek->upstream->stream);
    upstream_free(seek->upstream);
    seek->upstream = NULL;
    seek->failure = CAUSE_UPSTREAM_UNREACHABLE;
    seek->state = SEEK_RESOLVED;
    return SEEK_FAILED;
}

/* An idle connection, or leave to open one. */
static enum seek_status step_new(struct upstream_seek *seek, struct upstream **upstream)
{
    if (!seek->fresh) {
        *upstream = upstream_group_take(seek->group);
        if (*upstream != NULL) {
            metric_add(seek->group->pool->metrics, METRIC_upstream_reused, 1);
            return SEEK_FOUND;
        }
    }
    if (!upstream_group_has_room(seek->group) ||
        (upstream_group_is_full(seek->group) && !upstream_group_drop_oldest(seek->group))) {
        list_append(&seek->group->waiting, &seek->link);
        seek->state = SEEK_QUEUED;
        return SEEK_WAIT;
    }
    upstream_pool_make_room(seek->group->pool);
    choose_server(seek);
    return SEEK_FAILED;
}

enum seek_status upstream_seek_step(struct upstream_seek *seek, struct upstream **upstream)
{
    for (;;) {
        enum seek_status status = SEEK_FAILED;
        switch (seek->state) {
        case SEEK_QUEUED:
            if (!list_is_empty(&seek->link))
                return SEEK_WAIT;
            seek->state = SEEK_NEW;
            break;
        case SEEK_NEW:
            status = step_new(seek, upstream);
            break;
        case SEEK_RESOLVING:
            return SEEK_WAIT;
        case SEEK_RESOLVED:
            if (!connect_next(seek) && !next_server(seek))
                return SEEK_FAILED;
            break;
        case SEEK_CONNECTING:
            status = step_connecting(seek, upstream);
            break;
        }
        /* SEEK_FAILED of a single step only means that the next state has its turn. */
        if (status != SEEK_FAILED)
            return status;
    }
}

const char *upstream_seek_server(const struct upstream_seek *seek)
{
    return seek->servers_tried == 0 ? NULL : seek->group->servers[seek->server].text;
}

enum proxy_cause upstream_seek_timeout(const struct upstream_seek *seek)
{
    if (seek->state == SEEK_QUEUED)
        return CAUSE_UPSTREAM_BUSY;
    return seek->state == SEEK_RESOLVING ? CAUSE_UPSTREAM_UNRESOLVED : CAUSE_CONNECT_TIMEOUT;
}
