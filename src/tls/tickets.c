#include "tickets.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "held_sessions.h"
#include "postern/base/memory.h"
#include "stream_private.h"
#include "ticket_facts.h"
#include "ticket_habits.h"
#include "ticket_ring.h"

#define CLOCK_SKEW_S 300 /* that the clocks of a fleet may differ */
#define IV_SIZE      16

struct tickets {
    struct ticket_ring *ring;
    const struct clock *clock;
    EVP_CIPHER *cipher;
    int64_t max_age_s;
    bool needs_record;
    struct ticket_habits habits;
    struct held_sessions *held; /* NULL: tickets hold their sessions */
};

/* A client that is refused with a page gets none; nor does one whose ticket could not carry what is needed.
 * In TLS 1.2 we are asked after the ticket was announced, and no is a ticket of no length. RFC 5077 §3.3. */
static bool may_issue(const struct tls_stream *tls)
{
    bool has_record = SSL_version(tls->ssl) >= TLS1_3_VERSION || !tls->shared->tickets->needs_record;
    return has_record && (SSL_session_reused(tls->ssl) == 1 || tls->verdict.reason == TRUST_ADMITTED);
}

static bool set_keys(const struct tickets *tickets, const struct ticket_key *key, const unsigned char *iv,
                     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
    char digest[] = "SHA256";
    unsigned char secret[TICKET_KEY_SIZE];
    memcpy(secret, key->mac, sizeof(secret)); /* OSSL_PARAM wants it writable */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof(secret)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool done = EVP_CipherInit_ex2(cipher, tickets->cipher, key->cipher, iv, encrypt, NULL) == 1 &&
                EVP_MAC_CTX_set_params(mac, params) == 1;
    OPENSSL_cleanse(secret, sizeof(secret));
    return done;
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 go on, 2 go on and issue a new one, 0 no ticket, -1 fatal. */
static int give_keys(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypt)
{
    const struct tls_stream *tls = SSL_get_app_data(ssl);
    struct tickets *tickets = tls->shared->tickets;
    int64_t now_s = clock_wall_s(tickets->clock);
    const struct ticket_key *current = ticket_ring_current(tickets->ring, now_s);
    if (encrypt) {
        if (current == NULL || !may_issue(tls))
            return 0;
        memcpy(name, current->name, TICKET_NAME_SIZE);
        return RAND_bytes(iv, IV_SIZE) == 1 && set_keys(tickets, current, iv, cipher, mac, 1) ? 1 : -1;
    }
    const struct ticket_key *key = ticket_ring_find(tickets->ring, name, now_s);
    if (key == NULL)
        return 0;
    if (!set_keys(tickets, key, iv, cipher, mac, 0))
        return -1;
    return key == current ? 1 : 2;
}

/* SSL_CTX_set_session_ticket_cb(3): 0 would be fatal for the connection. On a resumed one the session has
 * what the ticket that it came from had: above all, the time of its last full handshake. */
static int write_facts(SSL *ssl, void *context)
{
    const struct tls_stream *tls = SSL_get_app_data(ssl);
    unsigned char bytes[TICKET_FACTS_MAX];
    (void)context;
    if (SSL_session_reused(ssl) == 1)
        return 1;
    size_t length = ticket_facts_write(clock_wall_s(tls->shared->tickets->clock), tls->path,
                                       slice_of(tls->record, tls->record_length), bytes, sizeof(bytes));
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), bytes, length) == 1;
}

static bool read_facts(SSL_SESSION *session, struct ticket_facts *facts)
{
    void *bytes = NULL;
    size_t length = 0;
    return SSL_SESSION_get0_ticket_appdata(session, &bytes, &length) == 1 && bytes != NULL &&
           ticket_facts_read(bytes, length, facts);
}

/* Is the client that this session was made for admitted now? */
static bool is_admitted(const struct tls_stream *tls, SSL_SESSION *session, struct ticket_facts *facts,
                        struct trust_verdict *verdict)
{
    const struct tickets *tickets = tls->shared->tickets;
    int64_t now_s = clock_wall_s(tickets->clock);
    if (!read_facts(session, facts))
        return false;
    /* The client is to be named by what was recorded of it, or by its certificate. */
    bool has_peer = SSL_SESSION_get0_peer(session) != NULL;
    if (facts->record.length == 0 && (tickets->needs_record || !has_peer))
        return false;
    /* The time of the ticket itself is OpenSSL's to look at: SSL_CTX_set_timeout(3). */
    if (now_s - facts->authenticated_s >= tickets->max_age_s || facts->authenticated_s - now_s > CLOCK_SKEW_S)
        return false;
    return trust_verdict(tls->server->trust, &facts->path, now_s, verdict) == TRUST_ADMITTED;
}

static SSL_TICKET_RETURN decide(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_length,
                                SSL_TICKET_STATUS status, void *context)
{
    struct tls_stream *tls = SSL_get_app_data(ssl);
    struct ticket_facts facts;
    struct trust_verdict verdict;
    (void)name;
    (void)name_length;
    (void)context;
    bool is_open = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    tls->offered_ticket = tls->offered_ticket || status != SSL_TICKET_EMPTY;
    if (!is_open || session == NULL || !is_admitted(tls, session, &facts, &verdict))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/* SSL_CTX_sess_set_new_cb(3): 0, since we keep no reference. */
static int hold(SSL *ssl, SSL_SESSION *session)
{
    const struct tls_stream *tls = SSL_get_app_data(ssl);
    const struct tickets *tickets = tls->shared->tickets;
    if (SSL_version(ssl) == TLS1_3_VERSION && (SSL_get_options(ssl) & SSL_OP_NO_TICKET) != 0)
        held_sessions_put(tickets->held, session, clock_wall_s(tickets->clock),
                          clock_monotonic_us(tickets->clock));
    return 0;
}

/* SSL_CTX_sess_set_get_cb(3). */
static SSL_SESSION *recall(SSL *ssl, const unsigned char *name, int length, int *copy)
{
    struct tls_stream *tls = SSL_get_app_data(ssl);
    const struct tickets *tickets = tls->shared->tickets;
    struct ticket_facts facts;
    struct trust_verdict verdict;
    *copy = 0;
    if (SSL_version(ssl) != TLS1_3_VERSION || length <= 0)
        return NULL;
    tls->offered_ticket = true;
    SSL_SESSION *session = held_sessions_find(
        tickets->held, ssl, slice_of((const char *)name, (size_t)length), clock_wall_s(tickets->clock));
    if (session == NULL || is_admitted(tls, session, &facts, &verdict))
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

/* Is the first ticket that the ClientHello offers as long as the name of a held session? Others are longer.
 * RFC 8446 §4.2.11: two bytes of length of the list, two of the first identity. */
static bool offers_held(SSL *ssl)
{
    const unsigned char *bytes = NULL;
    size_t length = 0;
    return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &bytes, &length) == 1 && length >= 4 &&
           (bytes[2] << 8 | bytes[3]) == HELD_NAME_SIZE;
}

/* SSL_CTX_set_client_hello_cb(3). With SSL_OP_NO_TICKET OpenSSL asks recall() in TLS 1.3, and without it
 * opens the ticket: SSL_CTX_set_options(3). */
static int choose_kind(SSL *ssl, int *alert, void *context)
{
    (void)alert;
    (void)context;
    if (offers_held(ssl))
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int hold_sessions(struct tickets *tickets, SSL_CTX *context, const struct tls_ticket_options *options)
{
    if (options->sessions == NULL || SSL_CTX_get_max_proto_version(context) < TLS1_3_VERSION)
        return 0;
    tickets->held = held_sessions_new(options->sessions, options->sessions_size, tickets->ring);
    if (tickets->held == NULL)
        return -1;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL |
                                                SSL_SESS_CACHE_NO_AUTO_CLEAR);
    SSL_CTX_sess_set_new_cb(context, hold);
    SSL_CTX_sess_set_get_cb(context, recall);
    SSL_CTX_set_client_hello_cb(context, choose_kind, NULL);
    return 0;
}

struct tickets *tickets_new(SSL_CTX *context, const struct tls_ticket_options *options,
                            const struct clock *clock, struct err *err)
{
    struct tickets *tickets = xcalloc(1, sizeof(*tickets));
    tickets->clock = clock;
    tickets->max_age_s = options->max_age_s;
    tickets->needs_record = options->needs_record;
    tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    tickets->ring = ticket_ring_new(options->secret, options->context, options->rotation_s);
    if (tickets->cipher == NULL || tickets->ring == NULL ||
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context, give_keys) != 1 ||
        SSL_CTX_set_session_ticket_cb(context, write_facts, decide, NULL) != 1 ||
        SSL_CTX_set_session_id_context(context, options->context, TICKET_CONTEXT_SIZE) != 1 ||
        hold_sessions(tickets, context, options) != 0) {
        err_set(err, "session tickets cannot be set up; session_tickets = no does without them");
        tickets_free(tickets);
        return NULL;
    }
    SSL_CTX_set_timeout(context, options->lifetime_s);
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    return tickets;
}

void tickets_free(struct tickets *tickets)
{
    if (tickets == NULL)
        return;
    held_sessions_free(tickets->held);
    ticket_ring_free(tickets->ring);
    EVP_CIPHER_free(tickets->cipher);
    free(tickets);
}

const char *tickets_resume(struct tls_stream *tls)
{
    struct ticket_facts facts;
    if (tls->shared->tickets == NULL)
        return "internal: a session was resumed though resumption is off";
    X509_free(tls->peer);
    tls->peer = SSL_get1_peer_certificate(tls->ssl);
    if (!is_admitted(tls, SSL_get_session(tls->ssl), &facts, &tls->verdict)) {
        tls->verdict.reason = TRUST_INTERNAL;
        return "the session's time ended while it was resumed";
    }
    *tls->path = facts.path;
    ticket_habits_resumed(&tls->shared->tickets->habits, facts.path.fingerprint);
    return NULL;
}

bool tickets_worth_it(struct tls_stream *tls)
{
    return SSL_session_reused(tls->ssl) == 1 ||
           ticket_habits_full(&tls->shared->tickets->habits, tls->path->fingerprint);
}

/* Held, if it has room; else the ticket holds it. */
static void choose_keeper(const struct tls_stream *tls)
{
    unsigned char bytes[TICKET_FACTS_MAX];
    void *facts = NULL;
    size_t length = 0;
    if (tls->shared->tickets->held == NULL)
        return;
    if (SSL_session_reused(tls->ssl) == 1)
        (void)SSL_SESSION_get0_ticket_appdata(SSL_get_session(tls->ssl), &facts, &length);
    else
        length = ticket_facts_write(0, tls->path, slice_of(tls->record, tls->record_length), bytes,
                                    sizeof(bytes));
    if (held_sessions_has_room(length))
        SSL_set_options(tls->ssl, SSL_OP_NO_TICKET);
    else
        SSL_clear_options(tls->ssl, SSL_OP_NO_TICKET);
}

int tickets_issue(struct tls_stream *tls)
{
    tls->owes_ticket = false;
    choose_keeper(tls);
    if (SSL_new_session_ticket(tls->ssl) != 1) {
        ERR_clear_error();
        return 1; /* there will be none, and nothing is lost */
    }
    tls->socket.more = true;
    int result = SSL_do_handshake(tls->ssl);
    tls->socket.more = false;
    return result;
}
