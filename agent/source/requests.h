/* The requests of the host, each in a file of its name. */
#ifndef FLEDGE_REQUESTS_H
#define FLEDGE_REQUESTS_H

#include "parser.h"
#include "reader.h"

/* Carries a request out, and answers it unless it belongs to a call. */
void request(struct frame *frame);

/* They answer by themselves. A malformed payload is answered by whoever called, when `failed` is set. */
typedef void request_handler(uint32_t id, struct reader *reader);
request_handler hello, ping, set_clock, reseed, set_hostname, set_address, mount_target, probe, stat_path, execute;

/* They belong to a call, and are not answered. */
request_handler feed_stdin, grant_window, send_signal, resize_terminal;

#endif
