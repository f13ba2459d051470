/* Short strings, without the weight of printf. */
#ifndef FLEDGE_TEXT_H
#define FLEDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Puts three strings together. When they do not fit, the result is empty and false. */
bool join(char *buffer, size_t size, const char *first, const char *second, const char *third);

struct decimal {
    char digits[24];
};
struct decimal decimal(uint64_t value);

/* The value of a string of digits, or -1. */
int64_t parse_decimal(const char *text);

/* The contents of a small file, terminated and cut at `size`; its length, or -1. */
ptrdiff_t read_text(int folder, const char *path, char *buffer, size_t size);

/* Writes to a file that exists. */
bool write_text(int folder, const char *path, const char *text);

#endif
