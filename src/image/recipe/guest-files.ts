import { labMacs } from '../../qemu/mac-addresses.ts'

/** The files that make a general Debian a quiet test machine, by their paths in the guest. */
export const guestFiles: Readonly<Record<string, string>> = {
  '/etc/hostname': 'fledge\n',

  '/etc/hosts': `127.0.0.1\tlocalhost
127.0.1.1\tfledge
::1\tlocalhost ip6-localhost ip6-loopback
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`,

  // QEMU's user networking answers here. One plain file is quicker than systemd-resolved.
  '/etc/resolv.conf': 'nameserver 10.0.2.3\n',

  // Newer releases make the former a link to the latter.
  '/etc/default/locale': 'LANG=C.UTF-8\n',
  '/etc/locale.conf': 'LANG=C.UTF-8\n',

  '/etc/fstab': '# The root is mounted by the kernel command line.\n',

  // The cards of networks between machines are for tests, or the agent, to set up. The permanent address
  // stays when a clone gets an address of its own.
  '/etc/systemd/network/10-fledge-lab.network': `[Match]
PermanentMACAddress=${labMacs.join(' ')}

[Link]
Unmanaged=yes
`,

  // A static address: nothing to wait for, and no lease that is stale in a clone.
  '/etc/systemd/network/20-fledge.network': `[Match]
Driver=virtio_net

[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
DNS=10.0.2.3
LinkLocalAddressing=no
IPv6AcceptRA=no
`,

  // What a clone needs at once: loading it then would cost a second.
  '/etc/modules-load.d/fledge.conf': '9p\n9pnet_virtio\noverlay\nvirtio_net\n',

  // Devices of the emulated board that nobody asks, and what networkd would load to ask for wireless
  // networks. "modprobe" by name still loads them.
  '/etc/modprobe.d/fledge.conf': `blacklist ata_piix
blacklist cfg80211
blacklist floppy
blacklist i2c_piix4
blacklist kvm_amd
blacklist kvm_intel
blacklist parport_pc
blacklist pcspkr
blacklist powernow_k8
blacklist psmouse
`,

  // In memory, and without the kernel's audit messages.
  '/etc/systemd/journald.conf.d/fledge.conf': `[Journal]
Storage=volatile
Audit=no
RuntimeMaxUse=64M
`,

  '/etc/apt/apt.conf.d/20fledge': `// Nothing by itself: a test decides when packages change.
APT::Periodic::Enable "0";
// Descriptions in other languages take as long to fetch as the rest.
Acquire::Languages "none";
`,

  // A machine lives for one test: there is no power failure to be ready for.
  '/etc/dpkg/dpkg.cfg.d/fledge': 'force-unsafe-io\n',

  // The image has no host keys: each machine that starts the server makes its own.
  '/etc/systemd/system/fledge-ssh-host-key.service': `[Unit]
Description=Make an SSH host key when there is none
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
Before=ssh.service ssh.socket ssh@.service sshd@.service

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key

[Install]
WantedBy=ssh.service ssh.socket
`,
}
