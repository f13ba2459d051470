import { MisuseError } from '../errors.ts'

/** The six bytes of an Ethernet address such as `52:54:00:12:34:56`. */
export function macBytes(text: string): Buffer {
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return Buffer.from(text.replaceAll(':', ''), 'hex')
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use "${text}": not an Ethernet address`)
}
