#include "output.h"
#include "requests.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_INDICES = 16 };

static bool has_address(int control, struct ifreq *request, const uint8_t *address)
{
    return ioctl(control, SIOCGIFHWADDR, request) == 0 && request->ifr_hwaddr.sa_family == ARPHRD_ETHER &&
           memcmp(request->ifr_hwaddr.sa_data, address, 6) == 0;
}

/* Asks the low indices first: listing all interfaces costs far more. */
static bool find(int control, struct ifreq *request, const uint8_t *address)
{
    for (int index = 1; index <= FIRST_INDICES; index++) {
        *request = (struct ifreq){.ifr_ifindex = index};
        if (ioctl(control, SIOCGIFNAME, request) == 0 && has_address(control, request, address))
            return true;
    }
    struct if_nameindex *all = if_nameindex();
    bool found = false;
    for (size_t i = 0; all != NULL && all[i].if_index != 0 && !found; i++) {
        *request = (struct ifreq){0};
        memcpy(request->ifr_name, all[i].if_name, strnlen(all[i].if_name, IFNAMSIZ - 1));
        found = has_address(control, request, address);
    }
    if (all != NULL)
        if_freenameindex(all);
    return found;
}

static int change(int control, struct ifreq *request, const uint8_t *address)
{
    struct ifreq flags = {0};
    memcpy(flags.ifr_name, request->ifr_name, IFNAMSIZ);
    memcpy(request->ifr_hwaddr.sa_data, address, 6);
    if (ioctl(control, SIOCSIFHWADDR, request) == 0)
        return 0;
    if (errno != EBUSY || ioctl(control, SIOCGIFFLAGS, &flags) != 0)
        return errno;
    /* Some drivers take a new address only while the interface is down. */
    short before = flags.ifr_flags;
    flags.ifr_flags = (short)(before & ~IFF_UP);
    if (ioctl(control, SIOCSIFFLAGS, &flags) != 0)
        return errno;
    int error = ioctl(control, SIOCSIFHWADDR, request) == 0 ? 0 : errno;
    flags.ifr_flags = before;
    if (ioctl(control, SIOCSIFFLAGS, &flags) != 0 && error == 0)
        error = errno;
    return error;
}

void set_address(uint32_t id, struct reader *reader)
{
    const uint8_t *old = read_bytes(reader, 6);
    const uint8_t *new = read_bytes(reader, 6);
    if (old == NULL || new == NULL)
        return;
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request;
    int error = 0;
    if (control < 0)
        output_done(id, errno, "cannot open a socket", "");
    else if (!find(control, &request, old))
        output_done(id, ENODEV, "no interface has the old address", "");
    else if ((error = change(control, &request, new)) != 0)
        output_done(id, error, "cannot change the address of ", request.ifr_name);
    else
        output_done(id, 0, "", "");
    if (control >= 0)
        close(control);
}
