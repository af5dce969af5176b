#include "san.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "crypto_error.h"
#include "extension.h"
#include "postern/pki/name.h"

/* Bytes of an address in text; 0 if it is none. */
static size_t parse_address(struct slice text, unsigned char out[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (text.length == 0 || text.length >= sizeof copy)
        return 0;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (strlen(copy) != text.length)
        return 0;
    if (inet_pton(AF_INET, copy, out) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, out) == 1 ? 16 : 0;
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.length > 0;
}

/* RFC 3986 §3: a scheme, a colon and something behind it. */
static bool is_uri(struct slice text)
{
    size_t colon = slice_find(text, ':');
    if (colon == 0 || colon + 1 >= text.length || !ascii_is_alpha(text.data[0]) || !is_printable(text))
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!ascii_is_alpha(text.data[i]) && !ascii_is_digit(text.data[i]) && !strchr("+-.", text.data[i]))
            return false;
    return true;
}

static bool is_email(struct slice text)
{
    size_t at = slice_find(text, '@');
    return at > 0 && at < text.length && is_printable(text) &&
           pki_name_is_dns(slice_after(text, at + 1), false);
}

bool pki_san_is_host(struct slice text, bool wildcard)
{
    unsigned char address[16];
    return parse_address(text, address) > 0 || pki_name_is_dns(text, wildcard);
}

static const struct {
    const char *prefix;
    int type;
    const char *example;
} types[] = {
    {"DNS:", GEN_DNS, "DNS:gw.example.org"},
    {"IP:", GEN_IPADD, "IP:192.0.2.1"},
    {"URI:", GEN_URI, "URI:spiffe://example.org/app"},
    {"email:", GEN_EMAIL, "email:alice@example.org"},
};

char *pki_san_text(const GENERAL_NAME *name)
{
    char address[INET6_ADDRSTRLEN], *text = NULL;
    if (name->type == GEN_IPADD) {
        const ASN1_OCTET_STRING *bytes = name->d.iPAddress;
        if ((bytes->length == 4 || bytes->length == 16) &&
            inet_ntop(bytes->length == 4 ? AF_INET : AF_INET6, bytes->data, address, sizeof address))
            (void)!asprintf(&text, "IP:%s", address);
        return text;
    }
    for (size_t i = 0; i < LENGTH_OF(types); i++)
        if (types[i].type == name->type && !memchr(name->d.ia5->data, '\0', (size_t)name->d.ia5->length))
            (void)!asprintf(&text, "%s%.*s", types[i].prefix, name->d.ia5->length,
                            (const char *)name->d.ia5->data);
    return text;
}

static bool is_there(const GENERAL_NAMES *names, const GENERAL_NAME *name)
{
    /* GENERAL_NAME_cmp takes no const in OpenSSL 3.0; it changes nothing. */
    GENERAL_NAME *wanted = GENERAL_NAME_dup(name);
    bool found = false;
    for (int i = 0; wanted && i < sk_GENERAL_NAME_num(names) - 1 && !found; i++)
        found = GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), wanted) == 0;
    GENERAL_NAME_free(wanted);
    return found;
}

static size_t type_of(struct slice *text)
{
    unsigned char address[16];
    for (size_t i = 0; i < LENGTH_OF(types); i++) {
        struct slice prefix = slice_text(types[i].prefix);
        if (text->length >= prefix.length && slice_equal_nocase(slice_before(*text, prefix.length), prefix)) {
            *text = slice_after(*text, prefix.length);
            return i;
        }
    }
    return parse_address(*text, address) > 0 ? 1 : 0;
}

int pki_san_add_one(GENERAL_NAMES *names, struct slice text, bool wildcard, struct err *err)
{
    unsigned char address[16];
    struct slice value = text;
    size_t row = type_of(&value);
    size_t address_length = parse_address(value, address);
    bool good = false;
    switch (types[row].type) {
    case GEN_DNS:
        good = address_length == 0 && pki_name_is_dns(value, wildcard);
        break;
    case GEN_IPADD:
        good = address_length > 0;
        break;
    case GEN_URI:
        good = is_uri(value);
        break;
    default:
        good = is_email(value);
    }
    if (!good)
        return err_set(err, "\"%.*s\" is no alternative name; \"%s\" would be right", SLICE_ARG(text),
                       types[row].example);
    if (sk_GENERAL_NAME_num(names) >= PKI_SAN_MAX)
        return err_set(err, "more than %d alternative names", PKI_SAN_MAX);
    int added = types[row].type == GEN_IPADD
                    ? pki_general_names_add_address(names, address, address_length)
                    : pki_general_names_add_text(names, types[row].type, value.data, value.length);
    if (added < 0)
        return pki_crypto_error(err, NULL, "cannot add an alternative name");
    if (is_there(names, sk_GENERAL_NAME_value(names, sk_GENERAL_NAME_num(names) - 1)))
        GENERAL_NAME_free(sk_GENERAL_NAME_pop(names));
    return 0;
}

int pki_san_add(GENERAL_NAMES *names, struct slice list, bool wildcard, struct err *err)
{
    struct slice part;
    if (list.length == 0)
        return err_set(err, "an empty list of alternative names; \"%s\" would be right", types[0].example);
    while (slice_split(&list, ',', &part))
        if (pki_san_add_one(names, slice_trim(part), wildcard, err) < 0)
            return -1;
    return 0;
}
