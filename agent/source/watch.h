/* What the agent waits for: the one place where it sleeps. */
#ifndef FLEDGE_WATCH_H
#define FLEDGE_WATCH_H

#include <stdint.h>

/* Called when the descriptor is ready. It must not free `owner`; that is for the end of the round. */
typedef void watch_ready(void *owner, int descriptor, short events);

/* For the coming round only. */
void watch(int descriptor, short events, watch_ready *ready, void *owner);
void watch_until(uint64_t time);

/* Sleeps until something is ready or the time has come, and calls what is ready.
 * Returns how many were ready. */
int watch_round(void);

uint64_t now_ms(void);

#endif
