#include "call-input.h"

#include "memory.h"
#include "pipe.h"
#include "protocol.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAPACITY = STDIN_WINDOW_SIZE + 1, GRANT = STDIN_WINDOW_SIZE / 4 };

/* How many were taken. A reader that is gone takes everything. */
static size_t write_some(struct call_input *input, const uint8_t *bytes, size_t length)
{
    ssize_t count;
    do
        count = write(input->descriptor, bytes, length);
    while (count < 0 && errno == EINTR);
    if (count >= 0)
        return (size_t)count;
    if (errno == EAGAIN)
        return 0;
    call_input_close(input);
    return length;
}

/* A command that reads more slowly than we write can have more before it. */
static void grow(struct call_input *input)
{
    input->grown = true;
    fcntl(input->descriptor, F_SETPIPE_SZ, LARGE_PIPE);
}

static void keep(struct call_input *input, const uint8_t *bytes, size_t length)
{
    if (input->queue == NULL)
        input->queue = allocate(CAPACITY);
    if (CAPACITY - input->end < length) {
        memmove(input->queue, input->queue + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (CAPACITY - input->end < length)
        return; /* the host does not keep to its window */
    memcpy(input->queue + input->end, bytes, length);
    input->end += length;
}

void call_input_add(struct call_input *input, const uint8_t *bytes, size_t length)
{
    size_t taken = 0;
    if (input->descriptor < 0)
        taken = length;
    else if (!call_input_is_waiting(input))
        taken = write_some(input, bytes, length);
    input->taken += (uint32_t)taken;
    if (taken < length && !input->terminal && !input->grown)
        grow(input);
    if (taken < length)
        keep(input, bytes + taken, length - taken);
}

bool call_input_is_waiting(const struct call_input *input)
{
    return input->start < input->end;
}

static void finish(struct call_input *input)
{
    input->ending = false;
    if (!input->terminal) {
        call_input_close(input);
        return;
    }
    uint8_t typed = (uint8_t)terminal_end_of_file(input->descriptor);
    if (write_some(input, &typed, 1) == 0)
        keep(input, &typed, 1);
}

void call_input_write(struct call_input *input)
{
    size_t taken = write_some(input, input->queue + input->start, input->end - input->start);
    input->taken += (uint32_t)taken;
    if (input->descriptor < 0)
        return;
    input->start += taken;
    if (input->start < input->end)
        return;
    input->start = input->end = 0;
    if (input->ending)
        finish(input);
}

void call_input_end(struct call_input *input)
{
    if (input->descriptor < 0)
        return;
    if (call_input_is_waiting(input))
        input->ending = true;
    else
        finish(input);
}

uint32_t call_input_grant(struct call_input *input)
{
    if (input->taken < GRANT)
        return 0;
    uint32_t granted = input->taken;
    input->taken = 0;
    return granted;
}

void call_input_close(struct call_input *input)
{
    if (input->descriptor >= 0)
        close(input->descriptor);
    free(input->queue);
    input->descriptor = -1;
    input->queue = NULL;
    input->start = input->end = 0;
    input->ending = false;
}
