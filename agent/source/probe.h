/* Probes that wait for a connection. */
#ifndef FLEDGE_PROBE_H
#define FLEDGE_PROBE_H

void probes_watch(void);
void probes_sweep(void); /* frees those that were answered */
void probes_drop(void);  /* nobody waits for an answer any more */

#endif
