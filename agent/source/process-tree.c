#include "process-tree.h"

#include "memory.h"
#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSES = 20 };

struct process {
    pid_t pid, parent, session;
    bool included;
};

struct table {
    struct process *processes;
    size_t count, capacity;
};

/* "pid (name) state parent group session …", and a name may hold anything. */
static bool read_process(int proc, const char *name, struct process *process)
{
    char path[64], text[512];
    if (!join(path, sizeof path, name, "/stat", "") || read_text(proc, path, text, sizeof text) <= 0)
        return false;
    char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < 4 || at[2] == 'Z' || at[2] == 'X')
        return false;
    at += 3;
    long parent = strtol(at, &at, 10);
    strtol(at, &at, 10);
    long session = strtol(at, &at, 10);
    *process = (struct process){.pid = (pid_t)strtol(name, NULL, 10), .parent = (pid_t)parent, .session = (pid_t)session};
    return true;
}

static void read_table(struct table *table)
{
    DIR *proc = opendir("/proc");
    table->count = 0;
    if (proc == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        if (table->count == table->capacity) {
            table->capacity = table->capacity == 0 ? 256 : table->capacity * 2;
            table->processes = resize(table->processes, table->capacity * sizeof *table->processes);
        }
        if (read_process(dirfd(proc), entry->d_name, &table->processes[table->count]))
            table->count++;
    }
    closedir(proc);
}

static bool is_in(const struct table *table, pid_t pid)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->processes[i].included && table->processes[i].pid == pid)
            return true;
    return false;
}

static void include_descendants(struct table *table, pid_t leader)
{
    bool changed = false;
    for (size_t i = 0; i < table->count; i++)
        table->processes[i].included = table->processes[i].session == leader || table->processes[i].pid == leader;
    do {
        changed = false;
        for (size_t i = 0; i < table->count; i++)
            if (!table->processes[i].included && is_in(table, table->processes[i].parent))
                changed = table->processes[i].included = true;
    } while (changed);
}

void process_tree_signal(pid_t leader, int signal)
{
    struct table table = {0};
    bool any = true;
    for (int pass = 0; any && pass < (signal == SIGKILL ? PASSES : 1); pass++) {
        any = false;
        read_table(&table);
        include_descendants(&table, leader);
        for (size_t i = 0; i < table.count; i++)
            if (table.processes[i].included)
                any = kill(table.processes[i].pid, signal) == 0 || any;
    }
    free(table.processes);
}
