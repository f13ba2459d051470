#include "spawn.h"

#include "clone-into.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The child runs on a stack of its own in the agent's memory, which waits. It makes system calls only,
 * and not through wrappers that would speak to threads; what it writes to `struct spawn` is seen. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

static _Alignas(16) unsigned char stack[65536];
static bool resets_oom_score;
static bool restores_limit;
static struct rlimit limit;

void spawn_prepare(void)
{
    char score[16];
    resets_oom_score = read_text(AT_FDCWD, "/proc/self/oom_score_adj", score, sizeof score) > 0 && score[0] != '0';
    getrlimit(RLIMIT_NOFILE, &limit);
}

void spawn_raise_limit(int descriptor)
{
    if (restores_limit || (rlim_t)descriptor < limit.rlim_cur / 2 || limit.rlim_cur == limit.rlim_max)
        return;
    restores_limit = setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit.rlim_max, limit.rlim_max}) == 0;
}

IN_CHILD static int fail(struct spawn *spawn, enum spawn_stage stage)
{
    spawn->stage = stage;
    spawn->failure = errno;
    _exit(127);
}

IN_CHILD static bool change_user(const struct spawn *spawn)
{
    return syscall(SYS_setgroups, (long)spawn->group_count, spawn->groups) == 0 &&
           syscall(SYS_setresgid, spawn->gid, spawn->gid, spawn->gid) == 0 &&
           syscall(SYS_setresuid, spawn->uid, spawn->uid, spawn->uid) == 0;
}

IN_CHILD static void place(int from, int to)
{
    if (from == to)
        fcntl(to, F_SETFD, 0);
    else if (from >= 0)
        dup2(from, to);
}

IN_CHILD static void look_up(struct spawn *spawn)
{
    char full[4096];
    int error = ENOENT;
    size_t name = strlen(spawn->program);
    for (const char *at = spawn->path; at != NULL;) {
        const char *end = strchr(at, ':');
        size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
        if (length + name + 2 <= sizeof full) {
            memcpy(full, at, length);
            full[length] = '/';
            memcpy(full + length + (length > 0), spawn->program, name + 1); /* an empty one is here */
            if (access(full, X_OK) == 0)
                execve(full, spawn->argv, spawn->envp);
            if (errno != ENOENT && errno != ENOTDIR)
                error = errno;
        }
        at = end == NULL ? NULL : end + 1;
    }
    errno = error;
}

IN_CHILD static int child(void *argument)
{
    struct spawn *spawn = argument;
    uint64_t no_signals = 0;
    setsid();
    if (spawn->stage == SPAWN_CGROUP && !write_text(spawn->cgroup, "cgroup.procs", "0"))
        return fail(spawn, SPAWN_CGROUP);
    spawn->stage = SPAWN_WORKED;
    if (resets_oom_score)
        write_text(AT_FDCWD, "/proc/self/oom_score_adj", "0");
    if (restores_limit)
        syscall(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, &limit, NULL);
    place(spawn->input, 0);
    place(spawn->output, 1);
    place(spawn->error, 2);
    place(spawn->script, SPAWN_SCRIPT);
    if (spawn->terminal)
        ioctl(0, TIOCSCTTY, 0);
    if (spawn->changes_user && !change_user(spawn))
        return fail(spawn, SPAWN_USER);
    if (chdir(spawn->folder) != 0 && (!spawn->folder_may_miss || chdir("/") != 0))
        return fail(spawn, SPAWN_FOLDER);
    syscall(SYS_rt_sigprocmask, (long)SIG_SETMASK, &no_signals, NULL, (long)sizeof no_signals);
    if (strchr(spawn->program, '/') == NULL) {
        look_up(spawn);
        return fail(spawn, SPAWN_EXECUTE);
    }
    execve(spawn->program, spawn->argv, spawn->envp);
    if (errno != ENOENT)
        return fail(spawn, SPAWN_EXECUTE);
    enum spawn_stage stage = access(spawn->program, F_OK) == 0 ? SPAWN_INTERPRETER : SPAWN_EXECUTE;
    errno = ENOENT;
    return fail(spawn, stage);
}

/* By clone3() into the cgroup where the kernel has it (5.7), else the child goes there by itself. */
static pid_t start(struct spawn *spawn)
{
    static bool too_old;
    if (spawn->cgroup >= 0 && !too_old) {
        pid_t pid = clone_into(spawn->cgroup, stack, sizeof stack, child, spawn);
        if (pid >= 0 || (errno != ENOSYS && errno != E2BIG && errno != EINVAL && errno != EPERM))
            return pid;
        too_old = true;
    }
    if (spawn->cgroup >= 0)
        spawn->stage = SPAWN_CGROUP;
    return clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, spawn);
}

pid_t spawn(struct spawn *spawn)
{
    spawn->stage = SPAWN_WORKED;
    pid_t pid = start(spawn);
    if (pid < 0) {
        spawn->stage = SPAWN_CLONE;
        spawn->failure = errno;
        return -1;
    }
    return spawn->stage == SPAWN_WORKED ? pid : -1; /* one that failed is reaped with the others */
}
