import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'

/**
 * Makes the root file system as large as the disk: the partition first, where it is on one. What of that cannot be done is said,
 * and the machine has less room.
 */
export async function growRoot({ name, guest }: OwnedMachine, signal: AbortSignal): Promise<void> {
  const why = await ask(guest, growRootScript, signal, 'growing the root file system')
  if (why !== '') notice(`The root file system of "${name}" does not fill its disk: ${why}`)
}

/** For any POSIX shell and a busybox; `mountinfo` is in proc_pid_mountinfo(5). */
export const growRootScript = `
set -eu
if [ "$(uname -s)" != Linux ]; then
  echo "fledge cannot grow that of $(uname -s)"
  exit
fi
set -- $(awk '$5 == "/" { for (i = 7; $i != "-"; i++); last = $(i + 1) " " $(i + 2) " " $3 } END { print last }' /proc/self/mountinfo)
type=$1 source=$2
# The source may be a name of the initrd's, as /dev/root; btrfs has no device of its own, and tells one that there is.
if [ -e "/sys/dev/block/$3" ]; then source=/dev/$(basename "$(readlink -f "/sys/dev/block/$3")"); fi
device=$(basename "$(readlink -f "$source")")
place=/sys/class/block/$device
if [ -e "$place/dm" ]; then
  echo "it is on the mapped device $source"
  exit
fi
if [ -e "$place/partition" ]; then
  number=$(cat "$place/partition")
  disk=$(basename "$(dirname "$(readlink -f "$place")")")
  # growpart's 1: it fills the disk already. Under SELinux it may fail, as sfdisk, which it calls, may not write to its temporary files.
  if ! command -v growpart > /dev/null || ! { growpart "/dev/$disk" "$number" > /dev/null || [ $? = 1 ]; }; then
    echo ', +' | sfdisk --quiet --no-reread --force -N "$number" "/dev/$disk" >&2
    partx --update --nr "$number" "/dev/$disk"
  fi
  # In sectors of 512 bytes; what is kept for a second partition table and for alignment is less.
  rest=$(($(cat "/sys/class/block/$disk/size") - $(cat "$place/start") - $(cat "$place/size")))
  [ "$rest" -lt 65536 ] || echo "another partition stands behind $source"
fi
case $type in
  ext*) resize2fs "$source" > /dev/null ;;
  xfs) xfs_growfs / > /dev/null ;;
  btrfs) btrfs filesystem resize max / > /dev/null ;;
  *) echo "nobody here can grow the file system $type" ;;
esac`
