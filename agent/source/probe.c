#include "probe.h"

#include "memory.h"
#include "output.h"
#include "protocol.h"
#include "requests.h"
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct probe {
    struct probe *next;
    uint32_t id;
    uint16_t tcp_port;
    bool try_next; /* ::1 comes after 127.0.0.1 */
    int socket;    /* -1: answered */
    uint64_t deadline;
};

static struct probe *probes;

/* Connecting to a free port of the range that outgoing connections use can meet itself. */
static bool met_itself(int fd)
{
    struct sockaddr_in6 here = {0}, there = {0};
    socklen_t length = sizeof here, other = sizeof there;
    return getsockname(fd, (struct sockaddr *)&here, &length) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &other) == 0 && here.sin6_port == there.sin6_port;
}

/* 0: connected, EINPROGRESS: `*opened` is to be waited for, otherwise why not. */
static int connect_to(int family, int type, const void *address, socklen_t length, int *opened)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, address, length) == 0 ? 0 : errno;
    if (error == 0 && family != AF_UNIX && met_itself(fd))
        error = ECONNREFUSED;
    if (error == EINPROGRESS)
        *opened = fd;
    else
        close(fd);
    return error;
}

static int connect_ipv4(struct in_addr address, uint16_t port, int *opened)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    return connect_to(AF_INET, SOCK_STREAM, &to, sizeof to, opened);
}

static int connect_ipv6(struct in6_addr address, uint16_t port, int *opened)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address};
    return connect_to(AF_INET6, SOCK_STREAM, &to, sizeof to, opened);
}

static int connect_unix(const char *path, int type)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0)
        return EINVAL;
    if (length >= sizeof to.sun_path)
        return ENAMETOOLONG;
    memcpy(to.sun_path, path, length);
    int unused;
    int error = connect_to(AF_UNIX, type, &to, sizeof to, &unused);
    return error == EAGAIN ? 0 : error; /* it listens, with more callers than it takes */
}

static void answer(uint32_t id, int error)
{
    output_done(id, error, error == 0 ? "" : "nothing answered", "");
}

static void finish(struct probe *one, int error)
{
    close(one->socket);
    one->socket = -1;
    if (error != 0 && one->try_next) {
        one->try_next = false;
        error = connect_ipv6((struct in6_addr)IN6ADDR_LOOPBACK_INIT, one->tcp_port, &one->socket);
        if (error == EINPROGRESS)
            return;
    }
    answer(one->id, error);
}

static void probe_ready(void *owner, int descriptor, short events)
{
    struct probe *one = owner;
    int error = 0;
    socklen_t length = sizeof error;
    (void)events;
    if (one->socket != descriptor)
        return;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error == 0 && met_itself(descriptor))
        error = ECONNREFUSED;
    finish(one, error);
}

static void probe_tcp(uint32_t id, const char *address, uint16_t port, uint32_t timeout)
{
    struct in_addr ipv4 = {.s_addr = htonl(INADDR_LOOPBACK)};
    struct in6_addr ipv6 = IN6ADDR_LOOPBACK_INIT;
    bool local = strcmp(address, "localhost") == 0;
    int error, opened = -1;
    if (local || inet_pton(AF_INET, address, &ipv4) == 1) {
        error = connect_ipv4(ipv4, port, &opened);
        if (local && error != 0 && error != EINPROGRESS) {
            local = false;
            error = connect_ipv6(ipv6, port, &opened);
        }
    } else if (inet_pton(AF_INET6, address, &ipv6) == 1) {
        error = connect_ipv6(ipv6, port, &opened);
    } else {
        output_done(id, EINVAL, "not an address: ", address);
        return;
    }
    if (error != EINPROGRESS) {
        answer(id, error);
        return;
    }
    struct probe *one = allocate(sizeof *one);
    *one = (struct probe){.next = probes, .id = id, .tcp_port = port, .try_next = local, .socket = opened,
                          .deadline = now_ms() + timeout};
    probes = one;
}

void probe(uint32_t id, struct reader *reader)
{
    unsigned kind = read8(reader);
    uint16_t port = read16(reader);
    uint32_t timeout = read32(reader);
    const char *address = read_string(reader);
    if (reader->failed)
        return;
    if (kind == PROBE_TCP)
        probe_tcp(id, address, port, timeout);
    else if (kind == PROBE_STREAM || kind == PROBE_DATAGRAM)
        answer(id, connect_unix(address, kind == PROBE_STREAM ? SOCK_STREAM : SOCK_DGRAM));
    else
        output_done(id, EINVAL, "unknown kind of probe", "");
}

void probes_watch(void)
{
    for (struct probe *one = probes; one != NULL; one = one->next) {
        watch(one->socket, POLLOUT, probe_ready, one);
        watch_until(one->deadline);
    }
}

void probes_sweep(void)
{
    if (probes == NULL)
        return;
    uint64_t now = now_ms();
    for (struct probe **link = &probes; *link != NULL;) {
        struct probe *one = *link;
        if (one->socket >= 0 && now >= one->deadline) {
            one->try_next = false;
            finish(one, ETIMEDOUT);
        }
        if (one->socket >= 0) {
            link = &one->next;
            continue;
        }
        *link = one->next;
        free(one);
    }
}

void probes_drop(void)
{
    for (struct probe *one = probes; one != NULL; one = one->next) {
        if (one->socket >= 0)
            close(one->socket);
        one->socket = -1;
    }
}
