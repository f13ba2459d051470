/* Pseudo-terminals. */
#ifndef FLEDGE_TERMINAL_H
#define FLEDGE_TERMINAL_H

#include <stdint.h>
#include <sys/types.h>

/* The agent's side, which does not block, and the command's. False and errno when there is none. */
_Bool terminal_open(int *master, int *slave, uint16_t rows, uint16_t columns, uid_t owner);
void terminal_resize(int master, uint16_t rows, uint16_t columns);

/* What is typed at the end of the input. */
char terminal_end_of_file(int master);

#endif
