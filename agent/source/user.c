#include "user.h"

#include "memory.h"
#include "session.h"
#include "text.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static void find_groups(struct user *user)
{
    int count = 32;
    user->groups = allocate((size_t)count * sizeof *user->groups);
    if (getgrouplist(user->name, user->gid, user->groups, &count) < 0) {
        user->groups = resize(user->groups, (size_t)count * sizeof *user->groups);
        if (getgrouplist(user->name, user->gid, user->groups, &count) < 0)
            count = 0;
    }
    user->group_count = count;
}

bool user_find(struct user *user, const char *name)
{
    *user = (struct user){.name = "root", .home = "/root"};
    if (name[0] == 0) {
        user->shell = have_bash() ? "/bin/bash" : "/bin/sh";
        return true;
    }
    struct passwd *entry = getpwnam(name);
    int64_t uid = entry == NULL ? parse_decimal(name) : -1;
    if (uid >= 0 && uid < UINT32_MAX)
        entry = getpwuid((uid_t)uid);
    user->changes = true;
    if (entry != NULL) {
        user->uid = entry->pw_uid;
        user->gid = entry->pw_gid;
        user->name = entry->pw_name;
        user->home = entry->pw_dir;
        user->shell = entry->pw_shell[0] == 0 ? "/bin/sh" : entry->pw_shell;
        find_groups(user);
        return true;
    }
    if (uid < 0 || uid >= UINT32_MAX)
        return false;
    /* A number that no user has: allowed, with the group of the same number and no home. */
    user->uid = (uid_t)uid;
    user->gid = (gid_t)uid;
    user->name = name;
    user->home = "/";
    user->shell = "/bin/sh";
    return true;
}

void user_free(struct user *user)
{
    free(user->groups);
    user->groups = NULL;
}
