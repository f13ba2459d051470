#include "watch.h"

#include "memory.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

struct target {
    watch_ready *ready;
    void *owner;
};

static struct pollfd *polled;
static struct target *targets;
static size_t count, capacity;
static uint64_t wake; /* 0: never */

uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void watch(int descriptor, short events, watch_ready *ready, void *owner)
{
    if (count == capacity) {
        capacity = capacity == 0 ? 64 : capacity * 2;
        polled = resize(polled, capacity * sizeof *polled);
        targets = resize(targets, capacity * sizeof *targets);
    }
    polled[count] = (struct pollfd){.fd = descriptor, .events = events};
    targets[count] = (struct target){.ready = ready, .owner = owner};
    count++;
}

void watch_until(uint64_t time)
{
    if (wake == 0 || time < wake)
        wake = time;
}

static int timeout_ms(void)
{
    if (wake == 0)
        return -1;
    uint64_t now = now_ms();
    if (wake <= now)
        return 0;
    uint64_t left = wake - now;
    return left > 3600000 ? 3600000 : (int)left;
}

int watch_round(void)
{
    int ready = poll(polled, (nfds_t)count, timeout_ms());
    for (size_t i = 0; i < count && ready > 0; i++)
        if (polled[i].revents != 0)
            targets[i].ready(targets[i].owner, polled[i].fd, polled[i].revents);
    count = 0;
    wake = 0;
    return ready > 0 ? ready : 0;
}
