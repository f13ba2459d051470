#include "session.h"

#include "bytes.h"
#include "call.h"
#include "cgroup.h"
#include "output.h"
#include "probe.h"
#include "protocol.h"
#include "requests.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint8_t memory_nonce[NONCE_SIZE];
static uint8_t generation[NONCE_SIZE];
static uint8_t identity[NONCE_SIZE];

/* Not getrandom(), which waits for the generator when the machine has just booted. */
static void fill_random(uint8_t *bytes)
{
    struct timespec now;
    int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool filled = random >= 0 && read(random, bytes, NONCE_SIZE) == NONCE_SIZE;
    if (random >= 0)
        close(random);
    if (filled)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    put64(bytes, (uint64_t)now.tv_sec);
    put32(bytes + 8, (uint32_t)now.tv_nsec);
    put32(bytes + 12, (uint32_t)getpid());
}

/* Clones of one machine draw the same random bytes until they are reseeded; their generations differ. */
static void make_identity(void)
{
    fill_random(identity);
    for (size_t i = 0; i < NONCE_SIZE; i++)
        identity[i] ^= generation[i];
    identity[6] = (uint8_t)((identity[6] & 0x0F) | 0x40);
    identity[8] = (uint8_t)((identity[8] & 0x3F) | 0x80);
}

void session_start(void)
{
    fill_random(memory_nonce);
    make_identity();
}

bool have_bash(void)
{
    static bool seen;
    if (!seen)
        seen = access("/bin/bash", X_OK) == 0;
    return seen;
}

void hello(uint32_t id, struct reader *reader)
{
    const uint8_t *nonce = read_bytes(reader, NONCE_SIZE);
    const uint8_t *given = read_bytes(reader, NONCE_SIZE);
    if (nonce == NULL || given == NULL)
        return;
    calls_detach();
    probes_drop();
    output_drop();
    if (memcmp(generation, given, NONCE_SIZE) != 0) {
        memcpy(generation, given, NONCE_SIZE);
        make_identity();
    }
    uint32_t features = (cgroups_usable() ? FEATURE_CGROUPS : 0) | (have_bash() ? FEATURE_BASH : 0);
    uint8_t *reply = output_frame(HELLO_REPLY, id, 3 * NONCE_SIZE + 8);
    memcpy(reply, nonce, NONCE_SIZE);
    memcpy(reply + NONCE_SIZE, memory_nonce, NONCE_SIZE);
    memcpy(reply + 2 * NONCE_SIZE, identity, NONCE_SIZE);
    put32(reply + 3 * NONCE_SIZE, features);
    put32(reply + 3 * NONCE_SIZE + 4, STDIN_WINDOW_SIZE);
}
