/* The payload of an EXEC. Its strings stand in the payload. */
#ifndef FLEDGE_EXEC_REQUEST_H
#define FLEDGE_EXEC_REQUEST_H

#include "reader.h"

struct exec_request {
    uint32_t flags;
    uint32_t deadline_ms;
    uint16_t rows, columns;
    uint32_t window;
    char *user;
    char *folder;
    size_t argc, envc;
    char **argv;
    char **env;
};

/* False when malformed. Otherwise to be freed. */
bool exec_request_read(struct exec_request *request, struct reader *reader);
void exec_request_free(struct exec_request *request);

#endif
