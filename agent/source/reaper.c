#include "reaper.h"

#include "agent.h"
#include "call.h"
#include "cgroup.h"
#include "watch.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int signals = -1;

/* SIGPIPE is blocked, not ignored: commands would inherit that. Whoever started the agent may have
 * ignored signals (systemd does with SIGPIPE), so all are put back. */
void reaper_start(void)
{
    sigset_t taken, blocked;
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP && (number < 32 || number >= SIGRTMIN))
            signal(number, SIG_DFL);
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    blocked = taken;
    sigaddset(&blocked, SIGPIPE);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

static void reap(void)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (!calls_reaped(pid, status))
            cgroups_look_again();
}

static void signals_ready(void *owner, int descriptor, short events)
{
    struct signalfd_siginfo received;
    (void)owner;
    (void)events;
    if (read(descriptor, &received, sizeof received) != sizeof received)
        return;
    if (received.ssi_signo == SIGCHLD)
        reap();
    else
        agent_exit(0);
}

void reaper_watch(void)
{
    watch(signals, POLLIN, signals_ready, NULL);
}
