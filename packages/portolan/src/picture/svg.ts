/** Escapes text for XML, and leaves out characters that XML 1.0 cannot hold. */
const escapeXml = (text: string): string =>
  text
    // All but `Char` of XML 1.0, section 2.2.
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')

/** A length or position, to a tenth of a pixel. */
const digits = (value: number): string => String(Math.round(value * 10) / 10)

/**
 * One SVG element with escaped attributes.
 * @param inner - the content, as SVG
 */
export const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inner = '',
): string => {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? digits(value) : escapeXml(value)}"`,
  )
  return inner === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inner}</${name}>`
}

/** A line of text, its content escaped. */
export const svgText = (x: number, y: number, kind: string, content: string): string =>
  element('text', { x, y, class: kind }, escapeXml(content))

/** A tooltip, which a browser shows when the pointer rests on the element around it. */
export const tooltip = (content: string): string => `<title>${escapeXml(content)}</title>`

/** A filled rectangle with a tooltip. */
export const box = (
  { x, y, width, height }: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>,
  kind: string,
  content: string,
): string => element('rect', { x, y, width, height, class: kind }, content === '' ? '' : tooltip(content))
