/* The guest agent: carries out what the host asks over a port. See ../PROTOCOL.md. */
#include "agent.h"
#include "call.h"
#include "cgroup.h"
#include "port.h"
#include "probe.h"
#include "reaper.h"
#include "requests.h"
#include "session.h"
#include "spawn.h"
#include "text.h"
#include "watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long nothing has to happen before the agent tidies up. */
enum { IDLE_MS = 10 };

static void say(int to, const char *text)
{
    if (write(to, text, strlen(text)) < 0)
        return;
}

void agent_request(struct frame *frame)
{
    request(frame);
}

void agent_host_left(void)
{
    calls_detach();
    probes_drop();
}

void agent_exit(int status)
{
    cgroups_remove();
    exit(status);
}

/* Standard input is /dev/null, and the commands' too. The rest of what was inherited is not theirs. */
static void settle_descriptors(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        if (null != 0)
            dup2(null, 0);
        for (int i = 0; i < 3; i++)
            if (fcntl(i, F_GETFD) < 0)
                dup2(null, i);
        if (null > 2)
            close(null);
        else
            fcntl(null, F_SETFD, 0);
    }
    for (int i = 3; i < 256; i++)
        fcntl(i, F_SETFD, FD_CLOEXEC);
}

static void round_trip(void)
{
    port_watch();
    reaper_watch();
    calls_watch();
    probes_watch();
    if (cgroups_are_untidy())
        watch_until(now_ms() + IDLE_MS);
    if (watch_round() == 0)
        cgroups_tidy();
    calls_sweep();
    probes_sweep();
    port_flush();
}

static noreturn void usage(void)
{
    say(2, "usage: fledge-agent [--port PATH | --fd NUMBER | --version]\n");
    exit(64);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        say(1, "fledge-agent " FLEDGE_VERSION "\n");
        return 0;
    }
    if (argc != 1 && argc != 3)
        usage();
    int64_t number = -1;
    if (argc == 3 && strcmp(argv[1], "--fd") == 0) {
        number = parse_decimal(argv[2]);
        if (number < 0 || fcntl((int)number, F_GETFD) < 0)
            usage();
        if (number < 3)
            number = fcntl((int)number, F_DUPFD_CLOEXEC, 3);
    } else if (argc == 3 && strcmp(argv[1], "--port") != 0) {
        usage();
    }
    settle_descriptors();
    umask(022);
    if (chdir("/") != 0)
        return 71;
    spawn_prepare();
    reaper_start();
    session_start();
    cgroups_usable();
    cgroups_tidy();
    port_use(argc == 3 && number < 0 ? argv[2] : NULL, (int)number);
    for (;;)
        round_trip();
}
