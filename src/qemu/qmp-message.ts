import * as v from 'valibot'

/**
 * What QEMU says in one line: its greeting, an answer, or an event. What else older and newer ones put in, or leave out, is no
 * reason not to understand the rest.
 */
export interface QmpMessage {
  readonly QMP?: unknown
  readonly id?: unknown
  readonly return?: unknown
  readonly error?: { readonly class?: string; readonly desc?: string }
  readonly event?: string
  readonly data?: Record<string, unknown> | null
  readonly timestamp?: { readonly seconds?: unknown; readonly microseconds?: unknown } | null
}

const message = v.pipe(
  v.object({
    QMP: v.exactOptional(v.unknown()),
    id: v.exactOptional(v.unknown()),
    return: v.exactOptional(v.unknown()),
    error: v.exactOptional(
      v.object({ class: v.exactOptional(v.string()), desc: v.exactOptional(v.string()) }),
    ),
    event: v.exactOptional(v.string()),
    data: v.exactOptional(v.nullable(v.record(v.string(), v.unknown()))),
    timestamp: v.exactOptional(
      v.nullable(
        v.object({ seconds: v.exactOptional(v.unknown()), microseconds: v.exactOptional(v.unknown()) }),
      ),
    ),
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
