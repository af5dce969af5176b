#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "history_table.h"
#include "postern/base/memory.h"
#include "postern/observe/seen.h"

enum { CAPACITY_MIN = 1024, SHARE_FORGOTTEN = 16 };

struct history *history_new(void)
{
    struct history *history = xcalloc(1, sizeof(*history));
    history->capacity = CAPACITY_MIN;
    history->places = xcalloc(history->capacity, sizeof(struct client *));
    return history;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    for (size_t i = 0; i < history->capacity; i++)
        free(history->places[i]);
    free(history->places);
    free(history);
}

/* The place where this client stands, or would. */
static struct client **place_of(struct client **places, size_t capacity, const unsigned char *fingerprint)
{
    uint64_t home;
    memcpy(&home, fingerprint, sizeof(home));
    size_t at = (size_t)home & (capacity - 1);
    while (places[at] != NULL && memcmp(places[at]->seen.fingerprint, fingerprint, FINGERPRINT_SIZE) != 0)
        at = (at + 1) & (capacity - 1);
    return &places[at];
}

/* Into a table of this capacity, leaving out those not seen since. */
static void rebuild(struct history *history, size_t capacity, int64_t since_s)
{
    struct client **places = xcalloc(capacity, sizeof(struct client *));
    for (size_t i = 0; i < history->capacity; i++) {
        struct client *client = history->places[i];
        if (client == NULL)
            continue;
        if (client->seen.last_s >= since_s || client->seen.open > 0) {
            *place_of(places, capacity, client->seen.fingerprint) = client;
        } else {
            history->count--;
            history->bytes -= client_size(client);
            free(client);
        }
    }
    free(history->places);
    history->places = places;
    history->capacity = capacity;
}

/* A share of the time that it spans, so that this is not done for each client that comes. */
static void forget_oldest(struct history *history)
{
    int64_t oldest_s = INT64_MAX, newest_s = 0;
    for (size_t i = 0; i < history->capacity; i++) {
        const struct client *client = history->places[i];
        if (client == NULL)
            continue;
        oldest_s = client->seen.last_s < oldest_s ? client->seen.last_s : oldest_s;
        newest_s = client->seen.last_s > newest_s ? client->seen.last_s : newest_s;
    }
    if (oldest_s > newest_s)
        return;
    rebuild(history, history->capacity, oldest_s + (newest_s - oldest_s) / SHARE_FORGOTTEN + 1);
}

static struct client *client_new(const struct seen *seen)
{
    struct client *client = xcalloc(1, sizeof(*client) + seen->name.length + seen->path.length);
    client->seen = *seen;
    memcpy(client->bytes, seen->name.data, seen->name.length);
    memcpy(client->bytes + seen->name.length, seen->path.data, seen->path.length);
    client->seen.name = slice_of(client->bytes, seen->name.length);
    client->seen.path = slice_of(client->bytes + seen->name.length, seen->path.length);
    client->seen.open = 0;
    return client;
}

static bool is_full(const struct history *history, const struct client *next)
{
    return history->count >= HISTORY_MAX || history->bytes + client_size(next) > HISTORY_BYTES_MAX;
}

/* The newer record of a client takes the place of the older. */
static void take_one(struct history *history, const struct seen *seen)
{
    struct client *client = client_new(seen);
    struct client **place = place_of(history->places, history->capacity, seen->fingerprint);
    if (*place != NULL) {
        if (client->seen.last_s < (*place)->seen.last_s)
            client->seen.last_s = (*place)->seen.last_s;
        history->bytes += client_size(client) - client_size(*place);
        free(*place);
        *place = client;
        return;
    }
    if (is_full(history, client)) {
        history_forget_connections(history);
        forget_oldest(history);
    }
    if (is_full(history, client)) {
        free(client);
        return;
    }
    if (4 * history->count >= 3 * history->capacity)
        rebuild(history, 2 * history->capacity, 0);
    *place_of(history->places, history->capacity, seen->fingerprint) = client;
    history->count++;
    history->bytes += client_size(client);
}

size_t history_take(struct history *history, struct slice records)
{
    struct seen seen;
    size_t taken = 0;
    while (seen_next(&records, &seen)) {
        take_one(history, &seen);
        taken++;
    }
    history->is_new = history->is_new || taken > 0;
    return taken;
}

void history_merge(struct history *history, const struct visits *visits)
{
    int64_t last_s;
    uint32_t open;
    for (size_t i = 0; i < history->capacity; i++) {
        struct client *client = history->places[i];
        if (client == NULL || !visits_find(visits, client->seen.fingerprint, &last_s, &open))
            continue;
        if (last_s > client->seen.last_s)
            client->seen.last_s = last_s;
        client->seen.open += open;
    }
}

void history_forget_connections(struct history *history)
{
    for (size_t i = 0; i < history->capacity; i++)
        if (history->places[i] != NULL)
            history->places[i]->seen.open = 0;
}

void history_prune(struct history *history, int64_t now_s)
{
    rebuild(history, history->capacity, now_s - HISTORY_AGE_S);
}

size_t history_count(const struct history *history)
{
    return history->count;
}

bool history_is_new(struct history *history)
{
    bool is_new = history->is_new;
    history->is_new = false;
    return is_new;
}
