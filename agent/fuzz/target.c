/* The parser and the decoders of requests, fed with anything. Nothing is carried out. */
#include "exec-request.h"
#include "parser.h"
#include "protocol.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const struct frame *frame)
{
    struct reader reader = {.at = frame->payload, .left = frame->length};
    struct exec_request request;
    size_t count;
    if (frame->type == EXEC) {
        if (exec_request_read(&request, &reader))
            exec_request_free(&request);
        return;
    }
    /* MOUNT has every kind of field. */
    read32(&reader);
    for (int i = 0; i < 4; i++)
        read_string(&reader);
    free(read_strings(&reader, &count));
    read64(&reader);
    read16(&reader);
    read8(&reader);
}

/* The first byte says in what pieces the rest comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parser parser = {0};
    size_t piece = size == 0 ? 1 : (size_t)data[0] * 16 + 1;
    for (size_t at = 1; at < size;) {
        size_t room;
        uint8_t *space = parser_space(&parser, &room);
        size_t count = size - at < piece ? size - at : piece;
        if (room == 0)
            abort(); /* the agent would hang */
        if (count > room)
            count = room;
        memcpy(space, data + at, count);
        parser_added(&parser, count);
        at += count;
        for (struct frame frame; parser_next(&parser, &frame);)
            decode(&frame);
    }
    parser_free(&parser);
    return 0;
}
