/* Socket addresses as text and back: "127.0.0.1:8443", "[::1]:8443", "unix:/run/app.sock". No names: those
 * are the resolver's. */
#ifndef POSTERN_NET_ADDRESS_H
#define POSTERN_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define ADDRESS_TEXT_SIZE (sizeof(((struct sockaddr_un *)0)->sun_path) + 8)

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* Returns 0, or -1 if it is none of the three forms. A port is needed; 0 is allowed. */
NODISCARD int address_parse(struct slice text, struct address *out);
/* A literal IPv4 or IPv6 address, the latter with or without brackets. Returns 0, or -1 if it is no literal.
 */
NODISCARD int address_from_host(struct slice host, uint16_t port, struct address *out);
/* As above, in canonical form; an IPv4 address mapped into IPv6 as IPv4. Returns out. */
const char *address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE]);
/* Without port: "127.0.0.1", "::1", "unix". */
const char *address_format_host(const struct address *address, char out[ADDRESS_TEXT_SIZE]);
uint16_t address_port(const struct address *address);
/* A unix address has none, and stays as it is. */
void address_set_port(struct address *address, uint16_t port);
bool address_is_unix(const struct address *address);
/* Same host, whatever the port. */
bool address_same_host(const struct address *left, const struct address *right);
/* Key of a limit per client: the IPv4 address, or the IPv6 /64. */
uint64_t address_client_key(const struct address *address);

#endif
