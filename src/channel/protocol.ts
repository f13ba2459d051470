/** The numbers of agent/PROTOCOL.md. */

export const frameMagic = 0xf1ed
export const frameVersion = 1
export const headerSize = 12
export const payloadMax = 1_048_576
export const nonceSize = 16
export const stdinFrameMax = 65_536

/** The types of the frames that the host sends. */
export const requestType = {
  hello: 0x01,
  ping: 0x02,
  clock: 0x03,
  reseed: 0x04,
  hostname: 0x05,
  address: 0x06,
  mount: 0x07,
  probe: 0x08,
  stat: 0x09,
  exec: 0x10,
  stdin: 0x11,
  window: 0x12,
  signal: 0x13,
  resize: 0x14,
} as const

/** The types of the frames that the agent sends. */
export const replyType = {
  done: 0x80,
  helloReply: 0x81,
  pong: 0x82,
  statReply: 0x83,
  started: 0x90,
  stdout: 0x91,
  stderr: 0x92,
  exit: 0x93,
  stdinWindow: 0x94,
} as const

export const execFlag = { shell: 1, pty: 2, cleanEnv: 4, stdin: 8 } as const
export const feature = { cgroups: 1, bash: 2 } as const
export const probeKind = { tcp: 1, stream: 2, datagram: 3 } as const
