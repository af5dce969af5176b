/* Small settings of a socket that more than one kind of stream needs. All take a descriptor (borrows) and
 * ignore a kind of socket to which they do not apply. */
#ifndef POSTERN_NET_SOCKET_H
#define POSTERN_NET_SOCKET_H

/* Send what is written at once, without waiting to fill a segment. tcp(7), TCP_NODELAY. */
void socket_set_nodelay(int fd);
/* Let close(2) drop unsent data and send a reset. socket(7), SO_LINGER. */
void socket_set_reset(int fd);
/* The pending error, cleared by asking; 0 if none. socket(7), SO_ERROR. */
int socket_take_error(int fd);
/* Text of an errno value: a literal. */
const char *socket_error_text(int error_number);

#endif
