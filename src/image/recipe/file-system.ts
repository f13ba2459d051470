/** The size of every disk. It is sparse: what is not written costs nothing. */
export const diskBytes: number = 8 * 1024 ** 3

/**
 * How mke2fs makes the root. The features are named one by one, so that the file system is the same
 * whatever the host's mke2fs prefers, and the oldest guest's kernel knows them; without the checksums
 * of metadata, which an emulated processor pays for. Nothing is left for the guest to initialize.
 */
export const fileSystemOptions: readonly string[] = [
  '-q',
  '-F',
  ...['-t', 'ext4', '-b', '4096', '-I', '256', '-m', '0', '-L', 'fledge'],
  '-O',
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize',
  '-E',
  'lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0',
]
