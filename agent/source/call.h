/* A command that runs, or has ended and is not yet all told. */
#ifndef FLEDGE_CALL_H
#define FLEDGE_CALL_H

#include "call-input.h"
#include "call-output.h"
#include "cgroup.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct call {
    struct call *next;
    uint32_t id;
    pid_t pid;
    int status;
    bool ended;     /* its process has */
    bool timed_out;
    bool told;      /* EXIT was sent */
    bool detached;  /* its host is gone: nothing is said of it */
    uint64_t deadline; /* 0: none */
    struct cgroup *cgroup;
    struct call_input input;
    struct call_output output[2]; /* stdout, stderr */
};

void call_add(struct call *call);
struct call *call_find(uint32_t id); /* of the present host */

void calls_watch(void);
void calls_sweep(void); /* at the end of a round: deadlines, ends, what can be freed */
void calls_detach(void);

/* False when the process was nobody's. */
bool calls_reaped(pid_t pid, int status);
void call_signal_tree(const struct call *call, int signal);

#endif
