/* A cgroup for each command, made before it is needed. Controllers are never enabled. */
#ifndef FLEDGE_CGROUP_H
#define FLEDGE_CGROUP_H

#include <stdbool.h>

struct cgroup;

bool cgroups_usable(void);

/* An empty one, or NULL where there are none. */
struct cgroup *cgroup_take(void);

/* The command has ended; its background children may still be there. */
void cgroup_give_back(struct cgroup *cgroup);

/* It is not there any more. */
void cgroup_forget(struct cgroup *cgroup);

int cgroup_folder(const struct cgroup *cgroup);
void cgroup_signal(struct cgroup *cgroup, int signal);

/* Refills the pool and removes what is not needed: work for when nobody waits. */
void cgroups_tidy(void);
bool cgroups_are_untidy(void);

/* A process that was not a command's ended: a cgroup that was still in use may be empty now. */
void cgroups_look_again(void);

/* Removes the empty ones, when the agent ends. */
void cgroups_remove(void);

#endif
