/* Starts a program, in the memory of the agent until it is executed: nothing is copied. */
#ifndef FLEDGE_SPAWN_H
#define FLEDGE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum spawn_stage { SPAWN_WORKED, SPAWN_CLONE, SPAWN_CGROUP, SPAWN_USER, SPAWN_FOLDER, SPAWN_EXECUTE, SPAWN_INTERPRETER };

struct spawn {
    char *const *argv;
    char *const *envp;
    const char *program; /* looked up in `path` when it has no slash */
    const char *path;
    const char *folder;
    bool folder_may_miss; /* then the root is good enough */
    bool changes_user;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    int group_count;
    int input, output, error; /* -1: /dev/null, where the agent has it */
    bool terminal;            /* `input` becomes the controlling one */
    int script;               /* becomes SPAWN_SCRIPT; -1: none */
    int cgroup;               /* folder of one, or -1 */

    enum spawn_stage stage; /* where it failed, and why */
    int failure;
};

enum { SPAWN_SCRIPT = 9 };

/* The process, or -1. */
pid_t spawn(struct spawn *spawn);

/* Notes what children must not inherit: limits, OOM score. */
void spawn_prepare(void);

/* Lets the agent have more descriptors when it comes near its limit. */
void spawn_raise_limit(int descriptor);

#endif
