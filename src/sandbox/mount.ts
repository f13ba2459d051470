/** One thing that is seen in a seal. Later ones lie over earlier ones. */
export type Mount =
  /** A file or folder of the host, at the same path, that nobody in there can change. */
  | { readonly kind: 'readable'; readonly path: string }
  /** A file or folder of the host, at the same path unless another is named, that is written through to the host. */
  | { readonly kind: 'writable'; readonly path: string; readonly source?: string }
  /** A symbolic link, wherever it leads. */
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  /** A folder that is there, and empty but for what is put in it. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A folder of its own, in memory, for as long as the seal is there. */
  | { readonly kind: 'private'; readonly path: string }
  /** A file with a text of ours. */
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  /** From here on nothing is added to a private folder, or taken from it. */
  | { readonly kind: 'closed'; readonly path: string }
