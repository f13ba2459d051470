/* clone3() with CLONE_VFORK into a cgroup. */
#ifndef FLEDGE_CLONE_INTO_H
#define FLEDGE_CLONE_INTO_H

#include <stddef.h>
#include <sys/types.h>

/* The child calls `run`, which must not return. The process, or -1 and errno; ENOSYS where there is none. */
pid_t clone_into(int cgroup, void *stack, size_t size, int (*run)(void *), void *argument);

#endif
