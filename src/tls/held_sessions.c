#include "held_sessions.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"

enum { IV_SIZE = 12, TAG_SIZE = 16, CIPHER_SIZE = 2, HEAD_SIZE = HELD_NAME_SIZE + 56 };

/* Its length and who made it are no secret. */
struct place {
    unsigned char name[HELD_NAME_SIZE];
    int64_t made_us;
    uint32_t length; /* of sealed */
    unsigned char key_name[TICKET_NAME_SIZE], iv[IV_SIZE], tag[TAG_SIZE];
    unsigned char sealed[HELD_PLACE_SIZE - HEAD_SIZE];
};

_Static_assert(sizeof(struct place) == HELD_PLACE_SIZE, "no padding");

/* What is sealed; the facts follow. */
struct core {
    int64_t time, timeout;
    unsigned char cipher[CIPHER_SIZE];
    unsigned char key_length, key[SSL_MAX_MASTER_KEY_LENGTH];
};

struct held_sessions {
    struct place *places;
    size_t set_count;
    struct ticket_ring *ring;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
};

struct held_sessions *held_sessions_new(void *memory, size_t size, struct ticket_ring *ring)
{
    ASSERT(size >= HELD_SET_SIZE && (uintptr_t)memory % 8 == 0);
    struct held_sessions *sessions = xcalloc(1, sizeof(*sessions));
    *sessions = (struct held_sessions){.places = memory, .set_count = size / HELD_SET_SIZE, .ring = ring};
    sessions->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    sessions->context = EVP_CIPHER_CTX_new();
    if (sessions->cipher != NULL && sessions->context != NULL)
        return sessions;
    ERR_clear_error();
    held_sessions_free(sessions);
    return NULL;
}

void held_sessions_free(struct held_sessions *sessions)
{
    if (sessions == NULL)
        return;
    EVP_CIPHER_CTX_free(sessions->context);
    EVP_CIPHER_free(sessions->cipher);
    free(sessions);
}

bool held_sessions_has_room(size_t facts_length)
{
    return facts_length <= sizeof(((struct place *)NULL)->sealed) - sizeof(struct core);
}

/* Names are random: any bytes of them will do. */
static struct place *set_of(const struct held_sessions *sessions, const unsigned char *name)
{
    uint32_t number;
    memcpy(&number, name, sizeof(number));
    return sessions->places + number % sessions->set_count * HELD_WAYS;
}

static struct place *oldest_of(struct place *set)
{
    struct place *oldest = set;
    for (size_t i = 1; i < HELD_WAYS; i++)
        if (set[i].made_us < oldest->made_us)
            oldest = &set[i];
    return oldest;
}

/* Over the name too, so that nothing opens under another. NIST SP 800-38D §8.2.2: 96 random bits. */
static bool seal(struct held_sessions *sessions, const struct ticket_key *key, const unsigned char *plain,
                 struct place *place)
{
    EVP_CIPHER_CTX *context = sessions->context;
    int length = 0, end = 0;
    memcpy(place->key_name, key->name, sizeof(place->key_name));
    return RAND_bytes(place->iv, IV_SIZE) == 1 &&
           EVP_EncryptInit_ex2(context, sessions->cipher, key->held, place->iv, NULL) == 1 &&
           EVP_EncryptUpdate(context, NULL, &length, place->name, HELD_NAME_SIZE) == 1 &&
           EVP_EncryptUpdate(context, place->sealed, &length, plain, (int)place->length) == 1 &&
           EVP_EncryptFinal_ex(context, place->sealed + length, &end) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, place->tag) == 1;
}

static bool unseal(struct held_sessions *sessions, const struct ticket_key *key, struct place *place,
                   unsigned char *plain)
{
    EVP_CIPHER_CTX *context = sessions->context;
    int length = 0, end = 0;
    return EVP_DecryptInit_ex2(context, sessions->cipher, key->held, place->iv, NULL) == 1 &&
           EVP_DecryptUpdate(context, NULL, &length, place->name, HELD_NAME_SIZE) == 1 &&
           EVP_DecryptUpdate(context, plain, &length, place->sealed, (int)place->length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, place->tag) == 1 &&
           EVP_DecryptFinal_ex(context, plain + length, &end) == 1;
}

static void fill_core(struct core *core, SSL_SESSION *session)
{
    uint16_t cipher = SSL_CIPHER_get_protocol_id(SSL_SESSION_get0_cipher(session));
    *core = (struct core){.time = SSL_SESSION_get_time(session),
                          .timeout = SSL_SESSION_get_timeout(session),
                          .cipher = {(unsigned char)(cipher >> 8), (unsigned char)(cipher & 0xff)}};
    core->key_length = (unsigned char)SSL_SESSION_get_master_key(session, core->key, sizeof(core->key));
}

void held_sessions_put(struct held_sessions *sessions, SSL_SESSION *session, int64_t now_s, int64_t now_us)
{
    unsigned name_length = 0;
    const unsigned char *name = SSL_SESSION_get_id(session, &name_length);
    const struct ticket_key *key = ticket_ring_current(sessions->ring, now_s);
    void *facts = NULL;
    size_t facts_length = 0;
    unsigned char plain[HELD_PLACE_SIZE];
    struct core core;
    if (key == NULL || name_length != HELD_NAME_SIZE ||
        SSL_SESSION_get0_ticket_appdata(session, &facts, &facts_length) != 1 || facts_length == 0 ||
        !held_sessions_has_room(facts_length))
        return;
    struct place place = {.made_us = now_us, .length = (uint32_t)(sizeof(core) + facts_length)};
    memcpy(place.name, name, HELD_NAME_SIZE);
    fill_core(&core, session);
    memcpy(plain, &core, sizeof(core));
    memcpy(plain + sizeof(core), facts, facts_length);
    if (seal(sessions, key, plain, &place))
        memcpy(oldest_of(set_of(sessions, name)), &place, sizeof(place));
    OPENSSL_cleanse(plain, sizeof(plain));
    OPENSSL_cleanse(&core, sizeof(core));
    ERR_clear_error();
}

static SSL_SESSION *session_of(const struct core *core, SSL *ssl, struct slice facts,
                               const unsigned char *context)
{
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, core->cipher);
    SSL_SESSION *session = SSL_SESSION_new();
    if (session != NULL && cipher != NULL && core->key_length <= sizeof(core->key) &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1 &&
        SSL_SESSION_set_cipher(session, cipher) == 1 &&
        SSL_SESSION_set1_master_key(session, core->key, core->key_length) == 1 &&
        SSL_SESSION_set1_id_context(session, context, TICKET_CONTEXT_SIZE) == 1 &&
        SSL_SESSION_set1_ticket_appdata(session, facts.data, facts.length) == 1) {
        SSL_SESSION_set_time(session, (long)core->time);
        SSL_SESSION_set_timeout(session, (long)core->timeout);
        return session;
    }
    SSL_SESSION_free(session);
    return NULL;
}

/*   place  a copy of our own: the memory may change at any time */
static SSL_SESSION *open_place(struct held_sessions *sessions, SSL *ssl, struct place *place, int64_t now_s)
{
    const struct ticket_key *key = ticket_ring_find(sessions->ring, place->key_name, now_s);
    unsigned char plain[HELD_PLACE_SIZE];
    SSL_SESSION *session = NULL;
    struct core core;
    if (key == NULL || place->length < sizeof(core) || place->length > sizeof(place->sealed))
        return NULL;
    if (unseal(sessions, key, place, plain)) {
        memcpy(&core, plain, sizeof(core));
        session = session_of(&core, ssl,
                             slice_of((const char *)plain + sizeof(core), place->length - sizeof(core)),
                             ticket_ring_context(sessions->ring));
        OPENSSL_cleanse(&core, sizeof(core));
    }
    OPENSSL_cleanse(plain, sizeof(plain));
    ERR_clear_error();
    return session;
}

SSL_SESSION *held_sessions_find(struct held_sessions *sessions, SSL *ssl, struct slice name, int64_t now_s)
{
    if (name.length != HELD_NAME_SIZE)
        return NULL;
    const struct place *set = set_of(sessions, (const unsigned char *)name.data);
    for (size_t i = 0; i < HELD_WAYS; i++) {
        struct place place;
        if (CRYPTO_memcmp(set[i].name, name.data, HELD_NAME_SIZE) != 0)
            continue;
        memcpy(&place, &set[i], sizeof(place));
        return memcmp(place.name, name.data, HELD_NAME_SIZE) == 0 ? open_place(sessions, ssl, &place, now_s)
                                                                  : NULL;
    }
    return NULL;
}
