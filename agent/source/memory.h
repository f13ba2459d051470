/* Allocation that ends the agent when there is no memory left: systemd starts it again. */
#ifndef FLEDGE_MEMORY_H
#define FLEDGE_MEMORY_H

#include <stddef.h>

void *allocate(size_t size);            /* zeroed */
void *resize(void *memory, size_t size); /* keeps what is there */

#endif
