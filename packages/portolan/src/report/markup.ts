/**
 * HTML that is known to mean what was written. Texts are given as strings, and a string is always escaped: foreign text
 * can become part of a page in no other way than as text.
 */
export interface Markup {
  readonly kind: 'markup'
  readonly html: string
}

/** What stands in an element: text, or elements. */
export type Content = string | Markup | readonly Content[]

/** An attribute; true: without a value; false: not there. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** Elements that have no end tag. */
const empty: ReadonlySet<string> = new Set(['meta', 'input', 'link', 'br', 'hr'])

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** HTML has no way to write these: a parser replaces them or reads them as other characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const unwritable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cs}]/gu

const escapeHtml = (text: string): string =>
  text.replace(unwritable, '\ufffd').replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/**
 * One element.
 * @example
 * element('p', { class: 'note' }, 'a < b').html // '<p class="note">a &lt; b</p>'
 */
export const element = (name: string, attributes: Attributes, ...content: readonly Content[]): Markup => {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === false ? '' : value === true ? ` ${key}` : ` ${key}="${escapeHtml(String(value))}"`,
  )
  const start = `<${name}${written.join('')}>`
  return trusted(empty.has(name) ? start : `${start}${content.map(htmlOf).join('')}</${name}>`)
}

/** Markup that something else in Portolan has made, and escaped. Never of foreign text. */
export const trusted = (html: string): Markup => ({ kind: 'markup', html })

/** The HTML of some content. */
export const htmlOf = (content: Content): string => {
  if (typeof content === 'string') return escapeHtml(content)
  return 'html' in content ? content.html : content.map(htmlOf).join('')
}
