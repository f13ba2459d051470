/** Where the agent's service for OpenRC is in the guest. */
export const openrcServicePath = '/etc/init.d/fledge-agent'

/**
 * The agent as a service of OpenRC: from the runlevel `boot` on, before networks and cloud-init, until the last processes are killed
 * at shutdown. Its supervisor starts it again when it ends; QEMU tells of an opened or closed port at most once a second, so a pause
 * makes sure that the host hears of the end.
 */
export const openrcService = `#!/sbin/openrc-run
description="fledge guest agent"
supervisor=supervise-daemon
command=/usr/lib/fledge/fledge-agent
respawn_delay=2
respawn_max=0

depend() {
  after root localmount modules hwdrivers udev mdev
  keyword -stop
}

start_pre() {
  modprobe -q virtio_console || true
}
`
