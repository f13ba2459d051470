#include "output.h"
#include "requests.h"

#include <errno.h>
#include <time.h>

void set_clock(uint32_t id, struct reader *reader)
{
    struct timespec time = {.tv_sec = (time_t)read64(reader)};
    time.tv_nsec = (long)read32(reader);
    if (reader->failed)
        return;
    if (clock_settime(CLOCK_REALTIME, &time) == 0)
        output_done(id, 0, "", "");
    else
        output_done(id, errno, "cannot set the clock", "");
}
