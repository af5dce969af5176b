/* Telling systemd: a datagram to the socket named by NOTIFY_SOCKET. sd_notify(3). Nothing if it is not set.
 */
#ifndef POSTERN_SUPERVISOR_NOTIFY_H
#define POSTERN_SUPERVISOR_NOTIFY_H

/* state: "READY=1", "STOPPING=1", lines joined by line feeds. Best effort. */
void notify_service_manager(const char *state);

#endif
