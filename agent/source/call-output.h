/* One of the two streams that come out of a command. */
#ifndef FLEDGE_CALL_OUTPUT_H
#define FLEDGE_CALL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct call_output {
    int descriptor; /* -1: closed */
    bool terminal;
    bool ending;     /* the process has ended; only `left` bytes are still sent */
    bool grown;      /* its pipe holds more than pipes do */
    uint64_t window; /* bytes that the host can take */
    uint64_t left;
};

/* Whether there is a point in waiting for it. */
bool call_output_is_wanted(const struct call_output *output);

/* Sends what can be sent now: until a frame is not full, or all of it when the process has ended. */
void call_output_send(struct call_output *output, unsigned type, uint32_t id);

/* Reads and drops. */
void call_output_discard(struct call_output *output);

/* The process has ended: what stands in the pipe is the rest. */
void call_output_end(struct call_output *output);
bool call_output_is_over(const struct call_output *output);
void call_output_close(struct call_output *output);

#endif
