#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "postern/base/attributes.h"

/* The whole CRL starts with its SEQUENCE and a length; what is signed follows, a SEQUENCE of its own. */
static size_t head_length(const unsigned char *der)
{
    return der[1] < 0x80 ? 2 : 2 + (size_t)(der[1] & 0x7f);
}

static size_t body_length(const unsigned char *der)
{
    size_t length = 0;
    if (der[1] < 0x80)
        return der[1];
    for (int i = 0; i < (der[1] & 0x7f); i++)
        length = length << 8 | der[2 + i];
    return length;
}

static size_t put_head(unsigned char *out, unsigned char tag, size_t length)
{
    out[0] = tag;
    out[1] = 0x82;
    out[2] = (unsigned char)(length >> 8);
    out[3] = (unsigned char)length;
    return 4;
}

/* Sign what is there now, and put all together again: a CA's own CRL, however odd. */
static void sign_again(struct buffer *der, EVP_PKEY *key)
{
    static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                              0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    const unsigned char *whole = (const unsigned char *)buffer_view(der).data,
                        *list = whole + head_length(whole);
    size_t list_length = head_length(list) + body_length(list), signature_length = 0;
    unsigned char signature[256], out[8192], *at = out + 4;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    signature_length = sizeof(signature);
    if (context == NULL || list_length > 4096 ||
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &signature_length, list, list_length) != 1)
        abort();
    EVP_MD_CTX_free(context);
    memcpy(at, list, list_length);
    at += list_length;
    memcpy(at, algorithm, sizeof(algorithm));
    at += sizeof(algorithm);
    *at++ = 0x03;
    *at++ = (unsigned char)(signature_length + 1);
    *at++ = 0;
    memcpy(at, signature, signature_length);
    at += signature_length;
    put_head(out, 0x30, (size_t)(at - out) - 4);
    buffer_consume(der, buffer_length(der));
    if (!buffer_append(der, out, (size_t)(at - out)))
        abort();
}

static unsigned char other_byte(struct random *random, unsigned char byte)
{
    static const unsigned char telling[] = {0x00, 0x01, 0x02, 0x04, 0x06, 0x0a, 0x17, 0x18,
                                            0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xff};
    switch (random_below(random, 3)) {
    case 0:
        return byte ^ (unsigned char)(1u << random_below(random, 8));
    case 1:
        return telling[random_below(random, sizeof(telling))];
    default:
        return (unsigned char)random_below(random, 256);
    }
}

/* The CRL that is changed has a bit of everything. */
static void add_rich_crl(struct random *random, struct subject *subject)
{
    static const struct cert_extension user_only[] = {{"2.5.29.28", true, "30038101FF"}};
    struct crl_entry_options entries[] = {
        {.serial = "01"}, {.serial = "7FFF", .reason = 2}, {.serial = "00"}};
    if (random_once_in(random, 2))
        entries[2] = (struct crl_entry_options){.cert = subject->client, .reason = 5};
    const struct crl_factory_options options = {.entries = entries,
                                                .entry_count = 3,
                                                .number = "0102",
                                                .extensions = user_only,
                                                .extension_count = random_once_in(random, 3)};
    subject_add_crl(subject, &options, subject->intermediate);
}

void write_mutants(const struct pool *pool, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct random random = {UINT64_C(0xd1342543de82ef95) * (i + 1)};
        struct subject subject = {.crl_count = 0};
        snprintf(subject.name, sizeof(subject.name), "mutant-%u", i);
        subject_init(&subject, pool);
        subject_add_crl(&subject, NULL, subject.root);
        add_rich_crl(&random, &subject);
        struct buffer *der = &subject.crls[1];
        unsigned char *whole = (unsigned char *)der->data + der->begin;
        unsigned char *list = whole + head_length(whole), *body = list + head_length(list);
        size_t length = body_length(list);
        for (uint64_t changes = 1 + random_below(&random, 2); changes > 0; changes--) {
            unsigned char *byte = body + random_below(&random, length);
            *byte = other_byte(&random, *byte);
        }
        sign_again(der, subject.intermediate->key);
        subject_write(&subject);
        subject_clear(&subject);
    }
}

/* Encodings that chance would find too rarely: the first place of these bytes in the list holds others. */
static const struct {
    const char *name;
    unsigned char from[4], to[4];
    size_t length;
} edits[] = {
    {"version-3", {0x02, 0x01, 0x01}, {0x02, 0x01, 0x02}, 3},
    {"version-0", {0x02, 0x01, 0x01}, {0x02, 0x01, 0x00}, 3},
    {"critical-is-ber", {0x01, 0x01, 0xff}, {0x01, 0x01, 0x01}, 3},
    {"reason-is-long", {0x0a, 0x01, 0x01}, {0x0a, 0x01, 0x7f}, 3},
};

void write_edits(const struct pool *pool)
{
    static const struct cert_extension scope[] = {{"2.5.29.28", true, "30038101FF"}};
    const struct crl_entry_options entries[] = {{.serial = "7FFF", .reason = 2}};
    for (size_t i = 0; i < LENGTH_OF(edits); i++) {
        struct subject subject = {.crl_count = 0};
        snprintf(subject.name, sizeof(subject.name), "edit-%s", edits[i].name);
        subject_init(&subject, pool);
        subject_add_crl(&subject, NULL, subject.root);
        subject_add_crl(&subject,
                        &(struct crl_factory_options){
                            .entries = entries, .entry_count = 1, .extensions = scope, .extension_count = 1},
                        subject.intermediate);
        struct buffer *der = &subject.crls[1];
        char *place = memmem(buffer_view(der).data, buffer_length(der), edits[i].from, edits[i].length);
        if (place == NULL)
            abort();
        memcpy(place, edits[i].to, edits[i].length);
        sign_again(der, subject.intermediate->key);
        subject_write(&subject);
        subject_clear(&subject);
    }
}

void write_damaged(const struct pool *pool, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct random random = {UINT64_C(0xa0761d6478bd642f) * (i + 1)};
        struct subject subject = {.sends_intermediate = random_once_in(&random, 3)};
        snprintf(subject.name, sizeof(subject.name), "damaged-%u", i);
        subject_init(&subject, pool);
        subject_add_crl(&subject, NULL, subject.root);
        add_rich_crl(&random, &subject);
        struct buffer *der = &subject.crls[random_below(&random, 2)];
        const unsigned char *whole = (const unsigned char *)buffer_view(der).data;
        size_t end = head_length(whole) + body_length(whole + head_length(whole));
        /* In what is signed, or in the end of the signature: its length is not the same on each run. */
        size_t at = random_once_in(&random, 5) ? buffer_length(der) - 1 - random_below(&random, 60)
                                               : random_below(&random, end);
        char *byte = &der->data[der->begin + at];
        *byte = (char)other_byte(&random, (unsigned char)*byte);
        subject_write(&subject);
        subject_clear(&subject);
    }
}
