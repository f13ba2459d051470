const [newline, carriageReturn, tilde, dot] = [0x0a, 0x0d, 0x7e, 0x2e]

/** What became of some keys. */
interface Taken {
  /** What goes on to the machine. */
  readonly send: Buffer
  /** Whether the person wants to leave; what comes after that is not sent. */
  readonly left: boolean
}

/** Looks for `~.` at the begin of a line among keys, by which one leaves a machine that does not answer, as in ssh(1); `~~` stands for `~`. */
export class LeaveKeys {
  #atBegin = true
  #heldTilde = false

  /** Takes the next keys, however they were cut. */
  take(keys: Uint8Array): Taken {
    const send: number[] = []
    for (const key of keys) {
      if (this.#heldTilde) {
        this.#heldTilde = false
        if (key === dot) return { send: Buffer.from(send), left: true }
        send.push(tilde)
        this.#atBegin = false
        if (key === tilde) continue
      } else if (this.#atBegin && key === tilde) {
        this.#heldTilde = true
        continue
      }
      send.push(key)
      this.#atBegin = key === newline || key === carriageReturn
    }
    return { send: Buffer.from(send), left: false }
  }
}
