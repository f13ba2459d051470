#include "environment.h"

#include "memory.h"
#include "protocol.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

enum { DEFAULTS = 8, VALUE_MAX = 4096 };

static char texts[DEFAULTS][VALUE_MAX + 32];
static size_t used;

static bool is_given(const struct exec_request *request, const char *prefix)
{
    for (size_t i = 0; i < request->envc; i++)
        if (strncmp(request->env[i], prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

static void add(char ***end, const struct exec_request *request, const char *prefix, const char *value)
{
    if (is_given(request, prefix) || !join(texts[used], sizeof texts[used], prefix, value, ""))
        return;
    *(*end)++ = texts[used++];
}

static void add_defaults(char ***end, const struct exec_request *request, const struct user *user)
{
    add(end, request, "PATH=", DEFAULT_PATH);
    add(end, request, "HOME=", user->home);
    add(end, request, "USER=", user->name);
    add(end, request, "LOGNAME=", user->name);
    add(end, request, "SHELL=", user->shell);
    add(end, request, "LANG=", "C.UTF-8");
    if (request->flags & EXEC_TERMINAL)
        add(end, request, "TERM=", "xterm-256color");
    char folder[64];
    join(folder, sizeof folder, "/run/user/", decimal(user->uid).digits, "");
    if (user->uid != 0 && access(folder, F_OK) == 0)
        add(end, request, "XDG_RUNTIME_DIR=", folder);
}

char **environment_make(const struct exec_request *request, const struct user *user)
{
    char **environment = allocate((request->envc + DEFAULTS + 1) * sizeof *environment);
    char **end = environment;
    used = 0;
    if ((request->flags & EXEC_CLEAN) == 0)
        add_defaults(&end, request, user);
    for (size_t i = 0; i < request->envc; i++)
        *end++ = request->env[i];
    *end = NULL;
    return environment;
}

const char *environment_path(char **environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0)
            return *environment + 5;
    return DEFAULT_PATH;
}
