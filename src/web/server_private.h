#ifndef POSTERN_SRC_WEB_SERVER_PRIVATE_H
#define POSTERN_SRC_WEB_SERVER_PRIVATE_H

#include "postern/base/list.h"
#include "postern/web/server.h"

#define WEB_LISTENERS_MAX 16

struct web_server {
    struct web_server_options options;
    struct list connections;
    unsigned count;
    uint64_t last_number;
    struct listener *listeners[WEB_LISTENERS_MAX];
    int fds[WEB_LISTENERS_MAX];
    size_t listener_count;
};

/* A connection has ended: there is room for another. */
void web_server_has_room(struct web_server *server);

#endif
