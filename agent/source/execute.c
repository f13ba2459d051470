#include "call.h"
#include "environment.h"
#include "exec-request.h"
#include "memory.h"
#include "output.h"
#include "protocol.h"
#include "requests.h"
#include "session.h"
#include "spawn.h"
#include "terminal.h"
#include "user.h"
#include "watch.h"

#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONG_SCRIPT = 98304 };

/* The file is closed before the script begins, which keeps its meaning: $0, and what is inherited. */
static const char long_script[] = "eval \"$(cat <&9)\" 9<&-";

struct pipes {
    int input[2], output[2], error[2]; /* the command's end and ours, -1 when there is none */
};

static void close_at(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int *pairs[] = {pipes->input, pipes->output, pipes->error};
    for (size_t i = 0; i < 3; i++) {
        close_at(&pairs[i][0]);
        close_at(&pairs[i][1]);
    }
}

/* Only the input is written to without knowing that it takes it; the others are read when poll says so. */
static bool open_plain(struct pipes *pipes, bool input)
{
    int pair[2];
    if (input) {
        if (pipe2(pipes->input, O_CLOEXEC) != 0 || fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    pipes->output[0] = pair[1];
    pipes->output[1] = pair[0];
    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    pipes->error[0] = pair[1];
    pipes->error[1] = pair[0];
    spawn_raise_limit(pair[1]);
    return true;
}

static bool open_terminal(struct pipes *pipes, const struct exec_request *request, uid_t owner)
{
    if (!terminal_open(&pipes->output[1], &pipes->output[0], request->rows, request->columns, owner))
        return false;
    if ((request->flags & EXEC_STDIN) != 0)
        pipes->input[1] = fcntl(pipes->output[1], F_DUPFD_CLOEXEC, 3);
    return (request->flags & EXEC_STDIN) == 0 || pipes->input[1] >= 0;
}

static bool open_pipes(struct pipes *pipes, const struct exec_request *request, uid_t owner)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    bool opened = (request->flags & EXEC_TERMINAL) != 0 ? open_terminal(pipes, request, owner)
                                                        : open_plain(pipes, (request->flags & EXEC_STDIN) != 0);
    if (opened)
        return true;
    int error = errno;
    close_pipes(pipes);
    errno = error;
    return false;
}

/* -1 and errno when it cannot be had. */
static int store_script(const char *script)
{
    int file = (int)syscall(SYS_memfd_create, "script", MFD_CLOEXEC);
    size_t length = strlen(script);
    if (file < 0)
        return -1;
    for (size_t done = 0; done < length;) {
        ssize_t count = write(file, script + done, length - done);
        if (count < 0) {
            close(file);
            return -1;
        }
        done += (size_t)count;
    }
    lseek(file, 0, SEEK_SET);
    return file;
}

/* Both stand until the program has been executed. */
static const char *shell_arguments(const char **argv, const char *script)
{
    bool bash = have_bash();
    *argv++ = bash ? "bash" : "sh";
    *argv++ = bash ? "-euo" : "-eu";
    if (bash)
        *argv++ = "pipefail";
    *argv++ = "-c";
    *argv++ = script;
    *argv = NULL;
    return bash ? "/bin/bash" : "/bin/sh";
}

static void answer_failure(uint32_t id, const struct spawn *spawn)
{
    bool missing = spawn->failure == ENOENT;
    const char *message = "cannot make a process";
    const char *detail = "";
    if (spawn->stage == SPAWN_CGROUP)
        message = "cannot enter a cgroup";
    if (spawn->stage == SPAWN_USER)
        message = "cannot change the user";
    if (spawn->stage == SPAWN_FOLDER) {
        message = missing ? "no such folder: " : spawn->failure == ENOTDIR ? "not a folder: " : "cannot enter the folder ";
        detail = spawn->folder;
    }
    if (spawn->stage == SPAWN_EXECUTE) {
        message = !missing                              ? "cannot execute "
                  : strchr(spawn->program, '/') == NULL ? "not found in PATH: "
                                                        : "no such program: ";
        detail = spawn->program;
    }
    if (spawn->stage == SPAWN_INTERPRETER) {
        message = "its interpreter is missing: ";
        detail = spawn->program;
    }
    output_done(id, spawn->failure, message, detail);
}

static void add_call(uint32_t id, pid_t pid, const struct exec_request *request, struct pipes *pipes,
                     struct cgroup *cgroup)
{
    struct call *call = allocate(sizeof *call);
    bool terminal = (request->flags & EXEC_TERMINAL) != 0;
    *call = (struct call){.id = id, .pid = pid, .cgroup = cgroup};
    call->deadline = request->deadline_ms == 0 ? 0 : now_ms() + request->deadline_ms;
    call->input = (struct call_input){.descriptor = pipes->input[1], .terminal = terminal};
    call->output[0] = (struct call_output){.descriptor = pipes->output[1], .terminal = terminal, .window = request->window};
    call->output[1] = (struct call_output){.descriptor = pipes->error[1], .window = request->window};
    pipes->input[1] = pipes->output[1] = pipes->error[1] = -1;
    call_add(call);
    put32(output_frame(STARTED, id, 4), (uint32_t)pid);
}

static void start(uint32_t id, const struct exec_request *request, const struct user *user, struct pipes *pipes)
{
    bool terminal = (request->flags & EXEC_TERMINAL) != 0;
    const char *shell[8];
    char **environment = environment_make(request, user);
    struct spawn spawned = {
        .argv = request->argv, .envp = environment, .program = request->argv[0],
        .path = environment_path(environment),
        .folder = request->folder[0] != 0 ? request->folder : user->home,
        .folder_may_miss = request->folder[0] == 0,
        .changes_user = user->changes, .uid = user->uid, .gid = user->gid,
        .groups = user->groups, .group_count = user->group_count,
        .input = terminal ? pipes->output[0] : pipes->input[0], .output = pipes->output[0],
        .error = terminal ? pipes->output[0] : pipes->error[0],
        .terminal = terminal, .script = -1,
    };
    if (request->flags & EXEC_SHELL) {
        const char *script = request->argv[0];
        if (strlen(script) > LONG_SCRIPT) {
            spawned.script = store_script(script);
            script = long_script;
        }
        spawned.program = shell_arguments(shell, script);
        memcpy(&spawned.argv, &(const char **){shell}, sizeof spawned.argv); /* execve() changes nothing */
    }
    struct cgroup *cgroup = cgroup_take();
    spawned.cgroup = cgroup_folder(cgroup);
    pid_t pid = spawn(&spawned);
    if (pid < 0 && spawned.stage == SPAWN_CLONE && spawned.failure == ENODEV) { /* someone removed the cgroup */
        cgroup_forget(cgroup);
        cgroup = cgroup_take();
        spawned.cgroup = cgroup_folder(cgroup);
        pid = spawn(&spawned);
    }
    if (pid >= 0) {
        add_call(id, pid, request, pipes, cgroup);
    } else {
        cgroup_give_back(cgroup);
        answer_failure(id, &spawned);
    }
    close_at(&spawned.script);
    free(environment);
}

static void run(uint32_t id, const struct exec_request *request)
{
    struct user user;
    struct pipes pipes;
    if (id == 0 || call_find(id) != NULL) {
        output_done(id, EEXIST, "the call's id is in use", "");
        return;
    }
    if (!user_find(&user, request->user)) {
        output_done(id, ENOENT, "no such user: ", request->user);
        return;
    }
    if (open_pipes(&pipes, request, user.uid)) {
        start(id, request, &user, &pipes);
        close_pipes(&pipes);
    } else {
        output_done(id, errno, "cannot make pipes or a terminal", "");
    }
    user_free(&user);
}

void execute(uint32_t id, struct reader *reader)
{
    struct exec_request request;
    if (!exec_request_read(&request, reader))
        return;
    run(id, &request);
    exec_request_free(&request);
}
