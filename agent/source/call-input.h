/* What goes into a command, and has not yet been taken by it. */
#ifndef FLEDGE_CALL_INPUT_H
#define FLEDGE_CALL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call_input {
    int descriptor; /* -1: closed; what still comes is dropped */
    bool terminal;
    bool grown;  /* its pipe holds more than pipes do */
    bool ending; /* closed when the queue is empty */
    uint8_t *queue;
    size_t start, end;
    uint32_t taken; /* bytes that the host may send again and does not know of */
};

void call_input_add(struct call_input *input, const uint8_t *bytes, size_t length);
void call_input_end(struct call_input *input);
void call_input_write(struct call_input *input);
bool call_input_is_waiting(const struct call_input *input);

/* How many bytes to tell the host of, 0 when it is too early. */
uint32_t call_input_grant(struct call_input *input);
void call_input_close(struct call_input *input);

#endif
