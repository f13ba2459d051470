#include "port.h"

#include "agent.h"
#include "output.h"
#include "parser.h"
#include "protocol.h"
#include "text.h"
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { RETRY_MS = 50, READ_PAGES = 64 };

static const char *port_path; /* NULL: found by name */
static bool inherited;
static int port = -1;
static struct parser parser;
static bool blocked;      /* the port took less than there was */
static uint64_t retry_at; /* when to try again to open it; 0: now */

/* A port without a host is always ready, which would spin. An edge-triggered epoll of it is ready only
 * when something has changed; it stands here while the host is away. */
static int away = -1;

void port_use(const char *path, int descriptor)
{
    port_path = path;
    if (descriptor < 0)
        return;
    inherited = true;
    port = descriptor;
    fcntl(port, F_SETFL, fcntl(port, F_GETFL) | O_NONBLOCK);
    fcntl(port, F_SETFD, FD_CLOEXEC);
}

static bool has_name(const char *folder)
{
    char path[300], name[sizeof PORT_NAME + 1];
    join(path, sizeof path, "/sys/class/virtio-ports/", folder, "/name");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, name, sizeof name);
    close(file);
    return length >= (ssize_t)sizeof PORT_NAME - 1 && memcmp(name, PORT_NAME, sizeof PORT_NAME - 1) == 0 &&
           (length == sizeof PORT_NAME - 1 || name[sizeof PORT_NAME - 1] == '\n');
}

static int open_named(void)
{
    DIR *folder = opendir("/sys/class/virtio-ports");
    if (folder == NULL)
        return -1;
    int opened = -1;
    for (struct dirent *entry; opened < 0 && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || !has_name(entry->d_name))
            continue;
        char path[300];
        join(path, sizeof path, "/dev/", entry->d_name, "");
        opened = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    closedir(folder);
    return opened;
}

static int open_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return -1;
    if (!S_ISSOCK(status.st_mode))
        return open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened >= 0 && connect(opened, (struct sockaddr *)&address, sizeof address) != 0) {
        close(opened);
        return -1;
    }
    return opened;
}

static void close_port(void)
{
    if (inherited)
        agent_exit(0);
    close(port);
    port = -1;
    retry_at = now_ms() + RETRY_MS;
}

/* The host went away: whatever was half said or half read belongs to nobody now. */
static void hang_up(int error)
{
    blocked = false;
    output_drop();
    parser_lose(&parser);
    agent_host_left();
    struct stat status;
    bool is_device = fstat(port, &status) == 0 && S_ISCHR(status.st_mode);
    if (!is_device || (error != 0 && error != EPIPE)) {
        close_port();
        return;
    }
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    away = epoll_create1(EPOLL_CLOEXEC);
    if (away < 0 || epoll_ctl(away, EPOLL_CTL_ADD, port, &wanted) != 0)
        close_port();
}

static void changed_while_away(void *owner, int descriptor, short events)
{
    (void)owner;
    (void)events;
    struct epoll_event event;
    if (epoll_wait(descriptor, &event, 1, 0) != 1 || (event.events & (EPOLLHUP | EPOLLERR)) != 0)
        return;
    close(away);
    away = -1;
}

/* The kernel gives no more than one page at a time, so a short read is the last of what there is. */
enum { PAGE = 4096 };

/* False when there is no more to read now. */
static bool read_some(void)
{
    size_t room;
    uint8_t *space = parser_space(&parser, &room);
    ssize_t count = read(port, space, room);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (count <= 0) {
        hang_up(count < 0 ? errno : 0);
        return false;
    }
    parser_added(&parser, (size_t)count);
    return count >= PAGE && (size_t)count < room;
}

static void read_port(void)
{
    for (size_t pages = 0; pages < READ_PAGES && read_some(); pages++)
        continue;
    for (struct frame frame; parser_next(&parser, &frame);) {
        agent_request(&frame);
        /* The host learns at once that someone is there; what it asked besides may take its time. */
        if (frame.type == HELLO)
            port_flush();
    }
}

static void port_ready(void *owner, int descriptor, short events)
{
    (void)owner;
    (void)descriptor;
    if (events & (POLLHUP | POLLERR | POLLNVAL)) {
        hang_up(events & POLLNVAL ? EBADF : 0);
        return;
    }
    if (events & POLLOUT)
        blocked = false;
    if (events & POLLIN)
        read_port();
}

void port_watch(void)
{
    if (port < 0 && (retry_at == 0 || retry_at <= now_ms())) {
        port = port_path == NULL ? open_named() : open_path(port_path);
        retry_at = port < 0 ? now_ms() + RETRY_MS : 0;
    }
    if (away >= 0 && port < 0) {
        close(away);
        away = -1;
    }
    if (port < 0)
        watch_until(retry_at);
    else if (away >= 0)
        watch(away, POLLIN, changed_while_away, NULL);
    else
        watch(port, (short)((output_is_flooded() ? 0 : POLLIN) | (blocked ? POLLOUT : 0)), port_ready, NULL);
}

void port_flush(void)
{
    if (!output_is_waiting() || blocked)
        return;
    if (port < 0 || away >= 0) {
        output_drop();
        return;
    }
    int error = output_flush(port);
    if (error != 0)
        hang_up(error);
    else
        blocked = output_is_waiting();
}
