/* Names to addresses, without blocking and without files: the nameservers and the entries of /etc/hosts are
 * given, because a worker has no file access. On c-ares. Answers are kept for their TTL (5 s to 5 min), a
 * failure for 2 s; the last good answer serves while a new one cannot be had. */
#ifndef POSTERN_NET_RESOLVER_H
#define POSTERN_NET_RESOLVER_H

#include <stddef.h>

#include "postern/base/slice.h"
#include "postern/net/address.h"
#include "postern/net/loop.h"

#define RESOLVER_ADDRESSES_MAX 16
#define RESOLVER_NAMES_MAX     1024 /* kept in the cache; over it the oldest unused goes */

struct resolver;
struct resolver_query;

/*   resolv_conf, hosts  the text of the two files; borrowed for the call. resolv.conf(5), hosts(5). A
 *                       nameserver may have a port: 127.0.0.1:5353, [::1]:5353
 * c-ares opens /dev/urandom here, and nothing later: so before the process gives up its files. */
struct resolver *resolver_new(struct loop *loop, struct slice resolv_conf, struct slice hosts);
/* Pending queries are dropped: their done is not called. Not from inside done. NULL is nothing. */
void resolver_free(struct resolver *resolver);
/* Ask for host (a name or an address literal, IPv6 with or without brackets; borrows). done is called once,
 * perhaps before this returns (then NULL is returned: literals, /etc/hosts, what is in the cache); count 0:
 * not found, and error says why, a literal. The addresses are borrowed for the call of done. Returns a handle
 * for cancelling until done is called. */
struct resolver_query *resolver_ask(struct resolver *resolver, struct slice host, uint16_t port,
                                    void (*done)(void *context, const struct address *addresses, size_t count,
                                                 const char *error),
                                    void *context);
void resolver_cancel(struct resolver_query *query);

#endif
