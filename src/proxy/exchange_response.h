/* The response's direction of an exchange. */
#ifndef POSTERN_PROXY_EXCHANGE_RESPONSE_H
#define POSTERN_PROXY_EXCHANGE_RESPONSE_H

#include "exchange.h"

enum step exchange_response_step(struct session *session, size_t *budget);

#endif
