/* The request's direction of an exchange. */
#ifndef POSTERN_PROXY_EXCHANGE_REQUEST_H
#define POSTERN_PROXY_EXCHANGE_REQUEST_H

#include "exchange.h"

/* An upstream connection is there: write the head for it and begin to relay. False if it cannot be written.
 */
bool exchange_request_send(struct session *session);
/* Move the request on; also sees that the client goes away while it waits for its response. */
enum step exchange_request_step(struct session *session, size_t *budget);

#endif
