import type { OwnedMachine } from '../owner/owned-machine.ts'
import { ask } from './ask.ts'

/** Makes the root file system as large as the disk: the partition first, where it is on one, and it is the last. */
export async function growRoot({ channel }: OwnedMachine, signal: AbortSignal): Promise<void> {
  await ask(channel, script, signal)
}

const script = `
set -eu
# As btrfs tells it, with a subvolume: /dev/vda4[/root]
source=$(findmnt --noheadings --output SOURCE / | sed 's/\\[.*//')
device=$(basename "$(readlink -f "$source")")
if [ -e "/sys/class/block/$device/partition" ]; then
  number=$(cat "/sys/class/block/$device/partition")
  disk=/dev/$(basename "$(dirname "$(readlink -f "/sys/class/block/$device")")")
  if command -v growpart > /dev/null; then
    # 1: it fills the disk already.
    growpart "$disk" "$number" > /dev/null || [ $? = 1 ]
  else
    echo ', +' | sfdisk --quiet --no-reread --force -N "$number" "$disk"
    partx --update "$disk"
  fi
fi
case $(findmnt --noheadings --output FSTYPE /) in
  ext*) resize2fs "$source" ;;
  xfs) xfs_growfs / ;;
  btrfs) btrfs filesystem resize max / ;;
esac`
