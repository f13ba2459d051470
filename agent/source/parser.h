/* Cuts the bytes of the port into frames, and finds the way back when the sides lose each other. */
#ifndef FLEDGE_PARSER_H
#define FLEDGE_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame {
    uint8_t type;
    uint32_t id;
    uint8_t *payload; /* may be changed; stands until the next parser_space() */
    uint32_t length;
};

struct parser {
    uint8_t *bytes;
    size_t capacity;
    size_t start, end; /* what has been read and not yet been taken */
    bool lost;         /* only a HELLO is listened for */
};

/* Where to put the next bytes that are read, and how many fit. */
uint8_t *parser_space(struct parser *parser, size_t *room);
void parser_added(struct parser *parser, size_t count);

/* Takes the next whole frame, if there is one. */
bool parser_next(struct parser *parser, struct frame *frame);

/* Forgets everything and waits for a HELLO. */
void parser_lose(struct parser *parser);

void parser_free(struct parser *parser);

#endif
