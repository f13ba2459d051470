/** Ends this process when all that it printed has been taken; nothing else keeps it alive, as a terminal to read from would. */
export async function endProcess(): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flush))
  process.exit()
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve()
    else stream.once('close', resolve).write('', () => resolve())
  })
}
