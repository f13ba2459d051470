/**
 * Node tells once that the way in which the text of a prompt imports modules may still change, which is nothing to the person who types there.
 * All other warnings are told as before.
 */
export function silenceLoaderWarning(): Disposable {
  const listeners = process.listeners('warning')
  const filter = (warning: Error): void => {
    if (warning.message.includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) return
    for (const each of listeners) each(warning)
  }
  process.removeAllListeners('warning').on('warning', filter)
  return {
    [Symbol.dispose]() {
      process.off('warning', filter)
      for (const each of listeners) process.on('warning', each)
    },
  }
}
