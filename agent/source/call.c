#include "call.h"

#include "bytes.h"
#include "memory.h"
#include "output.h"
#include "process-tree.h"
#include "protocol.h"
#include "watch.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

static struct call *calls;

void call_add(struct call *call)
{
    call->next = calls;
    calls = call;
}

struct call *call_find(uint32_t id)
{
    for (struct call *call = calls; call != NULL; call = call->next)
        if (call->id == id && !call->detached && !call->told)
            return call;
    return NULL;
}

static bool is_quiet(const struct call *call)
{
    return call->detached || call->told;
}

static void grant_input(struct call *call)
{
    uint32_t granted = is_quiet(call) ? 0 : call_input_grant(&call->input);
    if (granted > 0)
        put32(output_frame(STDIN_WINDOW, call->id, 4), granted);
}

static void output_ready(void *owner, int descriptor, short events)
{
    struct call *call = owner;
    (void)events;
    for (unsigned i = 0; i < 2; i++) {
        if (call->output[i].descriptor != descriptor)
            continue;
        if (is_quiet(call))
            call_output_discard(&call->output[i]);
        else
            call_output_send(&call->output[i], STDOUT + i, call->id);
    }
}

static void input_ready(void *owner, int descriptor, short events)
{
    struct call *call = owner;
    (void)events;
    if (call->input.descriptor != descriptor || !call_input_is_waiting(&call->input))
        return;
    call_input_write(&call->input);
    grant_input(call);
}

void calls_watch(void)
{
    for (struct call *call = calls; call != NULL; call = call->next) {
        for (unsigned i = 0; i < 2; i++) {
            const struct call_output *output = &call->output[i];
            if (output->descriptor >= 0 && (is_quiet(call) || call_output_is_wanted(output)))
                watch(output->descriptor, POLLIN, output_ready, call);
        }
        if (call->input.descriptor >= 0 && call_input_is_waiting(&call->input))
            watch(call->input.descriptor, POLLOUT, input_ready, call);
        if (call->deadline != 0)
            watch_until(call->deadline);
    }
}

void call_signal_tree(const struct call *call, int signal)
{
    if (call->cgroup != NULL)
        cgroup_signal(call->cgroup, signal);
    else
        process_tree_signal(call->pid, signal);
}

bool calls_reaped(pid_t pid, int status)
{
    for (struct call *call = calls; call != NULL; call = call->next) {
        if (call->pid != pid || call->ended)
            continue;
        call->ended = true;
        call->status = status;
        call->deadline = 0;
        call_input_close(&call->input);
        for (unsigned i = 0; i < 2; i++)
            call_output_end(&call->output[i]);
        return true;
    }
    return false;
}

static void tell(struct call *call)
{
    bool signaled = WIFSIGNALED(call->status);
    uint8_t *exit = output_frame(EXIT, call->id, 8);
    exit[0] = signaled ? EXIT_SIGNAL : EXIT_CODE;
    exit[1] = call->timed_out ? EXIT_TIMED_OUT : 0;
    put16(exit + 2, 0);
    put32(exit + 4, (uint32_t)(signaled ? WTERMSIG(call->status) : WEXITSTATUS(call->status)));
}

static void finish(struct call *call)
{
    if (!is_quiet(call)) {
        for (unsigned i = 0; i < 2; i++)
            call_output_send(&call->output[i], STDOUT + i, call->id);
        if (!call_output_is_over(&call->output[0]) || !call_output_is_over(&call->output[1]))
            return;
        tell(call);
    }
    call->told = true;
    cgroup_give_back(call->cgroup);
    call->cgroup = NULL;
}

void calls_sweep(void)
{
    for (struct call **link = &calls; *link != NULL;) {
        struct call *call = *link;
        if (call->deadline != 0 && call->deadline <= now_ms()) {
            call->deadline = 0;
            call->timed_out = true;
            call_signal_tree(call, SIGKILL);
        }
        if (call->ended && !call->told)
            finish(call);
        if (!call->told || call->output[0].descriptor >= 0 || call->output[1].descriptor >= 0) {
            link = &call->next;
            continue;
        }
        *link = call->next;
        free(call);
    }
}

void calls_detach(void)
{
    for (struct call *call = calls; call != NULL; call = call->next) {
        if (!call->detached) {
            call->detached = true;
            if (!call->input.terminal)
                call_input_end(&call->input); /* nobody else will */
        }
    }
}
