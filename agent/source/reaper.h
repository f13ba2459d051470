/* Collects the processes that end: commands, and orphans of theirs. */
#ifndef FLEDGE_REAPER_H
#define FLEDGE_REAPER_H

void reaper_start(void);
void reaper_watch(void);

#endif
