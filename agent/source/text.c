#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool join(char *buffer, size_t size, const char *first, const char *second, const char *third)
{
    const char *pieces[] = {first, second, third};
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(pieces[i]);
        if (length >= size - used) {
            buffer[0] = 0;
            return false;
        }
        memcpy(buffer + used, pieces[i], length);
        used += length;
    }
    buffer[used] = 0;
    return true;
}

struct decimal decimal(uint64_t value)
{
    struct decimal result = {0};
    char backward[24];
    size_t length = 0;
    do {
        backward[length++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < length; i++)
        result.digits[i] = backward[length - 1 - i];
    return result;
}

int64_t parse_decimal(const char *text)
{
    int64_t value = 0;
    if (*text == 0)
        return -1;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9' || value > 99999999999)
            return -1;
        value = value * 10 + (*text - '0');
    }
    return value;
}

ptrdiff_t read_text(int folder, const char *path, char *buffer, size_t size)
{
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    size_t used = 0;
    ssize_t count = 1;
    while (count != 0 && used < size - 1) {
        count = read(file, buffer + used, size - 1 - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        used += (size_t)count;
    }
    close(file);
    buffer[used] = 0;
    return count < 0 ? -1 : (ptrdiff_t)used;
}

bool write_text(int folder, const char *path, const char *text)
{
    int file = openat(folder, path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool written = write(file, text, strlen(text)) >= 0;
    int error = errno;
    close(file);
    errno = error;
    return written;
}
