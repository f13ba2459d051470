/* The parser and every request, fed with anything, in a world where nothing is done. */
#include "call.h"
#include "environment.h"
#include "exec-request.h"
#include "memory.h"
#include "output.h"
#include "parser.h"
#include "probe.h"
#include "process-tree.h"
#include "protocol.h"
#include "requests.h"
#include "user.h"
#include "watch.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWERS = 16, CALLS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pid_t last_pid;
static unsigned answers; /* to the request under way */
static uint32_t answered_id;

/* In the place of execute.c: a command that is taken in and never runs. */
void execute(uint32_t id, struct reader *reader)
{
    struct exec_request request;
    struct user user;
    if (!exec_request_read(&request, reader))
        return;
    bool known = user_find(&user, request.user);
    if (known && last_pid < CALLS && id != 0 && call_find(id) == NULL) {
        char **environment = environment_make(&request, &user);
        bool terminal = (request.flags & EXEC_TERMINAL) != 0;
        struct call *call = allocate(sizeof *call);
        if (strlen(environment_path(environment)) > FRAME_PAYLOAD_MAX)
            abort();
        *call = (struct call){.id = id, .pid = ++last_pid};
        call->deadline = request.deadline_ms == 1 ? 1 : 0;
        call->input = (struct call_input){.descriptor = (request.flags & EXEC_STDIN) != 0 ? world_descriptor() : -1,
                                          .terminal = terminal};
        for (unsigned i = 0; i < 2; i++)
            call->output[i] = (struct call_output){.descriptor = world_descriptor(), .terminal = terminal,
                                                   .window = request.window};
        call_add(call);
        put32(output_frame(STARTED, id, 4), (uint32_t)call->pid);
        free(environment);
    } else {
        output_done(id, 1, "", request.user);
    }
    if (known)
        user_free(&user);
    exec_request_free(&request);
}

void process_tree_signal(pid_t leader, int signal)
{
    calls_reaped(leader, signal);
}

bool cgroups_usable(void)
{
    return false;
}

void cgroup_give_back(struct cgroup *cgroup)
{
    if (cgroup != NULL)
        abort();
}

void cgroup_signal(struct cgroup *cgroup, int signal)
{
    (void)cgroup, (void)signal;
    abort();
}

/* What the host hears is whole frames. */
void world_said(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        if (length < FRAME_HEADER || get16(bytes) != FRAME_MAGIC || bytes[2] != FRAME_VERSION)
            abort();
        size_t size = FRAME_HEADER + get32(bytes + 8);
        if (size > length)
            abort();
        if (bytes[3] <= STARTED) {
            answers++;
            answered_id = get32(bytes + 4);
        }
        bytes += size;
        length -= size;
    }
}

/* Exactly one answer, with the id of its request; none where the protocol has none. */
static void carry_out(struct frame *frame)
{
    bool is_of_call = frame->type >= STDIN && frame->type <= RESIZE;
    output_flush(WORLD_PORT);
    answers = 0;
    request(frame);
    output_flush(WORLD_PORT);
    if (answers > 1 || (answers == 1 && answered_id != frame->id))
        abort();
    if ((answers == 0) != is_of_call && frame->type != PROBE)
        abort();
}

static struct parser parser;
static const uint8_t *unread;
static size_t left, piece;

/* As port.c has it. */
static void port_ready(void *owner, int descriptor, short events)
{
    (void)owner, (void)descriptor, (void)events;
    size_t room;
    uint8_t *space = parser_space(&parser, &room);
    size_t count = left < piece ? left : piece;
    if (room == 0)
        abort(); /* the agent would hang */
    if (count > room)
        count = room;
    memcpy(space, unread, count);
    parser_added(&parser, count);
    unread += count;
    left -= count;
    for (struct frame frame; parser_next(&parser, &frame);)
        carry_out(&frame);
}

/* As main.c has it. */
static void round_trip(void)
{
    if (left > 0)
        watch(WORLD_PORT, POLLIN, port_ready, NULL);
    calls_watch();
    probes_watch();
    watch_round();
    calls_sweep();
    probes_sweep();
    output_flush(WORLD_PORT);
}

static void end_session(void)
{
    world_answer(NULL, 0); /* zeros: all works, and nothing more comes */
    calls_detach();
    probes_drop();
    for (; last_pid > 0; last_pid--)
        calls_reaped(last_pid, 0);
    probes_sweep();
    for (int i = 0; i < 4 && world_open_descriptors() > 0; i++)
        round_trip();
    output_drop();
}

/* The first bytes are the world's answers, the next says in what pieces the rest comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= ANSWERS)
        return 0;
    world_answer(data, ANSWERS);
    piece = (size_t)data[ANSWERS] * 16 + 1;
    unread = data + ANSWERS + 1;
    left = size - ANSWERS - 1;
    while (left > 0)
        round_trip();
    parser_free(&parser);
    end_session();
    if (world_open_descriptors() != 0)
        abort();
    return 0;
}
