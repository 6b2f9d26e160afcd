/** An element as far as configuration needs it: order and mixed content are not kept. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed. */
  readonly text: string
}

/** XML that cannot be read, with where. */
export interface XmlFault {
  readonly kind: 'fault'
  readonly why: string
}

interface Open {
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: XmlElement[]
  text: string
}

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
])

const decode = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16)
    if (name !== undefined) return entities.get(name) ?? whole
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<\/([^\s<>/]+)\s*>|<([^\s<>/!?='"]+)((?:\s+[^\s<>/='"]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/**
 * Reads what programs write as configuration: elements, attributes, text, comments, CDATA, and the five entities
 * XML has of itself (XML 1.0, section 4.6). A document type is refused: what it could define is not wanted here.
 */
export const readXml = (xml: string): XmlElement | XmlFault => {
  const fault = (at: number, why: string): XmlFault => ({
    kind: 'fault',
    why: `line ${xml.slice(0, at).split('\n').length}: ${why}`,
  })
  const document: Open = { name: '', attributes: new Map(), children: [], text: '' }
  const open: Open[] = [document]
  let at = 0
  while (at < xml.length) {
    token.lastIndex = at
    const found = token.exec(xml)
    if (found === null)
      return fault(at, xml.startsWith('<!DOCTYPE', at) ? 'a document type is not read' : 'this is not XML')
    const [whole, cdata, closing, opening, written = '', selfClosing] = found
    const parent = open.at(-1) ?? document
    if (cdata !== undefined) parent.text += cdata
    else if (closing !== undefined) {
      if (parent === document || parent.name !== closing) return fault(at, `</${closing}> closes nothing`)
      open.pop()
      ;(open.at(-1) ?? document).children.push(finish(parent))
    } else if (opening !== undefined) {
      const attributes = new Map<string, string>()
      for (const [, name = '', double, single] of written.matchAll(attribute))
        attributes.set(name, decode(double ?? single ?? ''))
      const element: Open = { name: opening, attributes, children: [], text: '' }
      if (selfClosing === '/') parent.children.push(finish(element))
      else open.push(element)
    } else if (!whole.startsWith('<')) parent.text += decode(whole)
    at += whole.length
  }
  const [root, second] = document.children
  if (open.length > 1) return fault(xml.length, `<${open.at(-1)?.name ?? ''}> is not closed`)
  return root === undefined || second !== undefined
    ? fault(xml.length, 'expected one element around all')
    : root
}

const finish = ({ name, attributes, children, text }: Open): XmlElement => ({
  name,
  attributes,
  children,
  text: text.trim(),
})
