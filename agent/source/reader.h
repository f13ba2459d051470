/* Reads the fields of a payload. A field that is not there sets `failed` and reads as zero. */
#ifndef FLEDGE_READER_H
#define FLEDGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    uint8_t *at;
    size_t left;
    bool failed;
};

uint8_t read8(struct reader *reader);
uint16_t read16(struct reader *reader);
uint32_t read32(struct reader *reader);
uint64_t read64(struct reader *reader);
uint8_t *read_bytes(struct reader *reader, size_t length); /* NULL when they are not there */

/* A string, terminated in place: it moves onto its own length. Never NULL. */
char *read_string(struct reader *reader);

/* A count and as many strings, with a NULL behind the last; to be freed. NULL when malformed. */
char **read_strings(struct reader *reader, size_t *count);

#endif
