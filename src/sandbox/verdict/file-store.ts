/** Where files are kept by their names, none of which is ever written with another content but entries. */
export interface FileStore extends AsyncDisposable {
  /** As a person is told of it. */
  readonly place: string
  /** A small file; `undefined` when there is none. */
  read(name: string): Promise<string | undefined>
  /** The path of a file on this host with its content; `undefined` when there is none. */
  fetch(name: string): Promise<string | undefined>
  /** Writes a file whole: a text, or a copy of another file. */
  write(name: string, content: { readonly text: string } | { readonly path: string }): Promise<void>
}
