/** The content of an HTML page in a plain, strict form. */
export interface ReadPage {
  readonly tags: readonly { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[]
  /** The texts of scripts and styles, which a browser does not read as markup. */
  readonly raw: readonly { readonly name: string; readonly text: string }[]
  /** All other text. */
  readonly text: string
}

const alone: ReadonlySet<string> = new Set(['meta', 'input', 'br'])

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const unescaped = (text: string): string => {
  if (/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`not escaped: ${text.slice(0, 200)}`)
  return text.replace(/&([^;]+);/g, (_, name: string) => entities[name] ?? '')
}

/**
 * Reads a page in the strict form of a report: every tag closed, every attribute in double quotes, every other markup
 * character escaped. Anything else is an error.
 */
export const readPage = (html: string): ReadPage => {
  const start = /^<!doctype html>\n/.exec(html)?.[0] ?? ''
  if (start === '') throw new Error('no doctype')
  const [tags, raw, open]: [ReadPage['tags'][number][], ReadPage['raw'][number][], string[]] = [[], [], []]
  let [text, at] = ['', start.length]
  const token = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z0-9:_-]+(?:="[^"<>]*")?)*)(\/?)>/y
  while (at < html.length) {
    const end = html.indexOf('<', at)
    const upTo = end === -1 ? html.length : end
    text += unescaped(html.slice(at, upTo))
    at = upTo
    if (at === html.length) break
    token.lastIndex = at
    const [whole, closing, name = '', attributes = '', slash] = token.exec(html) ?? []
    if (whole === undefined) throw new Error(`no tag: ${html.slice(at, at + 200)}`)
    at += whole.length
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> ends nothing`)
      continue
    }
    const pairs = [...attributes.matchAll(/ ([^ =]+)(?:="([^"]*)")?/g)]
    tags.push({ name, attributes: new Map(pairs.map(([, key = '', value = '']) => [key, unescaped(value)])) })
    if (slash === '/' || alone.has(name)) continue
    open.push(name)
    if (name !== 'script' && name !== 'style') continue
    const stop = html.toLowerCase().indexOf(`</${name}`, at)
    raw.push({ name, text: html.slice(at, stop) })
    at = stop
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`)
  return { tags, raw, text }
}
