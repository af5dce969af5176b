#include "postern/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/assert.h"

static const struct sockaddr_in *as_ipv4(const struct address *address)
{
    return (const struct sockaddr_in *)(const void *)&address->storage;
}

static const struct sockaddr_in6 *as_ipv6(const struct address *address)
{
    return (const struct sockaddr_in6 *)(const void *)&address->storage;
}

static const struct sockaddr_un *as_unix(const struct address *address)
{
    return (const struct sockaddr_un *)(const void *)&address->storage;
}

/* The host of an IPv4 address, or of one mapped into IPv6 (RFC 4291 §2.5.5.2), in network order. */
static bool ipv4_of(const struct address *address, uint32_t *out)
{
    if (address->storage.ss_family == AF_INET) {
        *out = as_ipv4(address)->sin_addr.s_addr;
        return true;
    }
    if (address->storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&as_ipv6(address)->sin6_addr)) {
        memcpy(out, &as_ipv6(address)->sin6_addr.s6_addr[12], sizeof(*out));
        return true;
    }
    return false;
}

static int parse_unix(struct slice path, struct address *out)
{
    struct sockaddr_un *name = (struct sockaddr_un *)(void *)&out->storage;
    if (path.length == 0 || path.length >= sizeof(name->sun_path) || slice_find(path, '\0') != path.length)
        return -1;
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path, path.data, path.length);
    out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.length + 1);
    return 0;
}

/* inet_pton wants a C string, and takes what a slice holds only if it holds no NUL. */
static bool to_binary(int family, struct slice host, void *out)
{
    char text[INET6_ADDRSTRLEN];
    if (host.length >= sizeof(text) || slice_find(host, '\0') != host.length)
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    return inet_pton(family, text, out) == 1;
}

int address_from_host(struct slice host, uint16_t port, struct address *out)
{
    *out = (struct address){0};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)&out->storage;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)(void *)&out->storage;
    if (to_binary(AF_INET, host, &ipv4->sin_addr)) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        out->length = sizeof(*ipv4);
        return 0;
    }
    if (host.length > 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
        host = slice_before(slice_after(host, 1), host.length - 2);
    if (to_binary(AF_INET6, host, &ipv6->sin6_addr)) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        out->length = sizeof(*ipv6);
        return 0;
    }
    return -1;
}

int address_parse(struct slice text, struct address *out)
{
    *out = (struct address){0};
    const struct slice prefix = SLICE_LITERAL("unix:");
    if (slice_starts_with(text, prefix))
        return parse_unix(slice_after(text, prefix.length), out);
    size_t colon = text.length;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    uint64_t port;
    if (colon == 0 || slice_to_u64(slice_after(text, colon), UINT16_MAX, &port) == false)
        return -1;
    struct slice host = slice_before(text, colon - 1);
    bool bracketed = host.length > 0 && host.data[0] == '[';
    if (!bracketed && slice_find(host, ':') != host.length)
        return -1; /* "::1:80" could be read in two ways */
    if (bracketed && slice_find(host, ':') == host.length)
        return -1;
    return address_from_host(host, (uint16_t)port, out);
}

const char *address_format_host(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
    uint32_t ipv4;
    if (address_is_unix(address))
        snprintf(out, ADDRESS_TEXT_SIZE, "unix");
    else if (ipv4_of(address, &ipv4))
        ASSERT(inet_ntop(AF_INET, &ipv4, out, ADDRESS_TEXT_SIZE) != NULL);
    else
        ASSERT(inet_ntop(AF_INET6, &as_ipv6(address)->sin6_addr, out, ADDRESS_TEXT_SIZE) != NULL);
    return out;
}

const char *address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
    if (address_is_unix(address)) {
        /* A client's unix socket has no name: then the length ends before the path. */
        size_t length = address->length > offsetof(struct sockaddr_un, sun_path)
                            ? strnlen(as_unix(address)->sun_path, sizeof(as_unix(address)->sun_path))
                            : 0;
        snprintf(out, ADDRESS_TEXT_SIZE, "unix:%.*s", (int)length, as_unix(address)->sun_path);
        return out;
    }
    char host[ADDRESS_TEXT_SIZE];
    bool brackets = strchr(address_format_host(address, host), ':') != NULL;
    snprintf(out, ADDRESS_TEXT_SIZE, brackets ? "[%.64s]:%u" : "%.64s:%u", host,
             (unsigned)address_port(address));
    return out;
}

uint16_t address_port(const struct address *address)
{
    switch (address->storage.ss_family) {
    case AF_INET:
        return ntohs(as_ipv4(address)->sin_port);
    case AF_INET6:
        return ntohs(as_ipv6(address)->sin6_port);
    default:
        return 0;
    }
}

bool address_is_unix(const struct address *address)
{
    return address->storage.ss_family == AF_UNIX;
}

bool address_same_host(const struct address *left, const struct address *right)
{
    uint32_t left_ipv4 = 0, right_ipv4 = 0;
    if (address_is_unix(left) || address_is_unix(right))
        return address_is_unix(left) && address_is_unix(right);
    bool left_is_ipv4 = ipv4_of(left, &left_ipv4);
    bool right_is_ipv4 = ipv4_of(right, &right_ipv4);
    if (left_is_ipv4 || right_is_ipv4)
        return left_is_ipv4 && right_is_ipv4 && left_ipv4 == right_ipv4;
    return memcmp(&as_ipv6(left)->sin6_addr, &as_ipv6(right)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

uint64_t address_client_key(const struct address *address)
{
    uint32_t ipv4;
    if (address_is_unix(address))
        return 0;
    if (ipv4_of(address, &ipv4)) {
        /* As a prefix this would be 0:ffff::/32, which is reserved (RFC 4291 §2.4): no IPv6 client has it. */
        return UINT64_C(0xffff) << 32 | ntohl(ipv4);
    }
    uint64_t key = 0;
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | as_ipv6(address)->sin6_addr.s6_addr[i];
    return key;
}

void address_set_port(struct address *address, uint16_t port)
{
    switch (address->storage.ss_family) {
    case AF_INET:
        ((struct sockaddr_in *)(void *)&address->storage)->sin_port = htons(port);
        break;
    case AF_INET6:
        ((struct sockaddr_in6 *)(void *)&address->storage)->sin6_port = htons(port);
        break;
    default:
        break;
    }
}
