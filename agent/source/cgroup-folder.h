/* What is done with one cgroup, by its folder. */
#ifndef FLEDGE_CGROUP_FOLDER_H
#define FLEDGE_CGROUP_FOLDER_H

#include <stdbool.h>

bool cgroup_folder_is_empty(int folder);     /* no process in it or below */
bool cgroup_folder_has_children(int folder); /* a command made cgroups of its own */
void cgroup_folder_clear(int folder);        /* removes those */
void cgroup_folder_signal(int folder, int signal);

#endif
