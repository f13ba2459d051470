/** What an element is made with: attributes, and properties that are functions as listeners of events. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>

/** Makes an element. `true` is an attribute without a value; `false` and `undefined` are none; `onclick` and the like listen. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value as unknown as EventListener)
    else if (value !== undefined && value !== false)
      made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(...children)
  return made
}

/** The parts of a text, those that match in `<mark>`. */
export function marked(text: string, query: string): (Node | string)[] {
  if (query === '') return [text]
  const parts: (Node | string)[] = []
  const lower = text.toLowerCase()
  let from = 0
  for (let at = lower.indexOf(query); at !== -1; at = lower.indexOf(query, from)) {
    parts.push(text.slice(from, at), element('mark', {}, text.slice(at, at + query.length)))
    from = at + query.length
  }
  return [...parts, text.slice(from)]
}
