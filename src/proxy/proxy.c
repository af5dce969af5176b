#include "postern/proxy/proxy.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "proxy_private.h"
#include "session.h"

#define TICK_MS        1000
#define LIMIT_TOLD_MS  60000
#define SWEEP_SLICE_US 2000
#define SWEEP_CHECK    32 /* sessions between two looks at the clock */

static void move_all(struct list *from, struct list *to)
{
    struct list *link;
    while ((link = list_first(from)) != NULL) {
        list_remove(link);
        list_append(to, link);
    }
}

static struct session *first_session(const struct list *list)
{
    struct list *link = list_first(list);
    return link == NULL ? NULL : LIST_ENTRY(link, struct session, link);
}

/* All sessions are to be asked again; those of a sweep that is under way too. */
static void begin_sweep(struct proxy *proxy)
{
    move_all(&proxy->sessions, &proxy->unswept);
    proxy->recheck_at_s = INT64_MAX;
    timer_arm(&proxy->sweep, 0);
}

static void report_swept(struct proxy *proxy)
{
    const struct proxy_swept swept = proxy->swept;
    proxy->swept = (struct proxy_swept){0};
    if (swept.generation != 0 && proxy->environment.on_swept != NULL)
        proxy->environment.on_swept(proxy->environment.context, &swept);
}

static void on_sweep(void *context)
{
    struct proxy *proxy = context;
    const struct clock *clock = loop_clock(proxy->environment.loop);
    int64_t end_us = clock_monotonic_us(clock) + SWEEP_SLICE_US;
    struct session *session;
    for (unsigned i = 1; (session = first_session(&proxy->unswept)) != NULL; i++) {
        list_remove(&session->link);
        list_append(&proxy->sessions, &session->link);
        session_sweep(session);
        if (i % SWEEP_CHECK == 0 && clock_monotonic_us(clock) >= end_us)
            break;
    }
    if (!list_is_empty(&proxy->unswept))
        timer_arm(&proxy->sweep, 1);
    else
        report_swept(proxy);
}

void proxy_note_recheck(struct proxy *proxy, int64_t at_s)
{
    if (at_s < proxy->recheck_at_s)
        proxy->recheck_at_s = at_s;
}

/* Wall time may step, so it is looked at and not waited for. */
static void on_tick(void *context)
{
    struct proxy *proxy = context;
    if (loop_wall_s(proxy->environment.loop) >= proxy->recheck_at_s)
        begin_sweep(proxy);
    if (proxy->session_count > 0)
        timer_arm(&proxy->tick, TICK_MS);
}

static void on_report(void *context)
{
    struct proxy *proxy = context;
    proxy->environment.on_drained(proxy->environment.context);
}

static void report_if_drained(struct proxy *proxy)
{
    if (!proxy->draining || proxy->drained || proxy->session_count > 0)
        return;
    proxy->drained = true;
    /* From the loop, so that the caller of whatever ended the last session still finds the proxy. */
    if (proxy->environment.on_drained != NULL)
        timer_arm(&proxy->report, 0);
}

static void on_drain_end(void *context)
{
    struct proxy *proxy = context;
    log_line(proxy->environment.log, LEVEL_WARNING, "drain timeout: %zu connections are cut",
             proxy->session_count);
    proxy_stop(proxy);
}

struct proxy *proxy_new(const struct proxy_environment *environment)
{
    struct proxy *proxy = xcalloc(1, sizeof(*proxy));
    uint64_t seed = 0;
    ASSERT(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
    proxy->environment = *environment;
    proxy->recheck_at_s = INT64_MAX;
    list_init(&proxy->sessions);
    list_init(&proxy->unswept);
    client_table_init(&proxy->clients, seed);
    upstream_pool_init(&proxy->pool, environment->loop, environment->resolver, environment->metrics,
                       environment->log);
    proxy->pool.open_max = environment->connections_max; /* one a client: the other half of the descriptors */
    timer_init(&proxy->sweep, environment->loop, on_sweep, proxy);
    timer_init(&proxy->tick, environment->loop, on_tick, proxy);
    timer_init(&proxy->drain_end, environment->loop, on_drain_end, proxy);
    timer_init(&proxy->report, environment->loop, on_report, proxy);
    return proxy;
}

void proxy_free(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    proxy_stop(proxy);
    upstream_pool_clear(&proxy->pool);
    client_table_clear(&proxy->clients);
    timer_clear(&proxy->sweep);
    timer_clear(&proxy->tick);
    timer_clear(&proxy->drain_end);
    timer_clear(&proxy->report);
    serving_unref(proxy->serving);
    free(proxy);
}

void proxy_set_serving(struct proxy *proxy, struct serving *serving)
{
    struct serving *older = proxy->serving;
    upstream_pool_configure(&proxy->pool, serving->config);
    proxy->serving = serving;
    metric_set(proxy->environment.metrics, METRIC_generation, serving->number);
    proxy->swept = (struct proxy_swept){.generation = serving->number};
    begin_sweep(proxy);
    serving_unref(older);
}

void proxy_set_generation(struct proxy *proxy, struct generation *generation)
{
    proxy_set_serving(proxy, serving_new(generation));
}

static bool is_full(const struct proxy *proxy)
{
    unsigned most = proxy->environment.connections_max;
    return proxy->session_count >= proxy_config(proxy)->limits.connections ||
           (most != 0 && proxy->session_count >= most);
}

static void set_full(struct proxy *proxy)
{
    bool full = is_full(proxy);
    if (full == proxy->full)
        return;
    proxy->full = full;
    if (proxy->environment.on_full != NULL)
        proxy->environment.on_full(proxy->environment.context, full);
}

void proxy_add_session(struct proxy *proxy, struct session *session)
{
    list_append(&proxy->sessions, &session->link);
    proxy->session_count++;
    metric_add(proxy->environment.metrics, METRIC_connections_open, 1);
    if (!timer_is_armed(&proxy->tick))
        timer_arm(&proxy->tick, TICK_MS);
    set_full(proxy);
}

void proxy_remove_session(struct proxy *proxy, struct session *session)
{
    list_remove(&session->link);
    if (session->counted)
        client_table_remove(&proxy->clients, session->client_key);
    proxy->session_count--;
    metric_subtract(proxy->environment.metrics, METRIC_connections_open, 1);
    set_full(proxy);
    report_if_drained(proxy);
}

static bool has_room(const struct proxy *proxy, const struct address *peer)
{
    const struct config_limits *limits = &proxy_config(proxy)->limits;
    if (is_full(proxy))
        return false;
    return limits->connections_per_address == 0 ||
           client_table_count(&proxy->clients, address_client_key(peer)) < limits->connections_per_address;
}

/* Not for each: whoever opens too many would write the log. */
static void tell_limit(struct proxy *proxy, const struct address *peer)
{
    int64_t now_ms = loop_now_ms(proxy->environment.loop);
    char text[ADDRESS_TEXT_SIZE];
    if (is_full(proxy) || (proxy->limit_told_ms != 0 && now_ms - proxy->limit_told_ms < LIMIT_TOLD_MS))
        return;
    proxy->limit_told_ms = now_ms;
    address_format(peer, text);
    log_line(proxy->environment.log, LEVEL_WARNING,
             "%s is turned away: its address holds [limits] connections_per_address = %u already", text,
             proxy_config(proxy)->limits.connections_per_address);
}

void proxy_accept(struct proxy *proxy, int fd, const struct address *peer, const struct address *local)
{
    (void)local;
    metric_add(proxy->environment.metrics, METRIC_connections_accepted, 1);
    if (!has_room(proxy, peer)) {
        metric_add(proxy->environment.metrics, METRIC_connections_refused_limit, 1);
        tell_limit(proxy, peer);
        close(fd);
        return;
    }
    session_accept(proxy, fd, peer);
}

/* Each session once, also those that end here and those that take others with them. */
void proxy_drain(struct proxy *proxy)
{
    struct session *session;
    proxy->draining = true;
    upstream_pool_drain(&proxy->pool);
    move_all(&proxy->sessions, &proxy->unswept);
    while ((session = first_session(&proxy->unswept)) != NULL) {
        list_remove(&session->link);
        list_append(&proxy->sessions, &session->link);
        session_drain(session);
    }
    if (proxy->session_count > 0)
        timer_arm(&proxy->drain_end, proxy_config(proxy)->timeouts.drain_ms);
    report_if_drained(proxy);
}

void proxy_stop(struct proxy *proxy)
{
    struct session *session;
    move_all(&proxy->unswept, &proxy->sessions);
    while ((session = first_session(&proxy->sessions)) != NULL)
        session_end_now(session, cause_of(CAUSE_STOPPED));
}

size_t proxy_sessions(const struct proxy *proxy)
{
    return proxy->session_count;
}
