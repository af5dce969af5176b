/* The control socket's side that listens: takes one line from each client, has it answered, sends the answer,
 * closes. Few clients at once, none slow: each has CONTROL_PATIENCE_MS to ask and to take the answer. An
 * answer may come later (a reload): until then the client is kept. */
#ifndef POSTERN_SUPERVISOR_CONTROL_LISTENER_H
#define POSTERN_SUPERVISOR_CONTROL_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/net/loop.h"
#include "postern/supervisor/control.h"

#define CONTROL_CLIENTS_MAX 32u
#define CONTROL_PATIENCE_MS 10000

struct control;
struct control_client;

/* Listen at path, mode 0600. A socket that nobody answers at is replaced; one that is answered at belongs to
 * another gateway, which is an error, as is anything there that is no socket.
 *   on_request  answers with control_answer(), now or later, exactly once; request is borrowed for the call
 * Returns NULL with err's text. */
NODISCARD struct control *control_open(struct loop *loop, const char *path,
                                       void (*on_request)(void *context, struct control_client *client,
                                                          struct slice request),
                                       void *context, struct err *err);
/* Ends all conversations, and removes the socket. NULL is nothing. */
void control_close(struct control *control);
/* Send a line (without its end) and close when it is sent. */
void control_answer(struct control_client *client, struct slice line);
/* The same with a descriptor beside it; borrows. */
void control_answer_with(struct control_client *client, struct slice line, int fd);
/* What the client waits for: set by the owner with an answer that comes later; 0 at first. */
void control_client_wait(struct control_client *client, uint64_t what);
/* Call each for those that wait for anything from first to last. It may answer them. */
void control_each_waiting(struct control *control, uint64_t first, uint64_t last,
                          void (*each)(void *context, struct control_client *client), void *context);

#endif
