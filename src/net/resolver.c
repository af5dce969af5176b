#include "postern/net/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/list.h"
#include "postern/base/memory.h"
#include "resolver_files.h"

#define TTL_MIN_MS     5000
#define TTL_MAX_MS     (5 * 60 * 1000)
#define TTL_FAILURE_MS 2000

/* A socket of c-ares. */
struct dns_socket {
    struct list link;
    struct resolver *resolver;
    struct watch watch;
    ares_socket_t fd;
};

/* What is known of a name. While c-ares is asked, queries for it wait here. */
struct cache_entry {
    struct list link; /* of resolver->names, the latest used first */
    struct resolver *resolver;
    struct list queries;
    char name[HOST_NAME_SIZE];
    struct address addresses[RESOLVER_ADDRESSES_MAX]; /* the last good answer */
    size_t count;
    const char *error;  /* of the last answer; NULL if it was good */
    int64_t expires_ms; /* when to ask again */
    bool asking, answered;
};

struct resolver_query {
    struct list link;
    struct cache_entry *entry;
    uint16_t port;
    void (*done)(void *context, const struct address *addresses, size_t count, const char *error);
    void *context;
};

struct resolver {
    struct loop *loop;
    ares_channel channel;
    struct hosts hosts;
    struct list names;
    size_t name_count;
    struct list sockets;
    struct timer timeout;
    struct watch deliver; /* answers go out from the loop, never from within c-ares */
    bool closing;
};

static void follow_timeout(struct resolver *resolver)
{
    struct timeval value;
    if (ares_timeout(resolver->channel, NULL, &value) == NULL) {
        timer_disarm(&resolver->timeout);
        return;
    }
    timer_arm(&resolver->timeout, (int64_t)value.tv_sec * 1000 + value.tv_usec / 1000 + 1);
}

static void timeout_came(void *context)
{
    struct resolver *resolver = context;
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    follow_timeout(resolver);
}

static void socket_ready(void *context, unsigned ready)
{
    struct dns_socket *socket = context;
    struct resolver *resolver = socket->resolver;
    ares_socket_t fd = socket->fd;
    /* c-ares may close the socket in here, and so free ours. */
    ares_process_fd(resolver->channel, (ready & WATCH_READ) != 0 ? fd : ARES_SOCKET_BAD,
                    (ready & WATCH_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
    follow_timeout(resolver);
}

static struct dns_socket *socket_find(struct resolver *resolver, ares_socket_t fd)
{
    LIST_EACH(link, &resolver->sockets) {
        struct dns_socket *socket = LIST_ENTRY(link, struct dns_socket, link);
        if (socket->fd == fd)
            return socket;
    }
    return NULL;
}

static void socket_free(struct dns_socket *socket)
{
    watch_stop(&socket->watch);
    list_remove(&socket->link);
    free(socket);
}

/* ares_init_options(3), ARES_OPT_SOCK_STATE_CB. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = context;
    struct dns_socket *socket = socket_find(resolver, fd);
    if (!readable && !writable) {
        if (socket != NULL)
            socket_free(socket);
        return;
    }
    if (socket == NULL) {
        socket = xcalloc(1, sizeof(*socket));
        socket->resolver = resolver;
        socket->fd = fd;
        list_append(&resolver->sockets, &socket->link);
    }
    watch_stop(&socket->watch);
    unsigned interest = (readable ? WATCH_READ : 0U) | (writable ? WATCH_WRITE : 0U);
    if (watch_start(&socket->watch, resolver->loop, fd, interest, socket_ready, socket) != 0)
        socket_free(socket); /* the query then ends by its timeout */
}

static int set_servers(ares_channel channel, const struct resolv_conf *conf)
{
    struct ares_addr_port_node nodes[RESOLV_SERVERS_MAX] = {0};
    for (size_t i = 0; i < conf->server_count; i++) {
        const struct address *server = &conf->servers[i];
        struct ares_addr_port_node *node = &nodes[i];
        node->next = i + 1 < conf->server_count ? &nodes[i + 1] : NULL;
        node->family = server->storage.ss_family;
        node->udp_port = node->tcp_port = address_port(server);
        if (node->family == AF_INET) {
            const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)&server->storage;
            memcpy(&node->addr.addr4, &ipv4->sin_addr, sizeof(node->addr.addr4));
        } else {
            const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)(const void *)&server->storage;
            memcpy(&node->addr.addr6, &ipv6->sin6_addr, sizeof(node->addr.addr6));
        }
    }
    return ares_set_servers_ports(channel, nodes);
}

/* Every setting is given, since what is missing c-ares takes from files and the environment. */
static int open_channel(struct resolver *resolver, struct resolv_conf *conf)
{
    char *domains[RESOLV_DOMAINS_MAX];
    for (size_t i = 0; i < conf->domain_count; i++)
        domains[i] = conf->domains[i];
    struct in_addr replaced_below = {htonl(INADDR_LOOPBACK)};
    char dns_only[] = "b";
    struct ares_options options = {
        .flags = ARES_FLAG_NOALIASES,
        .timeout = conf->timeout_ms,
        .tries = conf->attempts,
        .ndots = conf->ndots,
        .servers = &replaced_below,
        .nservers = 1,
        .domains = domains,
        .ndomains = (int)conf->domain_count,
        .lookups = dns_only,
        .sock_state_cb = socket_state,
        .sock_state_cb_data = resolver,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_SERVERS |
               ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB;
    mask |= conf->rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE;
    int status = ares_init_options(&resolver->channel, &options, mask);
    return status == ARES_SUCCESS ? set_servers(resolver->channel, conf) : status;
}

static void deliver_answers(void *context, unsigned ready);

struct resolver *resolver_new(struct loop *loop, struct slice resolv_conf, struct slice hosts)
{
    struct resolver *resolver = xcalloc(1, sizeof(*resolver));
    struct resolv_conf conf;
    resolver->loop = loop;
    list_init(&resolver->names);
    list_init(&resolver->sockets);
    timer_init(&resolver->timeout, loop, timeout_came, resolver);
    ASSERT(watch_start(&resolver->deliver, loop, -1, 0, deliver_answers, resolver) == 0);
    resolv_conf_parse(resolv_conf, &conf);
    hosts_parse(hosts, &resolver->hosts);
    ASSERT(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    ASSERT(open_channel(resolver, &conf) == ARES_SUCCESS);
    return resolver;
}

static void query_free(struct resolver_query *query)
{
    list_remove(&query->link);
    free(query);
}

static void entry_free(struct cache_entry *entry)
{
    LIST_EACH_SAFE(link, &entry->queries)
        query_free(LIST_ENTRY(link, struct resolver_query, link));
    list_remove(&entry->link);
    entry->resolver->name_count--;
    free(entry);
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    resolver->closing = true;
    ares_destroy(resolver->channel);
    ares_library_cleanup();
    LIST_EACH_SAFE(link, &resolver->names)
        entry_free(LIST_ENTRY(link, struct cache_entry, link));
    ASSERT(list_is_empty(&resolver->sockets));
    timer_clear(&resolver->timeout);
    watch_stop(&resolver->deliver);
    hosts_clear(&resolver->hosts);
    free(resolver);
}

static struct cache_entry *entry_find(struct resolver *resolver, const char *name)
{
    LIST_EACH(link, &resolver->names) {
        struct cache_entry *entry = LIST_ENTRY(link, struct cache_entry, link);
        if (strcmp(entry->name, name) == 0) {
            list_remove(&entry->link);
            list_prepend(&resolver->names, &entry->link);
            return entry;
        }
    }
    return NULL;
}

/* Make room by forgetting the one that was not used for the longest time, of those that nobody waits for. */
static void drop_oldest(struct resolver *resolver)
{
    for (struct list *link = resolver->names.previous; link != &resolver->names; link = link->previous) {
        struct cache_entry *entry = LIST_ENTRY(link, struct cache_entry, link);
        if (!entry->asking && !entry->answered) {
            entry_free(entry);
            return;
        }
    }
}

static struct cache_entry *entry_new(struct resolver *resolver, const char *name)
{
    if (resolver->name_count >= RESOLVER_NAMES_MAX)
        drop_oldest(resolver);
    struct cache_entry *entry = xcalloc(1, sizeof(*entry));
    entry->resolver = resolver;
    list_init(&entry->link);
    list_init(&entry->queries);
    memcpy(entry->name, name, strlen(name) + 1);
    list_prepend(&resolver->names, &entry->link);
    resolver->name_count++;
    return entry;
}

static void keep_answer(struct cache_entry *entry, const struct ares_addrinfo *answer)
{
    int64_t ttl_ms = TTL_MAX_MS;
    entry->count = 0;
    for (const struct ares_addrinfo_node *node = answer->nodes; node != NULL; node = node->ai_next) {
        if (entry->count == RESOLVER_ADDRESSES_MAX)
            break;
        struct address *address = &entry->addresses[entry->count++];
        *address = (struct address){.length = node->ai_addrlen};
        memcpy(&address->storage, node->ai_addr, node->ai_addrlen);
        int64_t node_ttl_ms = (int64_t)node->ai_ttl * 1000;
        ttl_ms = node_ttl_ms < ttl_ms ? node_ttl_ms : ttl_ms;
    }
    entry->error = NULL;
    ttl_ms = ttl_ms < TTL_MIN_MS ? TTL_MIN_MS : ttl_ms;
    entry->expires_ms = loop_now_ms(entry->resolver->loop) + ttl_ms;
}

static void answer_came(void *context, int status, int timeouts, struct ares_addrinfo *answer)
{
    (void)timeouts;
    struct cache_entry *entry = context;
    if (!entry->resolver->closing) {
        if (status == ARES_SUCCESS && answer != NULL && answer->nodes != NULL) {
            keep_answer(entry, answer);
        } else {
            entry->error = status == ARES_SUCCESS ? ares_strerror(ARES_ENODATA) : ares_strerror(status);
            entry->expires_ms = loop_now_ms(entry->resolver->loop) + TTL_FAILURE_MS;
        }
        entry->answered = true;
        watch_wake(&entry->resolver->deliver, WATCH_READ);
    }
    if (answer != NULL)
        ares_freeaddrinfo(answer);
}

/* Tell one who asked. An old answer is better than none. */
static void tell(const struct cache_entry *entry, uint16_t port,
                 void (*done)(void *, const struct address *, size_t, const char *), void *context)
{
    struct address addresses[RESOLVER_ADDRESSES_MAX];
    for (size_t i = 0; i < entry->count; i++) {
        addresses[i] = entry->addresses[i];
        address_set_port(&addresses[i], port);
    }
    done(context, addresses, entry->count, entry->count > 0 ? NULL : entry->error);
}

static void deliver_one(struct cache_entry *entry)
{
    /* Whoever asks from inside done finds the answer in the cache, and does not join this list. */
    entry->asking = false;
    struct list *link;
    while ((link = list_first(&entry->queries)) != NULL) {
        struct resolver_query query = *LIST_ENTRY(link, struct resolver_query, link);
        query_free(LIST_ENTRY(link, struct resolver_query, link));
        tell(entry, query.port, query.done, query.context);
    }
    entry->answered = false;
}

static void deliver_answers(void *context, unsigned ready)
{
    (void)ready;
    struct resolver *resolver = context;
    struct list *link = resolver->names.next;
    while (link != &resolver->names) {
        struct cache_entry *entry = LIST_ENTRY(link, struct cache_entry, link);
        if (!entry->answered) {
            link = link->next;
            continue;
        }
        deliver_one(entry);
        link = resolver->names.next; /* done may have changed the list */
    }
}

static void ask_servers(struct cache_entry *entry)
{
    struct resolver *resolver = entry->resolver;
    /* Without ARES_AI_NOSORT c-ares would connect a socket to every address to sort them (RFC 6724). */
    const struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    entry->asking = true;
    ares_getaddrinfo(resolver->channel, entry->name, NULL, &hints, answer_came, entry);
    follow_timeout(resolver);
}

/* RFC 6761 §6.3: never asked of a server. */
static size_t find_localhost(const char *name, uint16_t port, struct address out[2])
{
    struct slice text = slice_text(name);
    if (!slice_equal_text(text, "localhost") && !slice_ends_with(text, SLICE_LITERAL(".localhost")))
        return 0;
    ASSERT(address_from_host(SLICE_LITERAL("127.0.0.1"), port, &out[0]) == 0);
    ASSERT(address_from_host(SLICE_LITERAL("::1"), port, &out[1]) == 0);
    return 2;
}

/* What needs no server. Returns how many addresses. */
static size_t find_locally(const struct resolver *resolver, const char *name, uint16_t port,
                           struct address out[RESOLVER_ADDRESSES_MAX])
{
    size_t count = hosts_find(&resolver->hosts, name, port, out, RESOLVER_ADDRESSES_MAX);
    return count > 0 ? count : find_localhost(name, port, out);
}

struct resolver_query *resolver_ask(struct resolver *resolver, struct slice host, uint16_t port,
                                    void (*done)(void *context, const struct address *addresses, size_t count,
                                                 const char *error),
                                    void *context)
{
    struct address found[RESOLVER_ADDRESSES_MAX];
    char name[HOST_NAME_SIZE];
    if (address_from_host(host, port, &found[0]) == 0) {
        done(context, found, 1, NULL);
        return NULL;
    }
    if (host_name_normalise(host, name) != 0) {
        done(context, found, 0, "not a host name");
        return NULL;
    }
    size_t count = find_locally(resolver, name, port, found);
    if (count > 0) {
        done(context, found, count, NULL);
        return NULL;
    }
    size_t length = strlen(name);
    if (length < host.length && length + 1 < sizeof(name))
        memcpy(name + length, ".", 2); /* absolute: the search list is not for it. RFC 1034 §3.1 */
    struct cache_entry *entry = entry_find(resolver, name);
    if (entry != NULL && !entry->asking && loop_now_ms(resolver->loop) < entry->expires_ms) {
        tell(entry, port, done, context);
        return NULL;
    }
    entry = entry != NULL ? entry : entry_new(resolver, name);
    struct resolver_query *query = xcalloc(1, sizeof(*query));
    *query = (struct resolver_query){.entry = entry, .port = port, .done = done, .context = context};
    list_append(&entry->queries, &query->link);
    if (!entry->asking)
        ask_servers(entry);
    return query;
}

void resolver_cancel(struct resolver_query *query)
{
    if (query != NULL)
        query_free(query);
}
