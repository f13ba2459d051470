/* Where there are no cgroups: a session and all descendants of its processes. */
#ifndef FLEDGE_PROCESS_TREE_H
#define FLEDGE_PROCESS_TREE_H

#include <sys/types.h>

void process_tree_signal(pid_t leader, int signal);

#endif
