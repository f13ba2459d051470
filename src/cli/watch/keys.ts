/** What a person at the terminal may want between two runs. */
export type Wish = 'all' | 'failed' | 'quit' | 'interrupt'

const wishes: Readonly<Record<string, Wish>> = {
  '\r': 'all',
  '\n': 'all',
  f: 'failed',
  q: 'quit',
  // Ctrl-D and Ctrl-C, which are no signals while keys are read one by one.
  '\u0004': 'quit',
  '\u0003': 'interrupt',
}

/**
 * Waits for a key that means something. The terminal is only read until then: a test that runs may have it for itself. Without a terminal it waits
 * for the signal only.
 */
export async function nextWish(signal: AbortSignal): Promise<Wish | undefined> {
  const { stdin } = process
  return new Promise((resolve) => {
    const settle = (wish: Wish | undefined): void => {
      stdin.off('data', read).off('end', close)
      signal.removeEventListener('abort', aborted)
      if (stdin.isTTY) {
        stdin.setRawMode(false)
        stdin.pause()
      }
      resolve(wish)
    }
    const read = (keys: Buffer): void => {
      const wish = Array.from(keys, (key) => wishes[String.fromCharCode(key)]).find((each) => each)
      if (wish) settle(wish)
    }
    const close = (): void => settle('quit')
    const aborted = (): void => settle(undefined)
    signal.addEventListener('abort', aborted, { once: true })
    if (!stdin.isTTY) return
    stdin.setRawMode(true)
    stdin.on('data', read).on('end', close).resume()
  })
}
