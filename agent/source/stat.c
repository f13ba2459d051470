#include "bytes.h"
#include "output.h"
#include "protocol.h"
#include "requests.h"

#include <errno.h>
#include <sys/stat.h>

void stat_path(uint32_t id, struct reader *reader)
{
    const char *path = read_string(reader);
    struct stat status;
    if (reader->failed)
        return;
    if (stat(path, &status) != 0) {
        output_done(id, errno, "cannot stat ", path);
        return;
    }
    uint8_t *reply = output_frame(STAT_REPLY, id, 32);
    put32(reply, status.st_mode);
    put32(reply + 4, status.st_uid);
    put32(reply + 8, status.st_gid);
    put64(reply + 12, (uint64_t)status.st_size);
    put64(reply + 20, (uint64_t)status.st_mtim.tv_sec);
    put32(reply + 28, (uint32_t)status.st_mtim.tv_nsec);
}
