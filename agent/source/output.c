#include "output.h"

#include "bytes.h"
#include "memory.h"
#include "protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ORDINARY = 8 * 65536,  /* what is kept when the queue is empty */
    ROOM = 4 * 65536,      /* data of commands is added below this */
    FLOOD = 8 * 1048576,
};

static uint8_t *bytes;
static size_t capacity, start, end;

static void make_room(size_t length)
{
    if (capacity - end >= length)
        return;
    if (start > 0)
        memmove(bytes, bytes + start, end - start);
    end -= start;
    start = 0;
    if (capacity - end >= length)
        return;
    size_t wanted = capacity == 0 ? ORDINARY : capacity;
    while (wanted - end < length)
        wanted *= 2;
    bytes = resize(bytes, wanted);
    capacity = wanted;
}

static void put_header(unsigned type, uint32_t id, size_t length)
{
    uint8_t *header = bytes + end;
    put16(header, FRAME_MAGIC);
    header[2] = FRAME_VERSION;
    header[3] = (uint8_t)type;
    put32(header + 4, id);
    put32(header + 8, (uint32_t)length);
}

uint8_t *output_frame(unsigned type, uint32_t id, size_t length)
{
    make_room(FRAME_HEADER + length);
    put_header(type, id, length);
    uint8_t *payload = bytes + end + FRAME_HEADER;
    end += FRAME_HEADER + length;
    return payload;
}

void output_done(uint32_t id, int error, const char *message, const char *detail)
{
    size_t first = strlen(message);
    size_t second = strnlen(detail, 4096);
    uint8_t *payload = output_frame(DONE, id, 8 + first + second);
    put32(payload, (uint32_t)error);
    put32(payload + 4, (uint32_t)(first + second));
    memcpy(payload + 8, message, first);
    memcpy(payload + 8 + first, detail, second);
}

bool output_has_room(void)
{
    return end - start < ROOM;
}

uint8_t *output_reserve(size_t length)
{
    make_room(FRAME_HEADER + length);
    return bytes + end + FRAME_HEADER;
}

void output_data(unsigned type, uint32_t id, size_t length)
{
    put_header(type, id, length);
    end += FRAME_HEADER + length;
}

int output_flush(int port)
{
    while (start < end) {
        ssize_t count = write(port, bytes + start, end - start);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN)
            return errno;
        if (count <= 0)
            return 0;
        start += (size_t)count;
    }
    output_drop();
    return 0;
}

bool output_is_waiting(void)
{
    return start < end;
}

bool output_is_flooded(void)
{
    return end - start > FLOOD;
}

void output_drop(void)
{
    start = end = 0;
    if (capacity > ORDINARY) {
        free(bytes);
        bytes = NULL;
        capacity = 0;
    }
}
