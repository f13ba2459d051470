/**
 * Makes `/boot/fledge-initrd` from the image's own programs, run in the image by the shell.
 *
 * The distribution's initrd finds any root on any hardware with udev, which takes seconds; this one
 * loads the modules of one disk, mounts it, and hands over. The package that makes the former is still
 * there, and works.
 */
export const initrdScript = `
version=$(ls /lib/modules)
initrd=$(mktemp -d)
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/sys" "$initrd/root"

add() {
  mkdir -p "$initrd$(dirname "$1")"
  cp -L "$1" "$initrd$1"
}

for program in sh mount modprobe switch_root sleep; do
  path=$(readlink -f "$(command -v "$program")")
  cp "$path" "$initrd/bin/$program"
  ldd "$path" | grep -o '/[^ ]*' | while read -r library; do add "$library"; done
done

# Unpacked here, once, and not at each boot. Some are built into the kernel of one release or another.
for module in virtio_pci virtio_blk ext4 crc32c_generic; do
  modprobe --set-version "$version" --ignore-install --show-depends "$module" || true
done | sed -n 's/^insmod \\([^ ]*\\).*/\\1/p' | sort -u | while read -r file; do
  add "$file"
  case $file in
    *.xz) xz -dc "$file" > "$initrd\${file%.xz}"; rm "$initrd$file" ;;
  esac
done
for list in modules.order modules.builtin modules.builtin.modinfo; do
  cp "/lib/modules/$version/$list" "$initrd/lib/modules/$version/" 2>/dev/null || true
done
depmod --basedir "$initrd" "$version"

cat > "$initrd/init" <<'INIT'
#!/bin/sh
PATH=/bin
mount -n -t devtmpfs dev /dev
mount -n -t proc proc /proc
mount -n -t sysfs sys /sys
modprobe -a virtio_pci virtio_blk ext4 crc32c_generic 2>/dev/null
tries=0
while [ ! -b /dev/vda ] && [ "$tries" -lt 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
mount -n -t ext4 -o rw /dev/vda /root || { echo "fledge: cannot mount /dev/vda" >/dev/console; exit 1; }
exec switch_root /root /sbin/init
INIT
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc -R 0:0) > /boot/fledge-initrd
rm -r "$initrd"
`
