/** What is written to standard output meanwhile. */
export async function printed<T>(
  work: () => Promise<T>,
): Promise<{ readonly text: string; readonly result: T }> {
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  let text = ''
  stdout.write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk)
    return true
  }
  try {
    return { result: await work(), text }
  } finally {
    stdout.write = write
  }
}
