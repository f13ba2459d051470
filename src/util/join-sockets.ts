import type { Socket } from 'node:net'

/** Has each of two sockets get what comes from the other: its bytes, the end of them, and its end. */
export function joinSockets(one: Socket, other: Socket): void {
  join(one, other)
  join(other, one)
}

function join(from: Socket, to: Socket): void {
  // One side may have said all and still listen. It closes when both have.
  from.allowHalfOpen = true
  from.on('error', () => {})
  from.on('close', () => to.destroy())
  from.pipe(to)
}
