#!/bin/sh
# Installs what fledge is built, tested and run with on a Debian host: packages, as root or through sudo, and
# node_modules. Quick, and without the network, when all of it is there.
set -eu
cd "$(dirname "$0")/.."

# The emulator; images from packages; their file systems; plain users' namespaces; the guest agent's compiler; what the
# bench sets beside fledge; the shell of small guests; disks shaped like official images, and a browser for the page that tests leave, for tests;
# firmware and TPMs of machines; sealed runs.
packages='
  qemu-system-x86
  mmdebstrap debian-archive-keyring
  e2fsprogs util-linux
  busybox
  uidmap
  gcc libc6-dev musl-tools linux-libc-dev make
  openssh-client curl
  qemu-utils parted extlinux syslinux-common xz-utils zstd
  chromium fonts-dejavu-core
  ovmf mtools swtpm
  bubblewrap
'

# What only "make test-all" needs: the fuzzer of clang, and the file systems of other distributions.
[ "${FLEDGE_TEST_ALL:-}" != 1 ] || packages="$packages clang libclang-rt-dev btrfs-progs xfsprogs"

missing=
for package in $packages; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
    missing="$missing $package"
done

if [ -n "$missing" ]; then
  root=
  [ "$(id -u)" = 0 ] || root=sudo
  echo "Installing packages:$missing"
  $root apt-get -q update
  # shellcheck disable=SC2086 # words
  $root env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends $missing
fi

# npm leaves this file when it has installed all that package-lock.json names.
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  echo 'Installing node_modules'
  # Where a registry lacks packages for other systems, npm takes a lock file that names them for one that is out of date.
  errors=$(mktemp)
  trap 'rm -f "$errors"' EXIT
  status=0
  npm ci --no-audit --no-fund 2> "$errors" || status=$?
  cat "$errors" >&2
  if [ "$status" != 0 ]; then
    grep -q '^npm .* code EUSAGE$' "$errors" || exit "$status"
    npm install --no-save --no-audit --no-fund
  fi
  touch "$installed"
fi
