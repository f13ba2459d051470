/** The address of the network card that every template is frozen with; a clone's agent gives it a fresh one. */
export const frozenMac = '52:54:00:fe:d6:00'

/** The addresses of the cards for networks between machines. They stay as they are. */
export const labMacs = ['52:54:00:fe:d6:01', '52:54:00:fe:d6:02', '52:54:00:fe:d6:03'] as const
