#include "cgroup-folder.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSES = 20 };

typedef bool each_child(int folder, const char *name, int argument);

bool cgroup_folder_is_empty(int folder)
{
    char events[256];
    return read_text(folder, "cgroup.events", events, sizeof events) > 0 && strstr(events, "populated 0") != NULL;
}

bool cgroup_folder_has_children(int folder)
{
    struct stat status;
    return fstat(folder, &status) == 0 && status.st_nlink > 2;
}

static bool for_children(int folder, each_child *each, int argument)
{
    if (!cgroup_folder_has_children(folder))
        return false;
    DIR *list = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    bool any = false;
    if (list == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            any = each(folder, entry->d_name, argument) || any;
    closedir(list);
    return any;
}

static bool remove_child(int folder, const char *name, int argument)
{
    int child = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child < 0)
        return false;
    for_children(child, remove_child, argument);
    close(child);
    return unlinkat(folder, name, AT_REMOVEDIR) == 0;
}

void cgroup_folder_clear(int folder)
{
    for_children(folder, remove_child, 0);
}

static bool signal_child(int folder, const char *name, int signal);

/* Signals what stands in cgroup.procs, here and below. True when there was anything. */
static bool signal_listed(int folder, int signal)
{
    char text[4096];
    pid_t pid = 0;
    bool any = false;
    int file = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    for (ssize_t count; file >= 0 && (count = read(file, text, sizeof text)) > 0;)
        for (ssize_t i = 0; i < count; i++)
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else {
                if (pid > 1) /* 0 stands for one of another PID namespace */
                    any = kill(pid, signal) == 0 || any;
                pid = 0;
            }
    if (file >= 0)
        close(file);
    return for_children(folder, signal_child, signal) || any;
}

static bool signal_child(int folder, const char *name, int signal)
{
    int child = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool any = child >= 0 && signal_listed(child, signal);
    if (child >= 0)
        close(child);
    return any;
}

/* Before Linux 5.14. What is frozen cannot fork away, and can be killed. */
static void kill_by_list(int folder)
{
    bool frozen = write_text(folder, "cgroup.freeze", "1");
    for (int i = 0; i < PASSES && signal_listed(folder, SIGKILL); i++)
        continue;
    if (frozen)
        write_text(folder, "cgroup.freeze", "0");
}

void cgroup_folder_signal(int folder, int signal)
{
    if (signal != SIGKILL)
        signal_listed(folder, signal);
    else if (!write_text(folder, "cgroup.kill", "1"))
        kill_by_list(folder);
}
