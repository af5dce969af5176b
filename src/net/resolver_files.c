#include "resolver_files.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

int host_name_normalise(struct slice text, char out[HOST_NAME_SIZE])
{
    if (text.length > 0 && text.data[text.length - 1] == '.')
        text.length--;
    if (text.length == 0 || text.length >= HOST_NAME_SIZE)
        return -1;
    for (size_t i = 0; i < text.length; i++) {
        char byte = ascii_lower(text.data[i]);
        if (!ascii_is_alpha(byte) && !ascii_is_digit(byte) && byte != '-' && byte != '.' && byte != '_')
            return -1;
        out[i] = byte;
    }
    out[text.length] = '\0';
    return 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The next word of a line. */
static bool take_word(struct slice *line, struct slice *word)
{
    size_t begin = 0;
    while (begin < line->length && is_blank(line->data[begin]))
        begin++;
    size_t end = begin;
    while (end < line->length && !is_blank(line->data[end]))
        end++;
    *word = slice_of(line->data + begin, end - begin);
    *line = slice_after(*line, end);
    return word->length > 0;
}

static bool take_line(struct slice *text, struct slice *line)
{
    return slice_split(text, '\n', line);
}

static void parse_server(struct slice word, struct resolv_conf *out)
{
    word = slice_before(word, slice_find(word, '%')); /* a scope needs an interface, which we do not have */
    if (out->server_count == RESOLV_SERVERS_MAX)
        return;
    struct address *server = &out->servers[out->server_count];
    /* LENIENT: an address with a port too, for a resolver that listens elsewhere. */
    if (address_from_host(word, 53, server) == 0 ||
        (address_parse(word, server) == 0 && !address_is_unix(server)))
        out->server_count++;
}

static void parse_domains(struct slice line, struct resolv_conf *out)
{
    struct slice word;
    out->domain_count = 0; /* the last line wins */
    while (out->domain_count < RESOLV_DOMAINS_MAX && take_word(&line, &word))
        if (host_name_normalise(word, out->domains[out->domain_count]) == 0)
            out->domain_count++;
}

static bool option_value(struct slice word, struct slice name, uint64_t maximum, int *out)
{
    uint64_t value;
    if (!slice_starts_with(word, name) || !slice_to_u64(slice_after(word, name.length), UINT32_MAX, &value))
        return false;
    *out = (int)(value < maximum ? value : maximum);
    return true;
}

static void parse_options(struct slice line, struct resolv_conf *out)
{
    struct slice word;
    while (take_word(&line, &word)) {
        int timeout_s;
        if (option_value(word, SLICE_LITERAL("timeout:"), 30, &timeout_s) && timeout_s > 0)
            out->timeout_ms = timeout_s * 1000;
        else if (option_value(word, SLICE_LITERAL("ndots:"), 15, &out->ndots))
            continue;
        else if (option_value(word, SLICE_LITERAL("attempts:"), 5, &out->attempts))
            out->attempts = out->attempts > 0 ? out->attempts : 1;
        else if (slice_equal_text(word, "rotate"))
            out->rotate = true;
    }
}

void resolv_conf_parse(struct slice text, struct resolv_conf *out)
{
    *out = (struct resolv_conf){.ndots = 1, .timeout_ms = 2000, .attempts = 2};
    struct slice line, word;
    while (take_line(&text, &line)) {
        if (!take_word(&line, &word))
            continue;
        if (slice_equal_text(word, "nameserver") && take_word(&line, &word))
            parse_server(word, out);
        else if (slice_equal_text(word, "search") || slice_equal_text(word, "domain"))
            parse_domains(line, out);
        else if (slice_equal_text(word, "options"))
            parse_options(line, out);
    }
    if (out->server_count == 0)
        parse_server(SLICE_LITERAL("127.0.0.1"), out);
}

static void hosts_add(struct hosts *hosts, const char *name, const struct address *address)
{
    if (hosts->count == hosts->capacity) {
        hosts->capacity = hosts->capacity == 0 ? 16 : hosts->capacity * 2;
        hosts->entries = xreallocarray(hosts->entries, hosts->capacity, sizeof(hosts->entries[0]));
    }
    struct hosts_entry *entry = &hosts->entries[hosts->count++];
    memcpy(entry->name, name, strlen(name) + 1);
    entry->address = *address;
}

void hosts_parse(struct slice text, struct hosts *out)
{
    *out = (struct hosts){0};
    struct slice line, word;
    while (take_line(&text, &line)) {
        struct address address;
        line = slice_before(line, slice_find(line, '#'));
        if (!take_word(&line, &word) || address_from_host(word, 0, &address) != 0)
            continue;
        while (take_word(&line, &word) && out->count < HOSTS_NAMES_MAX) {
            char name[HOST_NAME_SIZE];
            if (host_name_normalise(word, name) == 0)
                hosts_add(out, name, &address);
        }
    }
}

void hosts_clear(struct hosts *hosts)
{
    free(hosts->entries);
    *hosts = (struct hosts){0};
}

size_t hosts_find(const struct hosts *hosts, const char *name, uint16_t port, struct address *out,
                  size_t size)
{
    size_t found = 0;
    for (size_t i = 0; i < hosts->count && found < size; i++) {
        if (strcmp(hosts->entries[i].name, name) == 0) {
            out[found] = hosts->entries[i].address;
            address_set_port(&out[found], port);
            found++;
        }
    }
    return found;
}
