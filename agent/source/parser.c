#include "parser.h"

#include "bytes.h"
#include "memory.h"
#include "protocol.h"

#include <stdlib.h>
#include <string.h>

enum { ORDINARY = 4 * (65536 + FRAME_HEADER) };

static bool header_is_valid(const uint8_t *header)
{
    return get16(header) == FRAME_MAGIC && header[2] == FRAME_VERSION &&
           get32(header + 8) <= FRAME_PAYLOAD_MAX;
}

static bool header_is_hello(const uint8_t *header)
{
    return header_is_valid(header) && header[3] == HELLO && get32(header + 8) == HELLO_SIZE;
}

/* Of the frame that has begun; of a header when not even that is there. */
static size_t frame_size(const struct parser *parser)
{
    if (parser->end - parser->start < FRAME_HEADER)
        return FRAME_HEADER;
    return FRAME_HEADER + get32(parser->bytes + parser->start + 8);
}

uint8_t *parser_space(struct parser *parser, size_t *room)
{
    size_t held = parser->end - parser->start;
    size_t wanted = parser->lost ? FRAME_HEADER : frame_size(parser);
    if (held == 0 && parser->capacity > ORDINARY) {
        free(parser->bytes); /* a large request does not keep its memory */
        *parser = (struct parser){.lost = parser->lost};
    }
    if (held > 0 && (parser->capacity - parser->start < wanted || parser->end == parser->capacity))
        memmove(parser->bytes, parser->bytes + parser->start, held);
    else if (held > 0)
        goto done;
    parser->start = 0;
    parser->end = held;
    if (wanted < ORDINARY)
        wanted = ORDINARY;
    if (parser->capacity < wanted) {
        parser->bytes = resize(parser->bytes, wanted);
        parser->capacity = wanted;
    }
done:
    *room = parser->capacity - parser->end;
    return parser->bytes + parser->end;
}

void parser_added(struct parser *parser, size_t count)
{
    parser->end += count;
}

static void find_hello(struct parser *parser)
{
    while (parser->end - parser->start >= FRAME_HEADER) {
        if (header_is_hello(parser->bytes + parser->start)) {
            parser->lost = false;
            return;
        }
        parser->start++;
    }
}

bool parser_next(struct parser *parser, struct frame *frame)
{
    if (parser->lost)
        find_hello(parser);
    else if (parser->end - parser->start >= FRAME_HEADER && !header_is_valid(parser->bytes + parser->start)) {
        parser->lost = true;
        find_hello(parser);
    }
    size_t size = frame_size(parser);
    if (parser->lost || parser->end - parser->start < size)
        return false;
    uint8_t *header = parser->bytes + parser->start;
    frame->type = header[3];
    frame->id = get32(header + 4);
    frame->payload = header + FRAME_HEADER;
    frame->length = (uint32_t)(size - FRAME_HEADER);
    parser->start += size;
    return true;
}

void parser_lose(struct parser *parser)
{
    parser->start = parser->end = 0;
    parser->lost = true;
}

void parser_free(struct parser *parser)
{
    free(parser->bytes);
    *parser = (struct parser){0};
}
