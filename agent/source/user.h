/* Whom a command runs as. */
#ifndef FLEDGE_USER_H
#define FLEDGE_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct user {
    bool changes; /* from the agent's own */
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* to be freed */
    int group_count;
    const char *name, *home, *shell; /* stand until the next lookup */
};

/* A name, a decimal uid, or nothing for root. False when there is no such user. */
bool user_find(struct user *user, const char *name);
void user_free(struct user *user);

#endif
