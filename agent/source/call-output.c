#include "call-output.h"

#include "output.h"
#include "pipe.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* More than a terminal buffers. How much it holds is not known before it was read. */
enum { TERMINAL_REST = 4 * 65536 };

bool call_output_is_over(const struct call_output *output)
{
    return output->descriptor < 0 || (output->ending && output->left == 0);
}

bool call_output_is_wanted(const struct call_output *output)
{
    return !call_output_is_over(output) && output->window > 0 && output_has_room();
}

void call_output_close(struct call_output *output)
{
    if (output->descriptor >= 0)
        close(output->descriptor);
    output->descriptor = -1;
}

static size_t smaller(uint64_t one, uint64_t other)
{
    return (size_t)(one < other ? one : other);
}

/* A command that fills a pipe before we come to read has more to say, and each wait for us costs it dearly. */
static void grow(struct call_output *output)
{
    output->grown = output->terminal || fcntl(output->descriptor, F_SETPIPE_SZ, LARGE_PIPE) > 0;
}

/* False when there is no more to read now. */
static bool send_one(struct call_output *output, unsigned type, uint32_t id)
{
    size_t most = smaller(DATA_MAX, output->window);
    if (output->ending)
        most = smaller(most, output->left);
    uint8_t *space = output_reserve(most);
    ssize_t count = read(output->descriptor, space, most);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (errno == EAGAIN)
            output->left = 0;
        return false;
    }
    if (count <= 0) {
        call_output_close(output);
        return false;
    }
    output_data(type, id, (size_t)count);
    output->window -= (uint64_t)count;
    if (output->ending)
        output->left -= (uint64_t)count;
    else if ((size_t)count == DATA_MAX && !output->grown)
        grow(output);
    return output->ending || (size_t)count == most;
}

void call_output_send(struct call_output *output, unsigned type, uint32_t id)
{
    while (call_output_is_wanted(output) && send_one(output, type, id))
        continue;
}

void call_output_discard(struct call_output *output)
{
    static char nowhere[65536];
    ssize_t count = read(output->descriptor, nowhere, sizeof nowhere);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        call_output_close(output);
}

void call_output_end(struct call_output *output)
{
    int count = 0;
    output->ending = true;
    if (output->descriptor < 0)
        return;
    if (output->terminal)
        output->left = TERMINAL_REST;
    else if (ioctl(output->descriptor, FIONREAD, &count) == 0 && count > 0)
        output->left = (uint64_t)count;
}
