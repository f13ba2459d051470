#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

_Bool terminal_open(int *master, int *slave, uint16_t rows, uint16_t columns, uid_t owner)
{
    char name[64];
    *master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*master < 0)
        return 0;
    *slave = unlockpt(*master) == 0 && ptsname_r(*master, name, sizeof name) == 0
                 ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
                 : -1;
    if (*slave < 0 || (owner != 0 && fchown(*slave, owner, (gid_t)-1) != 0)) {
        int error = errno;
        close(*master);
        if (*slave >= 0)
            close(*slave);
        errno = error;
        return 0;
    }
    terminal_resize(*master, rows, columns);
    return 1;
}

void terminal_resize(int master, uint16_t rows, uint16_t columns)
{
    ioctl(master, TIOCSWINSZ, &(struct winsize){.ws_row = rows, .ws_col = columns});
}

char terminal_end_of_file(int master)
{
    struct termios settings;
    if (tcgetattr(master, &settings) != 0 || settings.c_cc[VEOF] == 0)
        return 4;
    return (char)settings.c_cc[VEOF];
}
