/* The way to the host: opened by name or path, or inherited; it can hang up and come back. */
#ifndef FLEDGE_PORT_H
#define FLEDGE_PORT_H

#include <stdbool.h>

/* Exactly one of them, or neither: the virtio port of the agent's name. */
void port_use(const char *path, int descriptor);

/* Opens the port where that is due, and watches it for the coming round. */
void port_watch(void);

/* Writes what is queued. */
void port_flush(void);

#endif
