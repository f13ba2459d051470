#include "output.h"
#include "protocol.h"
#include "requests.h"

#include <string.h>

void ping(uint32_t id, struct reader *reader)
{
    if (reader->left > PING_MAX)
        reader->failed = true;
    else
        memcpy(output_frame(PONG, id, reader->left), reader->at, reader->left);
}
