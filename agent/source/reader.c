#include "reader.h"

#include "bytes.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

uint8_t *read_bytes(struct reader *reader, size_t length)
{
    if (reader->failed || reader->left < length) {
        reader->failed = true;
        return NULL;
    }
    uint8_t *bytes = reader->at;
    reader->at += length;
    reader->left -= length;
    return bytes;
}

uint8_t read8(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 1);
    return bytes == NULL ? 0 : bytes[0];
}

uint16_t read16(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 2);
    return bytes == NULL ? 0 : get16(bytes);
}

uint32_t read32(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 4);
    return bytes == NULL ? 0 : get32(bytes);
}

uint64_t read64(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 8);
    return bytes == NULL ? 0 : get64(bytes);
}

char *read_string(struct reader *reader)
{
    static char nothing[1];
    uint8_t *start = reader->at;
    uint32_t length = read32(reader);
    uint8_t *bytes = read_bytes(reader, length);
    if (bytes == NULL || memchr(bytes, 0, length) != NULL) {
        reader->failed = true;
        nothing[0] = 0;
        return nothing;
    }
    memmove(start, bytes, length);
    start[length] = 0;
    return (char *)start;
}

char **read_strings(struct reader *reader, size_t *count)
{
    *count = read32(reader);
    if (reader->failed || *count > reader->left / 4) {
        reader->failed = true;
        return NULL;
    }
    char **strings = allocate((*count + 1) * sizeof *strings);
    for (size_t i = 0; i < *count && !reader->failed; i++)
        strings[i] = read_string(reader);
    if (reader->failed) {
        free(strings);
        return NULL;
    }
    return strings;
}
