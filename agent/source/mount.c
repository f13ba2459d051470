#include "output.h"
#include "requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* With its parents. The path is changed and put back. */
static int make_folder(char *path)
{
    struct stat status;
    if (mkdir(path, 0755) == 0)
        return 0;
    if (errno == EEXIST)
        return stat(path, &status) == 0 && !S_ISDIR(status.st_mode) ? ENOTDIR : 0;
    if (errno != ENOENT)
        return errno;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int error = mkdir(path, 0755) != 0 && errno != EEXIST ? errno : 0;
        *slash = '/';
        if (error != 0)
            return error;
    }
    return mkdir(path, 0755) != 0 && errno != EEXIST ? errno : 0;
}

static const char *or_null(const char *text)
{
    return text[0] == 0 ? NULL : text;
}

void mount_target(uint32_t id, struct reader *reader)
{
    unsigned long flags = read32(reader);
    const char *source = read_string(reader);
    char *target = read_string(reader);
    const char *type = read_string(reader);
    const char *data = read_string(reader);
    size_t count;
    char **folders = read_strings(reader, &count);
    if (folders == NULL)
        return;
    int error = make_folder(target);
    if (error != 0)
        output_done(id, error, "cannot create the folder ", target);
    else if (mount(source, target, or_null(type), flags, or_null(data)) != 0)
        output_done(id, error = errno, "cannot mount on ", target);
    for (size_t i = 0; i < count && error == 0; i++)
        if ((error = make_folder(folders[i])) != 0)
            output_done(id, error, "cannot create the folder ", folders[i]);
    if (error == 0)
        output_done(id, 0, "", "");
    free(folders);
}
