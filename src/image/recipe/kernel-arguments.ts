/** What the kernel of every image is told. */
export const kernelArguments =
  'root=/dev/vda rootfstype=ext4 rw console=ttyS0 mitigations=off random.trust_cpu=on'
