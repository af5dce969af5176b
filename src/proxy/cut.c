#include "cut.h"

#include <inttypes.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "exchange.h"

bool cut_is_put_off(const struct session *session)
{
    const struct exchange *exchange = session->exchange;
    if (exchange == NULL ||
        proxy_config(session->proxy)->client_auth.on_revoke != CONFIG_REVOKE_FINISH_EXCHANGE)
        return false;
    return exchange->phase == EXCHANGE_RELAY || exchange->phase == EXCHANGE_ANSWER ||
           exchange->phase == EXCHANGE_COMPLETE;
}

bool cut_leaves_unsent(const struct session *session)
{
    int unsent = 0;
    if (!buffer_is_empty(&session->out))
        return true;
    return session->socket >= 0 && ioctl(session->socket, SIOCOUTQ, &unsent) == 0 && unsent > 0;
}

static const char *relaying(const struct exchange *exchange)
{
    if (!exchange->head_done)
        return exchange->request_done ? "waiting for its response" : "sending its request";
    return exchange->request_done ? "reading its response" : "sending its request and reading its response";
}

/* What it was in the middle of. */
static const char *doing(const struct session *session)
{
    if (session->exchange == NULL)
        return session->state == SESSION_IDLE ? "idle" : "closing";
    switch (session->exchange->phase) {
    case EXCHANGE_HEAD:
        return "sending the head of a request";
    case EXCHANGE_SEEK:
        return "waiting for an upstream";
    case EXCHANGE_RELAY:
        return relaying(session->exchange);
    case EXCHANGE_TUNNEL:
        return "in a tunnel";
    default:
        return "reading an answer of ours";
    }
}

static void copy(char *out, size_t size, struct slice text)
{
    snprintf(out, size, "%.*s", SLICE_ARG(text));
}

/* Names are as identity has them: printable ASCII. */
static void tell(struct session *session, const char *what)
{
    const struct exchange *exchange = session->exchange;
    char who[160], serial[64] = "", in[24] = "0", out[24] = "0", generation[24];
    snprintf(who, sizeof(who), "%s", session->client);
    snprintf(generation, sizeof(generation), "%" PRIu64, session->proxy->serving->number);
    if (session->identity != NULL) {
        struct slice name = identity_common_name(session->identity);
        copy(who, sizeof(who), name.length > 0 ? name : identity_subject(session->identity));
        copy(serial, sizeof(serial), identity_serial(session->identity));
    }
    if (exchange != NULL) {
        snprintf(in, sizeof(in), "%" PRIu64, exchange->request_relay.content);
        snprintf(out, sizeof(out), "%" PRIu64, exchange->response_relay.content);
    }
    const struct log_field fields[] = {
        {"client", session->client},
        {"serial", serial[0] != '\0' ? serial : NULL},
        {"reason", trust_reason_code(session->verdict)},
        {"generation", generation},
        {"was", doing(session)},
        {"bytes_in", in},
        {"bytes_out", out},
        {"request_id", exchange != NULL ? exchange->request_id : NULL},
        {"detail", session->refusal},
        {NULL, NULL},
    };
    log_event(session->proxy->environment.log, LEVEL_WARNING, fields, "%s %s: %s", who, what,
              trust_reason_text(session->verdict));
}

void cut_tell(struct session *session)
{
    session->proxy->swept.cut++;
    metric_cut(session->proxy->environment.metrics, (unsigned)session->verdict);
    tell(session, "is cut off");
}

void cut_tell_put_off(struct session *session)
{
    session->proxy->swept.put_off++;
    tell(session, "is cut off when its exchange is over");
}
