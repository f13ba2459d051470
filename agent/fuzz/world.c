/* Names in parentheses are the real ones. */
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const uint8_t *answers;
static size_t answer_count, answered;
static int descriptors;

void world_answer(const uint8_t *bytes, size_t size)
{
    answers = bytes;
    answer_count = size;
    answered = 0;
}

static uint8_t next_answer(void)
{
    return answer_count == 0 ? 0 : answers[answered++ % answer_count];
}

int world_verdict(int unused, ...)
{
    static const int reasons[] = {EPERM, ENOENT, EEXIST, EAGAIN, EACCES, EBUSY, EPIPE, EINVAL};
    uint8_t answer = next_answer();
    if (answer % 2 == 0)
        return unused;
    errno = reasons[answer / 2 % (sizeof reasons / sizeof reasons[0])];
    return -1;
}

int world_descriptor(void)
{
    int descriptor = memfd_create("fuzzed", MFD_CLOEXEC);
    descriptors += descriptor >= 0;
    return descriptor;
}

int world_open_descriptors(void)
{
    return descriptors;
}

int world_close(int descriptor)
{
    descriptors--;
    return (close)(descriptor);
}

int world_open(const char *path)
{
    if (world_verdict(0) != 0)
        return -1;
    int file = world_descriptor();
    if (strncmp(path, "/etc/", 5) == 0 && answer_count > 0 && pwrite(file, answers, answer_count, 0) < 0)
        abort();
    return file;
}

ssize_t world_write(int descriptor, const void *bytes, size_t length)
{
    if (descriptor == WORLD_PORT) {
        world_said(bytes, length);
        return (ssize_t)length;
    }
    if (world_verdict(0) != 0)
        return -1;
    return (ssize_t)(length * next_answer() / 255);
}

ssize_t world_read(int descriptor, void *bytes, size_t length)
{
    (void)descriptor;
    if (world_verdict(0) != 0)
        return -1;
    length = length * next_answer() / 255;
    memset(bytes, 'x', length);
    return (ssize_t)length;
}

int world_poll(struct pollfd *polled, nfds_t count)
{
    for (nfds_t i = 0; i < count; i++)
        polled[i].revents = polled[i].events;
    return (int)count;
}

int world_socket(void)
{
    return world_verdict(0) == 0 ? world_descriptor() : -1;
}

int world_connect(const void *address)
{
    int result = world_verdict(0);
    if (result != 0 && errno == EAGAIN && ((const struct sockaddr *)address)->sa_family != AF_UNIX)
        errno = EINPROGRESS;
    return result;
}

int world_getsockopt(int *value)
{
    *value = world_verdict(0) == 0 ? 0 : errno;
    return 0;
}

int world_fill(void *bytes, size_t size)
{
    memset(bytes, next_answer(), size);
    return world_verdict(0);
}

struct if_nameindex *world_if_nameindex(void)
{
    static char name[] = "a-name-that-is-longer-than-any";
    static struct if_nameindex all[] = {{17, name}, {0, NULL}};
    return world_verdict(0) == 0 ? all : NULL;
}

struct passwd *world_somebody(void)
{
    static char name[] = "bob", home[] = "/home/bob", none[] = "";
    static struct passwd entry = {name, none, 1000, 1000, none, home, none};
    return world_verdict(0) == 0 ? &entry : NULL;
}

int world_getgrouplist(gid_t *groups, int *count)
{
    int room = *count;
    *count = next_answer();
    if (*count > room)
        return -1;
    memset(groups, 0, (size_t)*count * sizeof *groups);
    return *count;
}
