/** One source of packages, as apt knows it. */
export interface AptSource {
  readonly uris: readonly string[]
  readonly suites: readonly string[]
  readonly components: readonly string[]
  /** The keyring that it is checked with, when it says so. */
  readonly signedBy?: string
}

/** Reads the one-line form, `deb [options] uri suite component…`, of sources.list(5). */
export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (!match) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1]
    return [
      {
        uris: [uri],
        suites: [suite],
        components: words(components),
        ...(signedBy === undefined ? {} : { signedBy }),
      },
    ]
  })
}

/** Reads the deb822 form, paragraphs of `Key: value`, of sources.list(5). */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .map(fields)
    .filter((field) => words(field.get('types')).includes('deb') && field.get('enabled') !== 'no')
    .map((field) => {
      const signedBy = field.get('signed-by')
      return {
        uris: words(field.get('uris')),
        suites: words(field.get('suites')),
        components: words(field.get('components')),
        ...(signedBy === undefined ? {} : { signedBy }),
      }
    })
}

function fields(paragraph: string): Map<string, string> {
  // A line that starts with a space goes on with the one before it.
  const lines = paragraph.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line)
      return match?.[1] === undefined ? [] : [[match[1].toLowerCase(), (match[2] ?? '').trim()]]
    }),
  )
}

function words(text = ''): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
