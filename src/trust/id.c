#include "postern/trust/id.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "id_bytes.h"
#include "postern/base/buffer.h"

#define ID_INPUT_MAX (256u * 1024)

static bool append_number(struct buffer *out, size_t number)
{
    unsigned char bytes[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                              (unsigned char)(number >> 8), (unsigned char)number};
    return buffer_append(out, bytes, sizeof(bytes));
}

static bool is_blank(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Lower-case ASCII, no blanks at the ends, one space for a run of them. */
static size_t fold(unsigned char *text, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_blank(text[i]))
            text[kept++] = (unsigned char)ascii_lower((char)text[i]);
        else if (kept > 0 && text[kept - 1] != ' ')
            text[kept++] = ' ';
    }
    return kept > 0 && text[kept - 1] == ' ' ? kept - 1 : kept;
}

/* Strings are compared as folded UTF-8, whatever their ASN.1 type; other values by type and bytes. */
static bool append_value(struct buffer *out, const ASN1_STRING *value)
{
    const int texts = B_ASN1_UTF8STRING | B_ASN1_BMPSTRING | B_ASN1_UNIVERSALSTRING | B_ASN1_PRINTABLESTRING |
                      B_ASN1_T61STRING | B_ASN1_IA5STRING | B_ASN1_VISIBLESTRING;
    unsigned long type = ASN1_tag2bit(ASN1_STRING_type(value));
    unsigned char *text = NULL;
    int length = (type & (unsigned long)texts) ? ASN1_STRING_to_UTF8(&text, value) : -1;
    bool done;
    if (length >= 0) {
        size_t folded = fold(text, (size_t)length);
        done = append_number(out, 0) && append_number(out, folded) && buffer_append(out, text, folded);
    } else {
        size_t bytes = (size_t)ASN1_STRING_length(value);
        ERR_clear_error();
        done = append_number(out, (size_t)ASN1_STRING_type(value)) && append_number(out, bytes) &&
               buffer_append(out, ASN1_STRING_get0_data(value), bytes);
    }
    OPENSSL_free(text);
    return done;
}

static bool append_name(struct buffer *out, const X509_NAME *name)
{
    int count = X509_NAME_entry_count(name);
    for (int i = 0; i < count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
        size_t length = OBJ_length(type);
        if (!append_number(out, (size_t)X509_NAME_ENTRY_set(entry)) || !append_number(out, length) ||
            !buffer_append(out, OBJ_get0_data(type), length) ||
            !append_value(out, X509_NAME_ENTRY_get_data(entry)))
            return false;
    }
    return append_number(out, (size_t)count);
}

static int hash(struct buffer *input, bool complete, struct trust_id *out)
{
    struct slice bytes = buffer_view(input);
    bool done = complete && SHA256((const unsigned char *)bytes.data, bytes.length, out->bytes) != NULL;
    buffer_clear(input);
    return done ? 0 : -1;
}

int trust_id_of_name(const X509_NAME *name, struct trust_id *out)
{
    struct buffer input;
    buffer_init(&input, ID_INPUT_MAX);
    return hash(&input, name && append_name(&input, name), out);
}

int trust_id_of_issuer(const X509 *ca, struct trust_id *out)
{
    struct buffer input;
    unsigned char *key = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca), &key);
    buffer_init(&input, ID_INPUT_MAX);
    bool complete = length > 0 && append_name(&input, X509_get_subject_name(ca)) &&
                    buffer_append(&input, key, (size_t)length);
    OPENSSL_free(key);
    return hash(&input, complete, out);
}

int trust_name_of_text(struct slice text, unsigned char out[TRUST_NAME_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned char *folded = malloc(text.length + 1);
    size_t kept = 0;
    if (!folded)
        return -1;
    if (text.length > 0)
        memcpy(folded, text.data, text.length);
    size_t length = fold(folded, text.length);
    for (size_t i = 0; i < length; i++)
        if (folded[i] != ' ' || kept == 0 || folded[kept - 1] != ',')
            folded[kept++] = folded[i];
    bool done = SHA256(folded, kept, digest) != NULL;
    free(folded);
    memcpy(out, digest, TRUST_NAME_SIZE);
    return done ? 0 : -1;
}

bool trust_id_equal(const struct trust_id *left, const struct trust_id *right)
{
    return memcmp(left->bytes, right->bytes, sizeof(left->bytes)) == 0;
}

bool serial_of_magnitude(struct slice magnitude, struct trust_serial *out)
{
    *out = (struct trust_serial){0};
    if (magnitude.length == 0 || magnitude.length > sizeof(out->bytes))
        return false;
    out->length = (unsigned char)magnitude.length;
    memcpy(out->bytes, magnitude.data, magnitude.length);
    return true;
}

int trust_serial_of(const X509 *certificate, struct trust_serial *out)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    *out = (struct trust_serial){0};
    if (!serial || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
        return -1; /* V_ASN1_NEG_INTEGER is below zero */
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t length = (size_t)ASN1_STRING_length(serial);
    for (; length > 1 && bytes[0] == 0; length--)
        bytes++;
    return serial_of_magnitude(slice_of((const char *)bytes, length), out) ? 0 : -1;
}

void point_of_name(struct slice general_name, unsigned char out[TRUST_POINT_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH] = {0};
    SHA256((const unsigned char *)general_name.data, general_name.length, digest);
    memcpy(out, digest, TRUST_POINT_SIZE);
}
