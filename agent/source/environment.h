/* The environment of a command: the defaults, and the request's variables over them. */
#ifndef FLEDGE_ENVIRONMENT_H
#define FLEDGE_ENVIRONMENT_H

#include "exec-request.h"
#include "user.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* To be given to free(); it stands until the next call. */
char **environment_make(const struct exec_request *request, const struct user *user);

/* The value of PATH in it, or the default. */
const char *environment_path(char **environment);

#endif
