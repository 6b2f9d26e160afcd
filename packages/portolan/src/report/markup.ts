/**
 * HTML in which foreign text is escaped. Texts are given as strings, and a string is always escaped. So foreign text
 * can become part of a page only as text.
 */
export interface Markup {
  readonly kind: 'markup'
  readonly html: string
}

/** The content of an element: text, or elements. */
export type Content = string | Markup | readonly Content[]

/** The attributes of an element. True: the attribute has no value. False: it is left out. */
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
const unwritable = /(?![\t\n])[\p{Cc}\p{Cs}]/gu

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

/** Marks HTML that another part of Portolan has made and escaped. Foreign text must never be passed here. */
export const trusted = (html: string): Markup => ({ kind: 'markup', html })

/** The HTML of some content. */
export const htmlOf = (content: Content): string => {
  if (typeof content === 'string') return escapeHtml(content)
  return 'html' in content ? content.html : content.map(htmlOf).join('')
}
