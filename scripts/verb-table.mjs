// Makes the table of verbs that a prompt completes by: their names, their arguments, and the first sentence of what is written of them.
import { readFileSync } from 'node:fs'

/** Where methods and fields are documented, by what stands before their names. */
const sources = { '': 'machine.ts', 'clock.': 'clock.ts', 'mouse.': 'mouse.ts' }

/** A comment of documentation at a class's member, and the member's name with what follows it. */
const members = /^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}(?:async |readonly )?([$A-Za-z]\w*)/gm

export function verbTable(folder) {
  return Object.entries(sources).flatMap(([before, file]) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8')
    return [...text.matchAll(members)]
      .filter(([, , name]) => name !== 'constructor')
      .map(([, comment, name]) => ({
        name: `${before}${name}`,
        ...signatureOf(text, name),
        summary: firstSentence(comment),
      }))
  })
}

/** What stands between the name of a method and its body; a field has none. */
function signatureOf(text, name) {
  const start = text.search(new RegExp(`^ {2}(?:async )?${name.replace('$', '\\$')}[(<]`, 'm'))
  if (start < 0) return {}
  const end = text.slice(start).search(/ \{$|\n {2}(?:async )?\w+\(/m)
  const signature = text
    .slice(start, start + end)
    .replace(/^ {2}(?:async )?/, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('( ', '(')
    .replaceAll(/,? \)/g, ')')
    .replaceAll(/(\w+): (\w+) = \{\}/g, '$1?: $2')
  return { signature }
}

function firstSentence(comment) {
  const text = comment
    .replaceAll(/^ *\* ?/gm, '')
    .split(/\n\s*\n|^@/m)[0]
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link (\w+)\}/g, '$1')
    .trim()
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text
}
