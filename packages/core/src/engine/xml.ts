import { SaxesParser } from 'saxes'

/** An XML element with what configuration files need: the order of texts and elements is not kept. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed. */
  readonly text: string
}

/** The fault of XML that cannot be read, with its line. */
export interface XmlFault {
  readonly kind: 'fault'
  readonly why: string
}

interface Open {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  text: string
}

/**
 * Reads an XML configuration file. A document type is refused, so entities other than XML's own (XML 1.0, section 4.6)
 * are a fault.
 */
export const readXml = (xml: string): XmlElement | XmlFault => {
  const parser = new SaxesParser({ position: true })
  const document: Open = { name: '', attributes: new Map(), children: [], text: '' }
  const open: Open[] = [document]
  let fault: XmlFault | null = null
  const refuse = (why: string): void => {
    fault ??= { kind: 'fault', why: `line ${parser.line}: ${why}` }
  }
  const add = (text: string): void => {
    const parent = open.at(-1)
    if (parent !== undefined) parent.text += text
  }
  parser.on('error', ({ message }) => refuse(message.replace(/^\d+:\d+: |\.$/g, '')))
  parser.on('doctype', () => refuse('a document type is not read'))
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('opentag', ({ name, attributes }) =>
    open.push({ name, attributes: new Map(Object.entries(attributes)), children: [], text: '' }),
  )
  parser.on('closetag', () => {
    const { name, attributes, children, text } = open.pop() ?? document
    open.at(-1)?.children.push({ name, attributes, children, text: text.trim() })
  })
  parser.write(xml).close()
  const [root] = document.children
  return fault ?? root ?? { kind: 'fault', why: 'line 1: there is no element' }
}
