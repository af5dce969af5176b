#include "upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "postern/base/memory.h"
#include "upstream_pool.h"

struct upstream *upstream_new(struct upstream_group *group, size_t server, struct stream *stream)
{
    struct upstream *upstream = xcalloc(1, sizeof(*upstream));
    *upstream = (struct upstream){.group = upstream_group_ref(group), .server = server, .stream = stream};
    list_init(&upstream->link);
    group->open++;
    group->pool->open++;
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (upstream == NULL)
        return;
    struct upstream_group *group = upstream->group;
    list_remove(&upstream->link);
    stream_free(upstream->stream);
    free(upstream);
    group->open--;
    group->pool->open--;
    upstream_group_wake(group);
    upstream_group_unref(group);
}

bool upstream_is_silent(const struct upstream *upstream)
{
    char byte;
    int fd = stream_fd(upstream->stream);
    if (fd >= 0)
        return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
    size_t count = 0;
    return stream_read(upstream->stream, &byte, 1, &count) == STREAM_WAIT;
}
