#include "command.h"

#include <inttypes.h>
#include <stdio.h>

#include "health.h"
#include "postern/base/file.h"
#include "postern/base/json.h"
#include "remember.h"
#include "state.h"
#include "status.h"

enum { NAME_MAX_BYTES = 64 };

/* Text for people goes as one more member. */
static void answer(struct control_client *client, uint64_t generation, const char *text, const char *error)
{
    struct buffer line;
    struct json json;
    buffer_init(&line, CONTROL_ANSWER_MAX);
    json_init(&json, &line);
    json_object_begin(&json, NULL);
    json_int(&json, "version", CONTROL_VERSION);
    json_bool(&json, "ok", error == NULL);
    if (generation != 0)
        json_uint(&json, "generation", generation);
    if (error != NULL)
        json_text(&json, "error", error);
    if (text != NULL)
        json_text(&json, "text", text);
    json_object_end(&json);
    control_answer(client, json_end(&json) ? buffer_view(&line) : SLICE_LITERAL("{}"));
    buffer_clear(&line);
}

static void answer_text(struct control_client *client, const char *text, bool is_healthy)
{
    struct buffer line;
    struct json json;
    buffer_init(&line, CONTROL_ANSWER_MAX);
    json_init(&json, &line);
    json_object_begin(&json, NULL);
    json_int(&json, "version", CONTROL_VERSION);
    json_bool(&json, "ok", true);
    json_bool(&json, "healthy", is_healthy);
    json_text(&json, "text", text);
    json_object_end(&json);
    control_answer(client, json_end(&json) ? buffer_view(&line) : SLICE_LITERAL("{}"));
    buffer_clear(&line);
}

static void answer_status(const struct supervisor *supervisor, struct control_client *client,
                          bool (*tell)(const struct supervisor *, struct buffer *))
{
    struct buffer out;
    buffer_init(&out, CONTROL_ANSWER_MAX / 2);
    if (tell == NULL && status_write_json(supervisor, &out))
        control_answer(client, buffer_view(&out));
    else if (tell != NULL && tell(supervisor, &out) && buffer_append(&out, "", 1))
        answer_text(client, buffer_view(&out).data, health_is_good(supervisor));
    else
        answer(client, 0, NULL, "the status does not fit into an answer");
    buffer_clear(&out);
}

/* The pack of the generation in force, which is public bytes and sealed: who may command may also see what it
 * says, and parses certificates in a process of his own. */
static void answer_generation(const struct supervisor *supervisor, struct control_client *client)
{
    const struct edition *edition = supervisor->current;
    char line[192], time[CLOCK_TEXT_SIZE];
    if (edition == NULL) {
        answer(client, 0, NULL, "no generation is in force yet");
        return;
    }
    int length = snprintf(line, sizeof(line),
                          "{\"version\":%d,\"ok\":true,\"generation\":%" PRIu64
                          ",\"generation_since\":\"%s\"}",
                          CONTROL_VERSION, edition->number, clock_format(edition->since_s, time));
    control_answer_with(client, slice_of(line, (size_t)length), edition->pack_fd);
}

/* Who was admitted within a day, for `postern trial`. */
static void answer_clients(struct supervisor *supervisor, struct control_client *client)
{
    char line[96];
    int fd = supervisor->history != NULL ? remember_snapshot(supervisor) : -1;
    if (fd < 0) {
        answer(client, 0, NULL, "there is no memory of clients");
        return;
    }
    int length = snprintf(line, sizeof(line), "{\"version\":%d,\"ok\":true,\"clients\":%zu}", CONTROL_VERSION,
                          history_count(supervisor->history));
    control_answer_with(client, slice_of(line, (size_t)length), fd);
    fd_close(&fd);
}

static void write_refusal(struct json *json, const struct refusal *refusal, unsigned worker)
{
    char time[CLOCK_TEXT_SIZE];
    json_text(json, "time", clock_format_ms(refusal->time_ms, time));
    json_text(json, "request_id", refusal->request_id);
    json_text(json, "client", refusal->client);
    json_text(json, "reason", refusal->reason);
    json_int(json, "status", refusal->status);
    json_text(json, "detail", refusal->detail);
    json_text(json, "cn", refusal->common_name);
    json_text(json, "serial", refusal->serial);
    json_text(json, "subject", refusal->subject);
    json_uint(json, "generation", refusal->generation);
    json_uint(json, "worker", worker);
}

static bool find_refusal(const struct supervisor *supervisor, const char *id, struct refusal *out,
                         unsigned *worker)
{
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        *worker = supervisor->slots[i].number;
        if (refusals_find(&supervisor->slots[i].records->refusals, id, out))
            return true;
    }
    return false;
}

static void answer_refusal(const struct supervisor *supervisor, struct control_client *client, const char *id)
{
    struct refusal refusal;
    struct buffer out;
    struct json json;
    unsigned worker;
    if (!find_refusal(supervisor, id, &refusal, &worker)) {
        answer(client, 0, NULL,
               "no such request among the last that the workers refused or could not answer; the access log "
               "may have it");
        return;
    }
    buffer_init(&out, CONTROL_ANSWER_MAX);
    json_init(&json, &out);
    json_object_begin(&json, NULL);
    json_int(&json, "version", CONTROL_VERSION);
    json_bool(&json, "ok", true);
    write_refusal(&json, &refusal, worker);
    json_object_end(&json);
    control_answer(client, json_end(&json) ? buffer_view(&out) : SLICE_LITERAL("{}"));
    buffer_clear(&out);
}

/* A short member, with a NUL. */
static bool member(struct slice request, const char *name, struct buffer *out)
{
    buffer_init(out, NAME_MAX_BYTES);
    return control_member(request, name, out) == 1 && buffer_append(out, "", 1);
}

static bool member_is(struct slice request, const char *name, const char *value)
{
    struct buffer found;
    bool is = member(request, name, &found) && slice_equal_text(slice_text(buffer_view(&found).data), value);
    buffer_clear(&found);
    return is;
}

static void refusal(const struct supervisor *supervisor, struct control_client *client, struct slice request)
{
    struct buffer id;
    if (member(request, "request_id", &id))
        answer_refusal(supervisor, client, buffer_view(&id).data);
    else
        answer(client, 0, NULL, "request_id is missing");
    buffer_clear(&id);
}

/* True if it is too early or too late for a change; then the client has been told. */
static bool refuse_unless_serving(const struct supervisor *supervisor, struct control_client *client)
{
    if (supervisor->phase != PHASE_SERVING)
        answer(client, 0, NULL,
               supervisor->phase == PHASE_DRAINING ? "the gateway is draining" : "the gateway is starting");
    return supervisor->phase != PHASE_SERVING;
}

static void reload(struct supervisor *supervisor, struct control_client *client)
{
    if (!refuse_unless_serving(supervisor, client))
        control_client_wait(client, supervisor_look_again(supervisor, "postern reload"));
}

/* Who is denied is for the loader to understand. */
static void deny(struct supervisor *supervisor, struct control_client *client, struct slice request)
{
    struct buffer change;
    buffer_init(&change, CONTROL_REQUEST_MAX);
    if (control_member(request, "change", &change) != 1)
        answer(client, 0, NULL, "deny needs a member \"change\"");
    else if (!refuse_unless_serving(supervisor, client))
        control_client_wait(client, denying_ask(supervisor, buffer_view(&change)));
    buffer_clear(&change);
}

void command_request(void *context, struct control_client *client, struct slice request)
{
    struct supervisor *supervisor = context;
    if (!member_is(request, "version", "1"))
        answer(client, 0, NULL, "not a request of version 1");
    else if (member_is(request, "command", "status"))
        answer_status(supervisor, client,
                      member_is(request, "format", "text")   ? status_write_text
                      : member_is(request, "format", "line") ? status_write_line
                                                             : NULL);
    else if (member_is(request, "command", "reload"))
        reload(supervisor, client);
    else if (member_is(request, "command", "deny"))
        deny(supervisor, client, request);
    else if (member_is(request, "command", "generation"))
        answer_generation(supervisor, client);
    else if (member_is(request, "command", "clients"))
        answer_clients(supervisor, client);
    else if (member_is(request, "command", "refusal"))
        refusal(supervisor, client, request);
    else if (member_is(request, "command", "ping"))
        answer(client, 0, NULL, NULL);
    else
        answer(client, 0, NULL,
               "unknown command; this gateway knows status, reload, deny, generation, clients, refusal and "
               "ping");
}

unsigned command_serving(const struct supervisor *supervisor)
{
    unsigned count = 0;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        count += slot_is_serving(&supervisor->slots[i]) &&
                 supervisor->slots[i].in_force == supervisor->current->number;
    return count;
}

static void answer_in_force(void *context, struct control_client *client)
{
    const struct supervisor *supervisor = context;
    const struct sweeping *sweeping = &supervisor->sweeping;
    char text[200], later[64] = "";
    uint64_t number = supervisor->current->number;
    if (sweeping->put_off != 0)
        snprintf(later, sizeof(later), ", %" PRIu64 " to be cut when their exchange is over",
                 sweeping->put_off);
    snprintf(text, sizeof(text),
             "generation %" PRIu64 " in force on %u/%u workers, %" PRIu64 " connection%s cut%s", number,
             command_serving(supervisor), supervisor->slot_count, sweeping->cut,
             sweeping->cut == 1 ? "" : "s", later);
    answer(client, number, text, NULL);
}

void command_in_force(struct supervisor *supervisor, uint64_t first, uint64_t last)
{
    control_each_waiting(supervisor->control, first, last, answer_in_force, supervisor);
}

struct failure {
    const struct supervisor *supervisor;
    const char *error;
};

static void answer_failed(void *context, struct control_client *client)
{
    const struct failure *failure = context;
    const struct edition *current = failure->supervisor->current;
    char error[sizeof(failure->supervisor->failure) + 64];
    uint64_t number = current != NULL ? current->number : 0;
    snprintf(error, sizeof(error), "%s; generation %" PRIu64 " stays in force", failure->error, number);
    answer(client, number, NULL, error);
}

void command_failed(struct supervisor *supervisor, uint64_t first, uint64_t last, const char *error)
{
    struct failure failure = {supervisor, error};
    control_each_waiting(supervisor->control, first, last, answer_failed, &failure);
}
