import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** All messages of a diagnostics channel while some work runs. */
export async function messagesOf<T>(channel: string, work: () => Promise<unknown>): Promise<T[]> {
  const messages: T[] = []
  const listen = (message: unknown): void => void messages.push(message as T)
  subscribe(channel, listen)
  try {
    await work()
  } finally {
    unsubscribe(channel, listen)
  }
  return messages
}
