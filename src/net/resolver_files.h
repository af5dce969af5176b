/* What resolv.conf(5) and hosts(5) say, read from text that somebody else has read. Private to room net. */
#ifndef POSTERN_SRC_NET_RESOLVER_FILES_H
#define POSTERN_SRC_NET_RESOLVER_FILES_H

#include <stddef.h>

#include "postern/base/slice.h"
#include "postern/net/address.h"

#define RESOLV_SERVERS_MAX 8
#define RESOLV_DOMAINS_MAX 16
#define HOSTS_NAMES_MAX    8192
#define HOST_NAME_SIZE     256

struct resolv_conf {
    struct address servers[RESOLV_SERVERS_MAX];
    size_t server_count; /* 0 cannot be: then it is 127.0.0.1, as resolv.conf(5) says */
    char domains[RESOLV_DOMAINS_MAX][HOST_NAME_SIZE];
    size_t domain_count;
    int ndots, timeout_ms, attempts;
    bool rotate;
};

/* What is not understood is passed over, as resolvers do. Pure. */
void resolv_conf_parse(struct slice text, struct resolv_conf *out);

struct hosts_entry {
    char name[HOST_NAME_SIZE]; /* lower case, no dot at its end */
    struct address address;    /* port 0 */
};

struct hosts {
    struct hosts_entry *entries;
    size_t count, capacity;
};

void hosts_parse(struct slice text, struct hosts *out);
void hosts_clear(struct hosts *hosts);
/* Addresses of a name (as in an entry), with the port set. Returns how many, at most size. */
size_t hosts_find(const struct hosts *hosts, const char *name, uint16_t port, struct address *out,
                  size_t size);

/* In lower case, without a dot at its end. Returns 0, or -1 if it is empty, too long, or holds a byte that no
 * host name has. */
int host_name_normalise(struct slice text, char out[HOST_NAME_SIZE]);

#endif
