/** Follows what mmdebstrap prints, and says in a few words where it stands. */
export function buildProgress(update: (detail: string) => void): (line: string) => void {
  let planned = 0
  let fetched = 0
  let done = 0
  return (line) => {
    const more = /(\d+) newly installed/.exec(line)?.[1]
    if (more !== undefined) planned += Number(more)
    else if (/^Get:\d+ /.test(line)) {
      update(planned === 0 ? 'reading package lists' : `downloading packages, ${++fetched} of ${planned}`)
    } else if (/^(Unpacking|Setting up) /.test(line)) {
      // Each package is unpacked once and set up once, in turns.
      update(`installing packages, ${Math.ceil(++done / 2)} of ${planned}`)
    } else if (line.startsWith('I: running --customize-hook')) update('fitting the system for tests')
  }
}
