/* Runs a folder of inputs, and mutates them for a number of rounds, where there is no libFuzzer. Seeded: a finding repeats. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 256, LARGEST = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t bytes[LARGEST];
    size_t size;
};

static struct input corpus[INPUTS];
static size_t count;
static uint64_t state;

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return limit == 0 ? 0 : (size_t)(state % limit);
}

static void load(const char *folder)
{
    DIR *list = opendir(folder);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL && count < INPUTS;) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file == NULL)
            continue;
        corpus[count].size = fread(corpus[count].bytes, 1, LARGEST, file);
        count += corpus[count].size > 0;
        fclose(file);
    }
    if (list != NULL)
        closedir(list);
}

/* A copy of its exact size, so that reading past its end is seen. */
static void run(const struct input *input)
{
    uint8_t *exact = malloc(input->size);
    if (exact == NULL)
        exit(71);
    memcpy(exact, input->bytes, input->size);
    LLVMFuzzerTestOneInput(exact, input->size);
    free(exact);
}

static void mutate(struct input *input)
{
    static const uint8_t edges[] = {0, 1, 4, 12, 127, 128, 255};
    for (size_t i = below(8); i > 0; i--) {
        size_t at = below(input->size);
        switch (below(5)) {
        case 0: input->bytes[at] ^= (uint8_t)(1U << below(8)); break;
        case 1: input->bytes[at] = edges[below(sizeof edges)]; break;
        case 2: input->size = 1 + at; break;
        case 3: /* another input behind this one */
        {
            const struct input *other = &corpus[below(count)];
            size_t length = below(other->size) + 1;
            if (length > LARGEST - input->size)
                break;
            memcpy(input->bytes + input->size, other->bytes + (other->size - length), length);
            input->size += length;
            break;
        }
        default: memmove(input->bytes + at, input->bytes + at + 1, input->size - at - 1); break;
        }
    }
}

int main(int argc, char **argv)
{
    static struct input input;
    if (argc != 4)
        return 64;
    load(argv[1]);
    if (count == 0) {
        fprintf(stderr, "no corpus in %s\n", argv[1]);
        return 66;
    }
    state = strtoull(argv[3], NULL, 10) * 2654435761U + 88172645463325252U;
    unsigned long rounds = strtoul(argv[2], NULL, 10);
    for (size_t i = 0; i < count; i++)
        run(&corpus[i]);
    for (unsigned long round = 0; round < rounds; round++) {
        const struct input *chosen = &corpus[below(count)];
        memcpy(input.bytes, chosen->bytes, input.size = chosen->size);
        mutate(&input);
        run(&input);
    }
    printf("%lu rounds of %zu inputs, seed %s\n", rounds, count, argv[3]);
    return 0;
}
