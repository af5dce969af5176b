#include "lane.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "postern/base/memory.h"

enum { EVENTS_MAX = 256 };

static const int64_t rest_ns = 10 * 1000000;
/* How late --duration or a signal may be noticed while nothing happens. */
static const int64_t longest_wait_ns = 20 * 1000000;

int64_t lane_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    client_keep_session(SSL_get_app_data(ssl), session);
    return 1;
}

struct lane *lane_new(const struct options *options, struct lane_shared *shared, unsigned client_count,
                      uint64_t requests, struct err *err)
{
    struct lane *lane = xcalloc(1, sizeof(*lane));
    lane->options = options;
    lane->shared = shared;
    lane->remaining = requests;
    tally_init(&lane->tally);
    list_init(&lane->deadlines);
    list_init(&lane->resting);
    list_init(&lane->ready);
    list_init(&lane->turns);
    lane->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    lane->target = target_new(options, err);
    if (lane->epoll_fd < 0 || !lane->target) {
        err_set_errno(err, NULL, errno, "epoll");
        lane_free(lane);
        return NULL;
    }
    if (options_resume(options))
        SSL_CTX_sess_set_new_cb(lane->target->context, on_session);
    lane->clients = xcalloc(client_count, sizeof(*lane->clients));
    lane->client_count = client_count;
    for (unsigned i = 0; i < client_count; i++)
        client_init(&lane->clients[i], lane);
    return lane;
}

void lane_free(struct lane *lane)
{
    if (!lane)
        return;
    for (unsigned i = 0; i < lane->client_count; i++)
        client_clear(&lane->clients[i]);
    free(lane->clients);
    target_free(lane->target);
    tally_clear(&lane->tally);
    if (lane->epoll_fd >= 0)
        close(lane->epoll_fd);
    free(lane);
}

enum lane_turn lane_take_operation(struct lane *lane, int64_t *due_ns)
{
    bool is_open_loop = lane->schedule.interval_ns > 0;
    if (lane->remaining == 0)
        return LANE_NO_MORE;
    if (is_open_loop && schedule_due_ns(&lane->schedule, 0) > lane_clock())
        return LANE_LATER;
    if (is_open_loop)
        *due_ns = schedule_due_ns(&lane->schedule, 0);
    lane->schedule.begun++;
    if (lane->remaining != UINT64_MAX)
        lane->remaining--;
    return LANE_TAKEN;
}

void lane_await_turn(struct lane *lane, struct client *client)
{
    list_remove(&client->ready);
    list_append(&lane->turns, &client->ready);
}

bool lane_is_in_window(const struct lane *lane, int64_t now_ns)
{
    return now_ns >= lane->begin_ns && now_ns < lane->end_ns;
}

int lane_watch(struct lane *lane, struct client *client, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
    return epoll_ctl(lane->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void lane_expect(struct lane *lane, struct client *client)
{
    client->wait_until_ns = lane->now_ns + lane->options->timeout_ns;
    list_remove(&client->wait);
    list_append(&lane->deadlines, &client->wait);
}

void lane_forget(struct client *client)
{
    list_remove(&client->wait);
    list_remove(&client->ready);
}

void lane_rest(struct lane *lane, struct client *client)
{
    client->wait_until_ns = lane->now_ns + rest_ns;
    list_remove(&client->wait);
    list_append(&lane->resting, &client->wait);
}

void lane_continue(struct lane *lane, struct client *client)
{
    list_remove(&client->ready);
    list_append(&lane->ready, &client->ready);
}

/* The first of a list whose time has come, taken off it; or NULL. */
static struct client *take_due(struct list *waiting, int64_t now_ns)
{
    struct list *first = list_first(waiting);
    struct client *client = first ? LIST_ENTRY(first, struct client, wait) : NULL;
    if (!client || client->wait_until_ns > now_ns)
        return NULL;
    list_remove(&client->wait);
    return client;
}

static void step_due(struct lane *lane)
{
    struct client *client;
    while ((client = take_due(&lane->deadlines, lane->now_ns)))
        client_expire(client);
    while ((client = take_due(&lane->resting, lane->now_ns)))
        client_step(client);
}

/* Those that are ready now; what they make ready waits for the next turn, behind the events. */
static void step_ready(struct lane *lane)
{
    struct list now;
    list_init(&now);
    LIST_EACH_SAFE(link, &lane->ready) {
        list_remove(link);
        list_append(&now, link);
    }
    struct list *link;
    while ((link = list_first(&now))) {
        list_remove(link);
        client_step(LIST_ENTRY(link, struct client, ready));
    }
}

/* As many as operations are due; all, when there are no more. */
static void step_turns(struct lane *lane)
{
    struct list *first;
    while ((first = list_first(&lane->turns)) &&
           (lane->remaining == 0 || schedule_due_ns(&lane->schedule, 0) <= lane->now_ns)) {
        list_remove(first);
        client_step(LIST_ENTRY(first, struct client, ready));
    }
}

static int64_t wait_ns(const struct lane *lane)
{
    int64_t until = lane->now_ns + longest_wait_ns;
    const struct list *waiting[] = {&lane->deadlines, &lane->resting};
    if (!list_is_empty(&lane->ready))
        return 0;
    for (size_t i = 0; i < LENGTH_OF(waiting); i++) {
        struct list *first = list_first(waiting[i]);
        int64_t due = first ? LIST_ENTRY(first, struct client, wait)->wait_until_ns : INT64_MAX;
        until = due < until ? due : until;
    }
    int64_t due_ns = list_is_empty(&lane->turns) ? INT64_MAX : schedule_due_ns(&lane->schedule, 0);
    until = due_ns < until ? due_ns : until;
    until = lane->end_ns < until ? lane->end_ns : until;
    return until > lane->now_ns ? until - lane->now_ns : 0;
}

/* Until there are events, or the time is over: epoll_wait(2) knows only milliseconds, and an operation that
 * begins late would look like a slow answer. */
static void wait_precisely(int epoll_fd, int64_t left_ns)
{
    struct pollfd poll_fd = {.fd = epoll_fd, .events = POLLIN};
    const struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
    (void)ppoll(&poll_fd, 1, &left, NULL);
}

static void step_events(struct lane *lane)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t left_ns = wait_ns(lane);
    /* Rounded up: waking early would be a turn for nothing. */
    int wait_ms = (int)((left_ns + 999999) / 1000000);
    if (lane->schedule.interval_ns > 0 && left_ns > 0) {
        wait_precisely(lane->epoll_fd, left_ns);
        wait_ms = 0;
    }
    int count = epoll_wait(lane->epoll_fd, events, EVENTS_MAX, wait_ms);
    lane->now_ns = lane_clock();
    for (int i = 0; i < count; i++)
        client_step(events[i].data.ptr);
}

/* What this thread has run, and has waited for a core while it could have run. proc(5), schedstat. */
static void read_cpu(int64_t *cpu_ns, int64_t *queued_ns)
{
    char text[128] = "";
    long long cpu = 0, queued = 0;
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    struct timespec used;
    if (length <= 0 || sscanf(text, "%lld %lld", &cpu, &queued) != 2 || cpu == 0) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        cpu = (long long)used.tv_sec * 1000000000 + used.tv_nsec;
        queued = 0;
    }
    *cpu_ns = cpu;
    *queued_ns = queued;
}

static void measure_begin(struct lane *lane)
{
    if (lane->is_measuring || lane->now_ns < lane->begin_ns)
        return;
    lane->is_measuring = true;
    lane->measured_ns = lane->now_ns;
    read_cpu(&lane->cpu_ns, &lane->queued_ns);
}

static void measure_end(struct lane *lane)
{
    struct tally *tally = &lane->tally;
    int64_t cpu_ns = 0, queued_ns = 0, end_ns = lane->now_ns < lane->end_ns ? lane->now_ns : lane->end_ns;
    if (!lane->is_measuring || end_ns <= lane->begin_ns)
        return;
    lane->end_ns = end_ns;
    read_cpu(&cpu_ns, &queued_ns);
    /* The last turn may end behind the window; shares are of the time in which the CPU was counted. */
    double counted_ns = (double)(lane_clock() - lane->measured_ns);
    tally->seconds = (double)(end_ns - lane->begin_ns) / 1e9;
    (void)series_at(&tally->series, end_ns - lane->begin_ns - 1);
    tally->cpu_s = (double)(cpu_ns - lane->cpu_ns) / 1e9;
    tally->cpu_share = (double)(cpu_ns - lane->cpu_ns) / counted_ns;
    tally->busy_share = tally->cpu_share + (double)(queued_ns - lane->queued_ns) / counted_ns;
    for (unsigned i = 0; i < lane->client_count; i++)
        tally->holding += lane->clients[i].state == CLIENT_HOLDING;
}

/* What was due and has no answer at the end enters the latencies with the time that it has waited so far:
 * left out, a server that stalls until the end would look as if it had not. What has waited no longer than
 * the median is just on its way. */
static void count_behind(struct lane *lane)
{
    enum { STEPS_MAX = 100000 };
    struct tally *tally = &lane->tally;
    int64_t typical_ns = histogram_percentile(&tally->operation, 50);
    uint64_t waiting = schedule_waiting(&lane->schedule, lane->end_ns), at = 0;
    waiting = waiting < lane->remaining ? waiting : lane->remaining;
    for (unsigned i = 0; i < lane->client_count; i++) {
        int64_t waited_ns = lane->end_ns - lane->clients[i].due_ns;
        if (!lane->clients[i].owes || waited_ns <= typical_ns)
            continue;
        tally->behind++;
        histogram_record(&tally->operation, waited_ns);
    }
    /* Each of them, or so many neighbours at once that it does not take long. */
    for (uint64_t step = waiting / STEPS_MAX + 1; at < waiting; at += step) {
        int64_t waited_ns = lane->end_ns - schedule_due_ns(&lane->schedule, at);
        uint64_t count = waiting - at < step ? waiting - at : step;
        if (waited_ns <= typical_ns)
            break;
        tally->behind += count;
        histogram_record_many(&tally->operation, waited_ns, count);
    }
}

void lane_run(struct lane *lane, struct schedule schedule, int64_t begin_ns, int64_t end_ns)
{
    /* Timers to the nanosecond, not to the next 50 us. PR_SET_TIMERSLACK(2const) */
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    lane->schedule = schedule;
    lane->begin_ns = begin_ns;
    lane->end_ns = end_ns;
    lane->now_ns = lane_clock();
    for (unsigned i = 0; i < lane->client_count; i++)
        lane_continue(lane, &lane->clients[i]);
    while (lane->finished < lane->client_count && lane->now_ns < end_ns &&
           !atomic_load(&lane->shared->stop)) {
        measure_begin(lane);
        step_ready(lane);
        step_due(lane);
        step_turns(lane);
        step_events(lane);
    }
    measure_end(lane);
    if (lane->schedule.interval_ns > 0 && lane->is_measuring && lane->finished < lane->client_count)
        count_behind(lane);
    atomic_fetch_add(&lane->shared->ended, 1);
}
