#include "postern/config/presets.h"

#include "owned_names.h"

#define LENGTH_LIMIT 65 /* names that are ours are shorter */

static const char *const preset_names[PRESET_COUNT] = {
    [PRESET_POSTERN] = "postern",
    [PRESET_CERTWIZ] = "certwiz",
    [PRESET_XFCC] = "xfcc",
    [PRESET_RFC9440] = "rfc9440",
};

static const struct preset_field fields[] = {
    {PRESET_POSTERN, "X-Client-Verify", PRESET_FORM_VARIABLE, TEMPLATE_VERIFY},
    {PRESET_POSTERN, "X-Client-DN", PRESET_FORM_VARIABLE, TEMPLATE_SUBJECT},
    {PRESET_POSTERN, "X-Client-CN", PRESET_FORM_VARIABLE, TEMPLATE_CN},
    {PRESET_POSTERN, "X-Client-Serial", PRESET_FORM_VARIABLE, TEMPLATE_SERIAL},
    {PRESET_POSTERN, "X-Client-Fingerprint", PRESET_FORM_VARIABLE, TEMPLATE_FINGERPRINT},
    {PRESET_POSTERN, "X-Client-Not-After", PRESET_FORM_VARIABLE, TEMPLATE_NOT_AFTER},
    {PRESET_POSTERN, "X-Client-Domain", PRESET_FORM_VARIABLE, TEMPLATE_OU},
    {PRESET_CERTWIZ, "X-Client-Cert-Subject", PRESET_FORM_VARIABLE, TEMPLATE_SUBJECT},
    {PRESET_CERTWIZ, "X-Client-Cert-Issuer", PRESET_FORM_VARIABLE, TEMPLATE_ISSUER},
    {PRESET_CERTWIZ, "X-Client-Serial", PRESET_FORM_VARIABLE, TEMPLATE_SERIAL},
    {PRESET_CERTWIZ, "X-Client-Verify", PRESET_FORM_VARIABLE, TEMPLATE_VERIFY},
    {PRESET_XFCC, "X-Forwarded-Client-Cert", PRESET_FORM_XFCC, TEMPLATE_LITERAL},
    {PRESET_RFC9440, "Client-Cert", PRESET_FORM_CLIENT_CERT, TEMPLATE_LITERAL},
    {PRESET_RFC9440, "Client-Cert-Chain", PRESET_FORM_CLIENT_CERT_CHAIN, TEMPLATE_LITERAL},
};

static const char *const forwarding_names[] = {
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "X-Request-ID",
};

struct owned_names {
    uint64_t lengths[2]; /* bit n: a name of n bytes is in the table */
    size_t mask;
    struct slice *slots; /* empty slices are free */
};

const char *preset_name(enum preset preset)
{
    return preset_names[preset];
}

const struct preset_field *preset_fields(size_t *count)
{
    *count = LENGTH_OF(fields);
    return fields;
}

/* As a backend may see the byte: CGI and WSGI make '_' of '-', and some of any other byte that is no letter
 * or digit. */
static char folded(char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return byte;
    if (byte >= 'A' && byte <= 'Z')
        return (char)(byte + ('a' - 'A'));
    return byte >= '0' && byte <= '9' ? byte : '-';
}

bool config_same_name(struct slice left, struct slice right)
{
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++)
        if (folded(left.data[i]) != folded(right.data[i]))
            return false;
    return true;
}

bool config_forwarding_name(struct slice name)
{
    if (name.length == 0 || folded(name.data[0]) != 'x')
        return false;
    for (size_t i = 0; i < LENGTH_OF(forwarding_names); i++)
        if (config_same_name(name, slice_text(forwarding_names[i])))
            return true;
    return false;
}

/* FNV-1a. The table's names are the operator's, so nobody outside can crowd it. */
static size_t hash(struct slice name)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < name.length; i++)
        value = (value ^ (unsigned char)folded(name.data[i])) * 16777619u;
    return value;
}

/* The slot that holds the name, or the free one where it belongs. */
static struct slice *find_slot(const struct owned_names *names, struct slice name)
{
    size_t i = hash(name) & names->mask;
    while (names->slots[i].length != 0 && !config_same_name(names->slots[i], name))
        i = (i + 1) & names->mask;
    return &names->slots[i];
}

static void add(struct owned_names *names, const char *text)
{
    struct slice name = slice_text(text);
    *find_slot(names, name) = name;
    names->lengths[name.length / 64] |= UINT64_C(1) << name.length % 64;
}

struct owned_names *owned_names_new(struct arena *arena, const struct config_identity *identity)
{
    size_t size = 1;
    while (size < 2 * (LENGTH_OF(fields) + identity->field_count))
        size *= 2;
    struct owned_names *names = arena_alloc(arena, sizeof(*names));
    struct slice *slots = arena_alloc(arena, size * sizeof(*slots));
    if (names == NULL || slots == NULL)
        return NULL;
    names->mask = size - 1;
    names->slots = slots;
    for (size_t i = 0; i < LENGTH_OF(fields); i++)
        add(names, fields[i].name);
    for (size_t i = 0; i < identity->field_count; i++)
        add(names, identity->fields[i].name);
    return names;
}

bool config_owned_name(const struct config *config, struct slice name)
{
    if (name.length == 0 || name.length >= LENGTH_LIMIT)
        return false;
    char first = folded(name.data[0]);
    if (first != 'x' && first != 'c')
        return false;
    const struct owned_names *names = config->owned;
    if ((names->lengths[name.length / 64] >> name.length % 64 & 1) == 0)
        return false;
    return find_slot(names, name)->length != 0;
}
