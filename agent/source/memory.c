#include "memory.h"

#include <stdlib.h>
#include <unistd.h>

void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        _exit(71);
    return memory;
}

void *resize(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (memory == NULL)
        _exit(71);
    return memory;
}
