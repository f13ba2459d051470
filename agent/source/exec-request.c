#include "exec-request.h"

#include "protocol.h"

#include <stdlib.h>
#include <string.h>

static bool is_sound(const struct exec_request *request)
{
    if (request->argc == 0 || ((request->flags & EXEC_SHELL) != 0 && request->argc != 1))
        return false;
    for (size_t i = 0; i < request->envc; i++)
        if (request->env[i][0] == '=' || strchr(request->env[i], '=') == NULL)
            return false;
    return true;
}

bool exec_request_read(struct exec_request *request, struct reader *reader)
{
    *request = (struct exec_request){0};
    request->flags = read32(reader);
    request->deadline_ms = read32(reader);
    request->rows = read16(reader);
    request->columns = read16(reader);
    request->window = read32(reader);
    request->user = read_string(reader);
    request->folder = read_string(reader);
    request->argv = read_strings(reader, &request->argc);
    request->env = read_strings(reader, &request->envc);
    if (!reader->failed && is_sound(request))
        return true;
    reader->failed = true;
    exec_request_free(request);
    return false;
}

void exec_request_free(struct exec_request *request)
{
    free(request->argv);
    free(request->env);
    request->argv = request->env = NULL;
}
