#include "memory.h"
#include "output.h"
#include "protocol.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own_address[] = "127.0.1.1";

static bool is_valid(const char *name)
{
    size_t length = strlen(name);
    return length >= 1 && length <= HOSTNAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Overwrites in place: a rename would fail on a bind mount, and truncating first makes ext4 flush. A file that does not
 * get shorter needs no truncation, which is as much work again in a clone that has just begun to run. */
static int overwrite(int file, const char *text, size_t length, size_t old_length)
{
    if (pwrite(file, text, length, 0) != (ssize_t)length)
        return errno;
    return length < old_length && ftruncate(file, (off_t)length) != 0 ? errno : 0;
}

static int write_hostname(const char *name)
{
    char line[HOSTNAME_MAX + 2];
    size_t length = strlen(name);
    memcpy(line, name, length);
    line[length++] = '\n';
    int file = open("/etc/hostname", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    struct stat status;
    if (file < 0)
        return errno;
    int error = fstat(file, &status) != 0 ? errno : overwrite(file, line, length, (size_t)status.st_size);
    close(file);
    return error;
}

static bool is_own_line(const char *line)
{
    size_t length = sizeof own_address - 1;
    return strncmp(line, own_address, length) == 0 && (line[length] == ' ' || line[length] == '\t');
}

/* Copies the lines of `old`, the first line of ours replaced and the others left out. */
static size_t edit_hosts(char *edited, const char *old, const char *name)
{
    char *end = edited;
    bool placed = false;
    for (const char *line = old, *next; *line != 0; line = next) {
        const char *feed = strchr(line, '\n');
        next = feed == NULL ? line + strlen(line) : feed + 1;
        if (!is_own_line(line)) {
            end = mempcpy(end, line, (size_t)(next - line));
            continue;
        }
        if (placed)
            continue;
        placed = true;
        end = stpcpy(stpcpy(stpcpy(stpcpy(end, own_address), "\t"), name), "\n");
    }
    if (!placed) {
        if (end > edited && end[-1] != '\n')
            *end++ = '\n';
        end = stpcpy(stpcpy(stpcpy(stpcpy(end, own_address), "\t"), name), "\n");
    }
    return (size_t)(end - edited);
}

static int write_hosts(const char *name)
{
    int file = open("/etc/hosts", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct stat status;
    if (file < 0)
        return errno;
    if (fstat(file, &status) != 0 || status.st_size > 1048576) {
        close(file);
        return EFBIG;
    }
    size_t size = (size_t)status.st_size;
    char *old = allocate(size + 1);
    char *edited = allocate(size + sizeof own_address + HOSTNAME_MAX + 8);
    int error = pread(file, old, size, 0) < 0 ? errno : 0;
    if (error == 0) {
        size_t length = edit_hosts(edited, old, name);
        if (length != size || memcmp(old, edited, size) != 0)
            error = overwrite(file, edited, length, size);
    }
    close(file);
    free(old);
    free(edited);
    return error;
}

void set_hostname(uint32_t id, struct reader *reader)
{
    const char *name = read_string(reader);
    if (reader->failed)
        return;
    int error;
    if (!is_valid(name))
        output_done(id, EINVAL, "not a hostname: ", name);
    else if (sethostname(name, strlen(name)) != 0)
        output_done(id, errno, "cannot set the hostname ", name);
    else if ((error = write_hostname(name)) != 0)
        output_done(id, error, "cannot write /etc/hostname", "");
    else if ((error = write_hosts(name)) != 0)
        output_done(id, error, "cannot write /etc/hosts", "");
    else
        output_done(id, 0, "", "");
}
