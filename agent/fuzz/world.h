/* The world that fuzzed requests act on: nothing is done in it, and the input decides what it answers.
 * It is included before all else, and puts its own functions in the place of system calls. */
#ifndef FLEDGE_WORLD_H
#define FLEDGE_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The answers to come, around and around; files in /etc hold the same bytes. */
void world_answer(const uint8_t *bytes, size_t size);

/* To be read and written as the answers have it. */
int world_descriptor(void);

/* Descriptors that were not closed again. */
int world_open_descriptors(void);

/* What is written to it is what the host hears. */
enum { WORLD_PORT = 1000 };
void world_said(const uint8_t *bytes, size_t length);

/* 0, or -1 and a reason. */
int world_verdict(int unused, ...);

int world_open(const char *path);
int world_close(int descriptor);
ssize_t world_read(int descriptor, void *bytes, size_t length);
ssize_t world_write(int descriptor, const void *bytes, size_t length);
int world_poll(struct pollfd *polled, nfds_t count);
int world_socket(void);
int world_connect(const void *address);
int world_getsockopt(int *value);
int world_fill(void *bytes, size_t size);
struct if_nameindex *world_if_nameindex(void);
struct passwd *world_somebody(void);
int world_getgrouplist(gid_t *groups, int *count);

#define access(...) world_verdict(0, __VA_ARGS__)
#define clock_settime(...) world_verdict(0, __VA_ARGS__)
#define ioctl(...) world_verdict(0, __VA_ARGS__)
#define kill(...) world_verdict(0, __VA_ARGS__)
#define mkdir(...) world_verdict(0, __VA_ARGS__)
#define mount(...) world_verdict(0, __VA_ARGS__)
#define sethostname(...) world_verdict(0, __VA_ARGS__)
#define open(path, ...) world_open(path)
#define close(descriptor) world_close(descriptor)
#define read(descriptor, bytes, length) world_read(descriptor, bytes, length)
#define write(descriptor, bytes, length) world_write(descriptor, bytes, length)
#define poll(polled, count, timeout) ((void)(timeout), world_poll(polled, count))
#define connect(descriptor, address, length) ((void)(descriptor), (void)(length), world_connect(address))
#define socket(family, type, protocol) ((void)(family), (void)(type), world_socket())
#define getsockopt(descriptor, level, name, value, length) ((void)(length), world_getsockopt(value))
#define getsockname(descriptor, address, length) ((void)(descriptor), world_fill(address, *(length)))
#define getpeername(descriptor, address, length) ((void)(descriptor), world_fill(address, *(length)))
#define stat(path, status) ((void)(path), world_fill(status, sizeof *(status)))
#define if_nameindex() world_if_nameindex()
#define if_freenameindex(all) ((void)(all))
#define getpwnam(name) ((void)(name), world_somebody())
#define getpwuid(uid) ((void)(uid), world_somebody())
#define getgrouplist(name, group, groups, count) world_getgrouplist(groups, count)

#endif
