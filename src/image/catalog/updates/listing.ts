import { indexFault } from './faults.ts'
import type { Web } from './web.ts'

/** The names right below a folder in the page that a web server makes of it; those of folders end in `/`. */
export function parseListing(html: string, url: string): readonly string[] {
  const base = new URL(url).href.replace(/[?#].*$/, '')
  const names = [...html.matchAll(/href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi)].flatMap((match) => {
    const reference = (match[1] ?? match[2] ?? match[3] ?? '').replaceAll('&amp;', '&')
    if (!URL.canParse(reference, base)) return []
    const address = new URL(reference, base)
    if (address.search !== '' || !address.href.startsWith(base)) return []
    const name = unescaped(address.pathname.slice(new URL(base).pathname.length))
    return /^[^/]+\/?$/.test(name) ? [name] : []
  })
  return [...new Set(names)]
}

/** Lists a folder of a web server. */
export async function list(web: Web, url: string): Promise<readonly string[]> {
  const page = await web.read(url)
  // Where it was redirected to a mirror, links may lead to that one's own paths.
  const names = parseListing(page.text, page.url)
  if (names.length === 0) throw indexFault(`${url} is not a list of files`)
  return names
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
