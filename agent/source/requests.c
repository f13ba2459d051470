#include "requests.h"

#include "output.h"
#include "protocol.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    request_handler *handle;
    bool answered;
} handlers[] = {
    [HELLO] = {hello, true},         [PING] = {ping, true},
    [CLOCK] = {set_clock, true},     [RESEED] = {reseed, true},
    [HOSTNAME] = {set_hostname, true}, [ADDRESS] = {set_address, true},
    [MOUNT] = {mount_target, true},  [PROBE] = {probe, true},
    [STAT] = {stat_path, true},      [EXEC] = {execute, true},
    [STDIN] = {feed_stdin, false},   [WINDOW] = {grant_window, false},
    [SIGNAL] = {send_signal, false}, [RESIZE] = {resize_terminal, false},
};

void request(struct frame *frame)
{
    struct reader reader = {.at = frame->payload, .left = frame->length};
    if (frame->type >= sizeof handlers / sizeof handlers[0] || handlers[frame->type].handle == NULL) {
        output_done(frame->id, ENOSYS, "unknown request", "");
        return;
    }
    handlers[frame->type].handle(frame->id, &reader);
    if (reader.failed && handlers[frame->type].answered)
        output_done(frame->id, EINVAL, "malformed request", "");
}
