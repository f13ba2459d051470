/* Who the agent is, and which host it talks to. */
#ifndef FLEDGE_SESSION_H
#define FLEDGE_SESSION_H

#include <stdbool.h>

void session_start(void);
bool have_bash(void);

#endif
