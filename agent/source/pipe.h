/* Pipes between the agent and its commands. */
#ifndef FLEDGE_PIPE_H
#define FLEDGE_PIPE_H

/* What any user may have a pipe hold (/proc/sys/fs/pipe-max-size); one that is not told holds 64 KiB. */
enum { LARGE_PIPE = 1048576 };

#endif
