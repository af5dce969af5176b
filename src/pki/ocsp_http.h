/* OCSP over HTTP: POST, and GET with the request in the path. RFC 6960 appendix A, RFC 5019 §5 and §6. */
#ifndef POSTERN_SRC_PKI_OCSP_HTTP_H
#define POSTERN_SRC_PKI_OCSP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/pki/ocsp.h"
#include "postern/web/server.h"

/* Answer a request if it is one of OCSP: POST of application/ocsp-request to "/" or "/ocsp", GET of
 * "/ocsp/BASE64" or "/BASE64". False if it is not. */
bool ocsp_http_answer(struct ocsp_responder *responder, struct web_server *server, uint64_t number,
                      const struct web_request *request, int64_t now_s);

#endif
