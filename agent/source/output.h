/* The queue of frames to the host. */
#ifndef FLEDGE_OUTPUT_H
#define FLEDGE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds a frame; its payload, of `length` bytes, is to be written where the result points, at once. */
uint8_t *output_frame(unsigned type, uint32_t id, size_t length);

/* Answers a request: 0, or an errno and a message of two pieces. */
void output_done(uint32_t id, int error, const char *message, const char *detail);

/* Data of commands is taken only while there is room. Its frame is made when its length is known. */
bool output_has_room(void);
uint8_t *output_reserve(size_t length);
void output_data(unsigned type, uint32_t id, size_t length);

/* Writes what the port takes. An errno when it cannot be written to any more, 0 otherwise. */
int output_flush(int port);
bool output_is_waiting(void);

/* More than any sane host leaves unread: requests have to wait. */
bool output_is_flooded(void);
void output_drop(void);

#endif
