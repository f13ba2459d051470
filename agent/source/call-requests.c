/* The requests that belong to a running call. */
#include "call.h"
#include "output.h"
#include "protocol.h"
#include "requests.h"
#include "terminal.h"

#include "bytes.h"

#include <signal.h>
#include <stddef.h>

void feed_stdin(uint32_t id, struct reader *reader)
{
    struct call *call = call_find(id);
    if (call == NULL || reader->left > STDIN_MAX)
        return;
    if (reader->left == 0) {
        call_input_end(&call->input);
        return;
    }
    call_input_add(&call->input, reader->at, reader->left);
    uint32_t granted = call_input_grant(&call->input);
    if (granted > 0)
        put32(output_frame(STDIN_WINDOW, id, 4), granted);
}

void grant_window(uint32_t id, struct reader *reader)
{
    struct call *call = call_find(id);
    unsigned stream = read8(reader);
    uint32_t bytes = read32(reader);
    if (call != NULL && !reader->failed && (stream == 1 || stream == 2))
        call->output[stream - 1].window += bytes;
}

void send_signal(uint32_t id, struct reader *reader)
{
    struct call *call = call_find(id);
    uint32_t number = read32(reader);
    bool tree = read8(reader) != 0;
    if (call == NULL || reader->failed || number == 0 || number >= NSIG)
        return;
    if (tree)
        call_signal_tree(call, (int)number);
    else if (!call->ended)
        kill(call->pid, (int)number);
}

void resize_terminal(uint32_t id, struct reader *reader)
{
    struct call *call = call_find(id);
    uint16_t rows = read16(reader);
    uint16_t columns = read16(reader);
    if (call != NULL && !reader->failed && call->output[0].terminal && call->output[0].descriptor >= 0)
        terminal_resize(call->output[0].descriptor, rows, columns);
}
