/** Follows what mmdebstrap prints, and says in a few words where it stands. */
export function buildProgress(update: (detail: string) => void): (line: string) => void {
  let total = 0
  const counts = { fetched: 0, unpacked: 0, set: 0 }
  return (line) => {
    const planned = /(\d+) newly installed/.exec(line)?.[1]
    if (planned !== undefined) total += Number(planned)
    else if (/^Get:\d+ /.test(line)) {
      update(total === 0 ? 'reading package lists' : `downloading packages, ${++counts.fetched} of ${total}`)
    } else if (line.startsWith('Unpacking ')) update(`unpacking packages, ${++counts.unpacked}`)
    else if (line.startsWith('Setting up ')) update(`setting up packages, ${++counts.set}`)
    else if (line.startsWith('I: running --customize-hook')) update('fitting the system for tests')
  }
}
