import * as v from 'valibot'

/** What QEMU says in one line: its greeting, an answer, or an event. */
export interface QmpMessage {
  readonly QMP?: unknown
  readonly id?: unknown
  readonly return?: unknown
  readonly error?: { readonly desc: string }
  readonly event?: string
  readonly data?: Record<string, unknown>
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number }
}

const message = v.pipe(
  v.object({
    QMP: v.exactOptional(v.unknown()),
    id: v.exactOptional(v.unknown()),
    return: v.exactOptional(v.unknown()),
    error: v.exactOptional(v.object({ desc: v.string() })),
    event: v.exactOptional(v.string()),
    data: v.exactOptional(v.record(v.string(), v.unknown())),
    timestamp: v.exactOptional(v.object({ seconds: v.number(), microseconds: v.number() })),
  }),
  v.check((said) => ['QMP', 'return', 'error', 'event'].some((kind) => kind in said)),
)

/** Reads one line; `undefined` when it is none of those. */
export function parseQmp(line: string): QmpMessage | undefined {
  try {
    const parsed = v.safeParse(message, JSON.parse(line))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}
