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

const message = v.object({
  QMP: v.exactOptional(v.unknown()),
  id: v.exactOptional(v.unknown()),
  return: v.exactOptional(v.unknown()),
  error: v.exactOptional(v.object({ class: v.exactOptional(v.string()), desc: v.exactOptional(v.string()) })),
  event: v.exactOptional(v.string()),
  data: v.exactOptional(v.nullable(v.record(v.string(), v.unknown()))),
  timestamp: v.exactOptional(
    v.nullable(
      v.object({ seconds: v.exactOptional(v.unknown()), microseconds: v.exactOptional(v.unknown()) }),
    ),
  ),
})

/** Reads one line; `undefined` when it is no message. One of a kind that only newer QEMUs know says nothing to us. */
export function parseQmp(line: string): QmpMessage | undefined {
  try {
    const said: unknown = JSON.parse(line)
    const parsed = v.safeParse(message, said)
    return parsed.success && !Array.isArray(said) ? parsed.output : undefined
  } catch {
    return undefined
  }
}
