#include "held_sessions.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

struct held {
    unsigned char name[HELD_NAME_SIZE], context[HELD_TICKET_CTX];
    unsigned char key[SSL_MAX_MASTER_KEY_LENGTH];
    size_t key_length;
    const SSL_CIPHER *cipher; /* OpenSSL's, lives for ever */
    long time, timeout;
    size_t facts_length;
    unsigned char facts[];
};

struct held_sessions {
    unsigned references;
    struct held *sets[HELD_SETS][HELD_WAYS]; /* the newest first */
};

static void held_free(struct held *held)
{
    if (held == NULL)
        return;
    OPENSSL_cleanse(held, sizeof(*held) + held->facts_length);
    free(held);
}

struct held_sessions *held_sessions_new(void)
{
    struct held_sessions *sessions = xcalloc(1, sizeof(*sessions));
    sessions->references = 1;
    return sessions;
}

struct held_sessions *held_sessions_ref(struct held_sessions *sessions)
{
    sessions->references++;
    return sessions;
}

void held_sessions_unref(struct held_sessions *sessions)
{
    if (sessions == NULL || --sessions->references > 0)
        return;
    for (size_t i = 0; i < HELD_SETS; i++)
        for (size_t k = 0; k < HELD_WAYS; k++)
            held_free(sessions->sets[i][k]);
    free(sessions);
}

/* Names are random: any bytes of them will do. */
static struct held **set_of(struct held_sessions *sessions, const unsigned char *name)
{
    return sessions->sets[((unsigned)name[0] << 8 | name[1]) % HELD_SETS];
}

void held_sessions_put(struct held_sessions *sessions, const unsigned char *context, SSL_SESSION *session)
{
    unsigned length = 0;
    const unsigned char *name = SSL_SESSION_get_id(session, &length);
    void *facts = NULL;
    size_t facts_length = 0;
    if (length != HELD_NAME_SIZE || SSL_SESSION_get0_ticket_appdata(session, &facts, &facts_length) != 1 ||
        facts_length == 0)
        return;
    struct held *held = xcalloc(1, sizeof(*held) + facts_length);
    memcpy(held->name, name, HELD_NAME_SIZE);
    memcpy(held->context, context, HELD_TICKET_CTX);
    held->key_length = SSL_SESSION_get_master_key(session, held->key, sizeof(held->key));
    held->cipher = SSL_SESSION_get0_cipher(session);
    held->time = SSL_SESSION_get_time(session);
    held->timeout = SSL_SESSION_get_timeout(session);
    held->facts_length = facts_length;
    memcpy(held->facts, facts, facts_length);
    struct held **set = set_of(sessions, name);
    held_free(set[HELD_WAYS - 1]);
    memmove(set + 1, set, (HELD_WAYS - 1) * sizeof(struct held *));
    set[0] = held;
}

static SSL_SESSION *session_of(const struct held *held)
{
    SSL_SESSION *session = SSL_SESSION_new();
    if (session != NULL && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1 &&
        SSL_SESSION_set_cipher(session, held->cipher) == 1 &&
        SSL_SESSION_set1_master_key(session, held->key, held->key_length) == 1 &&
        SSL_SESSION_set1_id_context(session, held->context, HELD_TICKET_CTX) == 1 &&
        SSL_SESSION_set1_ticket_appdata(session, held->facts, held->facts_length) == 1) {
        SSL_SESSION_set_time(session, held->time);
        SSL_SESSION_set_timeout(session, held->timeout);
        return session;
    }
    SSL_SESSION_free(session);
    return NULL;
}

SSL_SESSION *held_sessions_find(struct held_sessions *sessions, const unsigned char *context,
                                struct slice name)
{
    if (name.length != HELD_NAME_SIZE)
        return NULL;
    struct held **set = set_of(sessions, (const unsigned char *)name.data);
    for (size_t i = 0; i < HELD_WAYS; i++)
        if (set[i] != NULL && CRYPTO_memcmp(set[i]->name, name.data, HELD_NAME_SIZE) == 0)
            return memcmp(set[i]->context, context, HELD_TICKET_CTX) == 0 ? session_of(set[i]) : NULL;
    return NULL;
}
