#include "output.h"
#include "protocol.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void reseed(uint32_t id, struct reader *reader)
{
    union { /* struct rand_pool_info, whose last field has no size */
        struct rand_pool_info info;
        unsigned char bytes[sizeof(struct rand_pool_info) + ENTROPY_MAX];
    } pool;
    size_t length = reader->left;
    if (length == 0 || length > ENTROPY_MAX) {
        reader->failed = true;
        return;
    }
    pool.info.entropy_count = (int)length * 8;
    pool.info.buf_size = (int)length;
    memcpy(pool.bytes + offsetof(struct rand_pool_info, buf), reader->at, length);
    int random = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    int error = random < 0 || ioctl(random, (int)RNDADDENTROPY, &pool) != 0 ? errno : 0;
    /* Before Linux 4.14 there is no such request; the pool is mixed all the same. */
    if (error == 0 && ioctl(random, RNDRESEEDCRNG) != 0 && errno != EINVAL && errno != ENOTTY)
        error = errno;
    if (random >= 0)
        close(random);
    output_done(id, error, error == 0 ? "" : "cannot reseed the random generator", "");
}
