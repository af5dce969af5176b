/* An upgraded connection: bytes both ways, bounded and without meaning to us, until both sides have ended or
 * one is silent for too long. Only after the upstream's 101 (H24). */
#ifndef POSTERN_PROXY_TUNNEL_H
#define POSTERN_PROXY_TUNNEL_H

#include "exchange.h"

/* The 101 stands in session->out; what either side has sent behind its head stands in its buffer. */
void tunnel_begin(struct session *session);
/* EXCHANGE_TUNNEL. */
enum step tunnel_step(struct session *session, size_t *budget);

#endif
