#include "cgroup.h"

#include "cgroup-folder.h"
#include "memory.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POOL = 6 };

struct cgroup {
    struct cgroup *next;
    char name[48];
    int folder;
    bool killed; /* not for another command: some kernels kill whom clone3() puts into a cgroup that was ever killed */
};

static int parent = -1;      /* the agent's own cgroup */
static struct cgroup *ready; /* known to be empty */
static struct cgroup *used;  /* given back, the oldest first; perhaps empty */
static struct cgroup *busy;  /* seen with background children */
static bool untidy;

static bool find_own_path(char *text, size_t size, const char **path)
{
    if (read_text(AT_FDCWD, "/proc/self/cgroup", text, size) <= 0)
        return false;
    char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (line == NULL)
        return false;
    line += line == text ? 3 : 4;
    line[strcspn(line, "\n")] = 0;
    *path = line;
    return true;
}

static int open_parent(void)
{
    static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char text[4096], full[4200];
    const char *path;
    if (!find_own_path(text, sizeof text, &path))
        return -1;
    for (size_t i = 0; i < 2; i++) {
        if (!join(full, sizeof full, mounts[i], "/cgroup.controllers", "") || access(full, F_OK) != 0)
            continue;
        if (join(full, sizeof full, mounts[i], path, ""))
            return open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return -1;
}

static struct cgroup *make(void)
{
    static uint64_t last;
    struct cgroup *made = allocate(sizeof *made);
    *made = (struct cgroup){.folder = -1};
    char prefix[32];
    join(prefix, sizeof prefix, "fledge-", decimal((uint64_t)getpid()).digits, "-");
    join(made->name, sizeof made->name, prefix, decimal(++last).digits, "");
    if (mkdirat(parent, made->name, 0755) == 0)
        made->folder = openat(parent, made->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made->folder >= 0)
        return made;
    unlinkat(parent, made->name, AT_REMOVEDIR);
    free(made);
    return NULL;
}

/* False when it still has processes, or cannot be removed yet. */
static bool destroy(struct cgroup *cgroup)
{
    if (!cgroup_folder_is_empty(cgroup->folder))
        return false;
    cgroup_folder_clear(cgroup->folder);
    if (unlinkat(parent, cgroup->name, AT_REMOVEDIR) != 0 && errno == EBUSY)
        return false;
    close(cgroup->folder);
    free(cgroup);
    return true;
}

/* What an agent that was killed left behind. Another one may be at work beside this. */
static void sweep_old(void)
{
    DIR *folder = fdopendir(openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "fledge-", 7) != 0)
            continue;
        long maker = strtol(entry->d_name + 7, NULL, 10);
        if (maker == getpid() || (maker > 0 && kill((pid_t)maker, 0) != 0 && errno == ESRCH))
            unlinkat(parent, entry->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

bool cgroups_usable(void)
{
    if (parent >= 0)
        return true;
    parent = open_parent();
    if (parent < 0)
        return false;
    sweep_old();
    ready = make();
    if (ready != NULL) {
        untidy = true;
        return true;
    }
    close(parent);
    parent = -1;
    return false;
}

static struct cgroup *pop(struct cgroup **list)
{
    struct cgroup *first = *list;
    if (first != NULL) {
        *list = first->next;
        first->next = NULL;
    }
    return first;
}

static void push(struct cgroup **list, struct cgroup *cgroup)
{
    cgroup->next = *list;
    *list = cgroup;
}

static bool is_reusable(const struct cgroup *cgroup)
{
    return !cgroup->killed && cgroup_folder_is_empty(cgroup->folder) && !cgroup_folder_has_children(cgroup->folder);
}

struct cgroup *cgroup_take(void)
{
    if (parent < 0)
        return NULL;
    untidy = true;
    if (ready != NULL)
        return pop(&ready);
    if (used != NULL && is_reusable(used))
        return pop(&used);
    return make();
}

void cgroup_give_back(struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    struct cgroup **end = &used;
    while (*end != NULL)
        end = &(*end)->next;
    push(end, cgroup);
    untidy = true;
}

void cgroup_forget(struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    close(cgroup->folder);
    free(cgroup);
}

int cgroup_folder(const struct cgroup *cgroup)
{
    return cgroup == NULL ? -1 : cgroup->folder;
}

void cgroup_signal(struct cgroup *cgroup, int signal)
{
    cgroup->killed = cgroup->killed || signal == SIGKILL;
    cgroup_folder_signal(cgroup->folder, signal);
}

static void sort(struct cgroup *list, size_t *count)
{
    for (struct cgroup *cgroup; (cgroup = pop(&list)) != NULL;) {
        if (*count < POOL && is_reusable(cgroup)) {
            push(&ready, cgroup);
            ++*count;
        } else if (!destroy(cgroup)) {
            push(&busy, cgroup);
        }
    }
}

void cgroups_tidy(void)
{
    size_t count = 0;
    untidy = false;
    if (parent < 0)
        return;
    for (struct cgroup *cgroup = ready; cgroup != NULL; cgroup = cgroup->next)
        count++;
    struct cgroup *returned = used, *held = busy;
    used = busy = NULL;
    sort(returned, &count);
    sort(held, &count);
    for (struct cgroup *made; count < POOL && (made = make()) != NULL; count++)
        push(&ready, made);
}

bool cgroups_are_untidy(void)
{
    return untidy;
}

void cgroups_look_again(void)
{
    untidy = untidy || busy != NULL;
}

void cgroups_remove(void)
{
    struct cgroup **lists[] = {&ready, &used, &busy};
    for (size_t i = 0; i < 3; i++)
        for (struct cgroup *cgroup; (cgroup = pop(lists[i])) != NULL;)
            if (!destroy(cgroup))
                cgroup_forget(cgroup);
}
