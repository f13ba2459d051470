/* What the parts of the agent ask of the whole. */
#ifndef FLEDGE_AGENT_H
#define FLEDGE_AGENT_H

#include "parser.h"

#include <stdnoreturn.h>

void agent_request(struct frame *frame);
void agent_host_left(void);
noreturn void agent_exit(int status);

#endif
